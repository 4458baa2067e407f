"""Makes the rows of one job's stream. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from cli.analysis.jobs import JobRecord, RunnerRecord
from cli.chart.kinds import Kind, kind_of
from cli.chart.model import Bar, Incident, Row
from cli.history.marks import Phase
from cli.history.phases import Step
from shared.domain.notices import notices
from shared.domain.projection import RunnerRow


def rows_of(record: JobRecord, steps: Iterable[Step]) -> Iterator[Row]:
    """Yield a row for each runner of a job; for a job that never had one, a row without a runner.

    Args:
        steps: The events of the job's stream, with the states between them.
    """
    waits = [one for one in map(_bar, record.phases) if one.kind is not Kind.BUSY]
    incidents = [*_faults(record), *_notices(steps)]
    if not record.runners:
        yield _without_runner(record, waits, incidents)
        return
    begins = [_begin(runner) for runner in record.runners]
    ends = [*begins[1:], None]
    ids = [runner.row.runner_id for runner in record.runners]
    for index, (runner, end) in enumerate(zip(record.runners, ends, strict=True)):
        begin = begins[index] if index else None
        mine = [one for name, one in incidents if _is_of(name, one.at, ids[index], begin, end)]
        yield _row(record, runner, _between(waits, begin, end), mine)


def _row(
    record: JobRecord, runner: RunnerRecord, waits: Iterable[Bar], incidents: Iterable[Incident]
) -> Row:
    row = runner.row
    return Row(
        runner_id=row.runner_id,
        job_id=record.job_id,
        status=row.status,
        outcome=_outcome(row),
        repository=record.repository,
        workflow=record.workflow,
        job_name=record.name,
        url=record.url,
        labels=row.labels,
        class_name=row.class_name,
        capacity=row.capacity or "",
        ran_job_id=row.ran_job_id,
        ran_on=record.ran_on,
        begin=_begin(runner),
        end=row.stopped_at,
        waits=tuple(waits),
        bars=tuple(map(_bar, runner.phases)),
        incidents=tuple(sorted(incidents, key=lambda one: one.at)),
    )


def _without_runner(
    record: JobRecord, waits: Sequence[Bar], incidents: Iterable[tuple[str, Incident]]
) -> Row:
    return Row(
        runner_id=None,
        job_id=record.job_id,
        status=record.status,
        outcome=record.outcome,
        repository=record.repository,
        workflow=record.workflow,
        job_name=record.name,
        url=record.url,
        labels=record.labels,
        class_name=record.class_name,
        capacity="",
        ran_job_id=None,
        ran_on=record.ran_on,
        begin=waits[0].start if waits else record.queued_at or record.phases[0].start,
        end=waits[-1].end if waits else record.completed_at,
        waits=tuple(waits),
        bars=(),
        incidents=tuple(one for _, one in incidents),
    )


def _outcome(row: RunnerRow) -> str:
    if row.failure_reason:
        return row.failure_reason
    if row.stopping:
        return f"stopped: {row.stopping}" if row.stopped_at else f"stopping: {row.stopping}"
    return row.conclusion or row.awaits or ""


def _begin(runner: RunnerRecord) -> datetime:
    """Return when the runner was planned. One that was refused at once has no phases."""
    row = runner.row
    return runner.phases[0].start if runner.phases else row.arrived_at or row.status_at


def _bar(phase: Phase) -> Bar:
    return Bar(
        kind=kind_of(phase.name),
        name=phase.name,
        why=phase.why,
        start=phase.start,
        end=phase.end,
        seconds=phase.seconds,
    )


def _between(bars: Iterable[Bar], begin: datetime | None, end: datetime | None) -> Iterator[Bar]:
    """Yield the parts of the bars that are between two times. None is without a limit."""
    for bar in bars:
        starts_late = end is not None and bar.start >= end
        ends_early = begin is not None and bar.end is not None and bar.end <= begin
        if starts_late or ends_early:
            continue
        start = bar.start if begin is None else max(bar.start, begin)
        stop = bar.end if end is None else min(bar.end or end, end)
        seconds = bar.seconds - (start - bar.start).total_seconds()
        if stop is not None:
            seconds = (stop - start).total_seconds()
        yield replace(bar, start=start, end=stop, seconds=seconds)


# --- what went wrong -----------------------------------------------------------------------------


def _faults(record: JobRecord) -> Iterator[tuple[str, Incident]]:
    """Yield the failures, each with the id of its runner, which is empty if it is the job's."""
    for one in record.failures:
        yield one.runner_id, Incident(at=one.at, kind=one.kind, reason=one.reason)


def _notices(steps: Iterable[Step]) -> Iterator[tuple[str, Incident]]:
    for step in steps:
        for one in notices(step.before, step.after):
            at, kind = step.event.at, one.kind.lower()
            yield one.runner_id or "", Incident(at=at, kind=kind, reason=one.reason, is_notice=True)


def _is_of(
    named: str, at: datetime, runner_id: str, begin: datetime | None, end: datetime | None
) -> bool:
    """Return whether an incident is of a runner, or of the job while that runner was its newest."""
    if named:
        return named == runner_id
    return (begin is None or at >= begin) and (end is None or at < end)
