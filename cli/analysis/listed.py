"""A job as a list shows it: how long it waited and ran, where, and why it waits. Pure."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from cli.analysis.jobs import JobRecord
from cli.history.marks import Phase
from shared.domain.job.state import JobPhase
from shared.domain.projection import RunnerRow

STATES = tuple(phase.value for phase in JobPhase if phase is not JobPhase.ABSENT)
_RUNNING = "running"


class ListedJob(Struct, frozen=True, kw_only=True):
    """One job of a list. Durations in seconds; null while there is nothing to count.

    Attributes:
        state: The job's phase: `queued`, `held`, `refused`, `started` or `completed`.
        waited_seconds: Seconds from GitHub's queue to its start, to its end without one, or to now.
        ran_seconds: Seconds from its start to its end, or to now.
        runner_id: The runner that ran it, or the last one that was launched for it while it waits;
            null if there is none.
        reason: What it waits for, or why it was refused.
        class_name: The class of the last launch for it; "" before any.
    """

    job_id: int
    state: str
    conclusion: str
    repository: str
    workflow: str
    job_name: str
    url: str
    labels: tuple[str, ...]
    queued_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    waited_seconds: float | None
    ran_seconds: float | None
    runner_id: str | None
    reason: str


def listed_job(record: JobRecord, now: datetime) -> ListedJob:
    """Return the job with this record, as of `now`."""
    refused = record.status == JobPhase.REFUSED.value
    over = record.completed_at or now
    return ListedJob(
        job_id=record.job_id,
        state=record.status,
        conclusion="" if refused else record.outcome,
        repository=record.repository,
        workflow=record.workflow,
        job_name=record.name,
        url=record.url,
        labels=record.labels,
        queued_at=record.queued_at,
        started_at=record.started_at,
        completed_at=record.completed_at,
        waited_seconds=_seconds(record.queued_at, record.started_at or over),
        ran_seconds=_seconds(record.started_at, over),
        runner_id=record.ran_on or _last_launched(record),
        reason=record.outcome if refused else _wait(record.phases),
    )


def newest_jobs(rows: Iterable[RunnerRow]) -> list[int]:
    """Return the ids of the jobs that the runners were launched for or ran, the newest first."""
    arrived: dict[int, datetime] = {}
    for row in rows:
        at = row.arrived_at or row.queued_at or row.status_at
        for job_id in filter(None, (row.job_id, row.ran_job_id)):
            arrived[job_id] = min(at, arrived.get(job_id, at))
    return sorted(arrived, key=lambda job_id: (arrived[job_id], job_id), reverse=True)


def _seconds(begin: datetime | None, end: datetime) -> float | None:
    return None if begin is None else max(0.0, (end - begin).total_seconds())


def _last_launched(record: JobRecord) -> str | None:
    waits = record.status == JobPhase.QUEUED.value and record.runners
    return record.runners[-1].row.runner_id if waits else None


def _wait(phases: tuple[Phase, ...]) -> str:
    """Return what is waited for now, with its reason, or ""."""
    present = phases[-1] if phases and phases[-1].end is None else None
    if present is None or present.name == _RUNNING:
        return ""
    return ": ".join(filter(None, (present.name, present.why)))
