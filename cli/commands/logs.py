"""`ecsrunner logs`: what the containers of a job's runners wrote."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import click
from msgspec import Struct

from cli.commands.options import Target, TargetType, fleet_of, json_option
from cli.commands.times import ALLOWED, Moment
from cli.commands.webhooks import why_unknown
from cli.documents.logs import RunnerLog
from cli.errors import AnswerIsNo
from cli.fleet.container_log import ContainerLog, LogLine, NoLogGroupError
from cli.fleet.context import EVENTS_TABLE, RUNNER_LOG_GROUP, RUNNER_TABLE, Fleet
from cli.reach import runners_of
from cli.render import as_json as json
from cli.render import console, progress
from cli.render.logs import logged
from shared.domain.history import read_job
from shared.domain.job.state import JobPhase
from shared.domain.projection import RunnerRow
from shared.domain.runner.status import LIVE
from shared.domain.stream import StreamId

POLL_SECONDS = 3.0
"""Seconds between two looks with --follow."""
LATE_SECONDS = 10.0
"""How long lines are waited for after the end: they arrive some seconds after they were written."""
_MORE_RUNNERS = (JobPhase.QUEUED, JobPhase.HELD)


class _Runners(Struct, frozen=True):
    """The runners whose logs are shown, in order of their launches.

    `live`: one of them has not ended, or the job may get another one.
    """

    rows: tuple[RunnerRow, ...]
    live: bool


@click.command()
@click.argument("target", metavar="RUNNER_OR_JOB", type=TargetType())
@click.option("--since", type=Moment(), help=f"Only lines from then on: {ALLOWED}.")
@click.option("--follow", "-f", is_flag=True, help="Go on until the runner has ended.")
@json_option
@click.pass_context
def logs(
    ctx: click.Context, *, target: Target, since: datetime | None, follow: bool, as_json: bool
) -> None:
    """Show what the containers of runners wrote.

    That is the output of GitHub's runner, with the begin and end of its job; the output of the
    job's steps is at GitHub. RUNNER_OR_JOB is a runner's id, a job's id or a job's URL. Of a job,
    the logs of all runners launched for it and of the one that ran it, the last one last. Exit code
    1 if nothing was logged. With --follow and --json, each line of a log is one of JSON. Needs
    EVENTS_TABLE, RUNNER_TABLE, RUNNER_LOG_GROUP and the right to logs:GetLogEvents.
    """
    fleet = fleet_of(ctx)
    fleet.require(EVENTS_TABLE, RUNNER_TABLE, RUNNER_LOG_GROUP)
    _runners(fleet, target)  # an unknown job is reported before the begin of a document
    lines = _Counted(_lines(fleet, target, since, follow=follow))
    try:
        if as_json:
            _print(fleet, target, lines, follow=follow)
        else:
            console.show(logged(lines))
    except NoLogGroupError as error:
        raise AnswerIsNo(
            f"The log group {error} does not exist, so nothing was logged; check RUNNER_LOG_GROUP "
            "and the region."
        ) from error
    if not lines.count:
        raise AnswerIsNo(_nothing(_runners(fleet, target).rows, since))


def _print(fleet: Fleet, target: Target, lines: Iterable[LogLine], *, follow: bool) -> None:
    """Print the lines as one document or, with `follow`, each as it arrives.

    The document is begun when all is read, and so nothing can fail.
    """
    if follow:
        json.lines(lines)
    else:
        json.listing("lines", list(lines), lambda: RunnerLog(runner_ids=_ids(fleet, target)))


class _Counted:
    """Iterates over lines, and counts them."""

    def __init__(self, lines: Iterable[LogLine]) -> None:
        self._lines = lines
        self.count = 0

    def __iter__(self) -> Iterator[LogLine]:
        for line in self._lines:
            self.count += 1
            yield line


def _lines(
    fleet: Fleet, target: Target, since: datetime | None, *, follow: bool
) -> Iterator[LogLine]:
    """Yield the lines of each runner; with `follow`, those that come until all have ended."""
    logs: dict[str, ContainerLog] = {}
    while True:
        found = _runners(fleet, target)
        yield from _new_lines(fleet, found, logs, since)
        if not follow:
            return
        progress.say("waiting for lines")
        fleet.pause(POLL_SECONDS if found.live else LATE_SECONDS)
        if not found.live:
            yield from _new_lines(fleet, found, logs, since)
            return


def _new_lines(
    fleet: Fleet, found: _Runners, logs: dict[str, ContainerLog], since: datetime | None
) -> Iterator[LogLine]:
    for row in found.rows:
        if row.task_arn is None:
            continue
        if row.runner_id not in logs:
            logs[row.runner_id] = ContainerLog(
                lambda: fleet.client("logs"),
                fleet.variable(RUNNER_LOG_GROUP),
                row.runner_id,
                row.task_arn,
                since,
            )
        yield from logs[row.runner_id].new_lines()


def _runners(fleet: Fleet, target: Target) -> _Runners:
    """Return the runner, or the job's runners.

    Raises:
        AnswerIsNo: the log does not have the job or the runner.
    """
    stream = StreamId.of_job(target.job_id)
    recorded = fleet.log.read(stream)
    if not recorded:
        raise AnswerIsNo(why_unknown(fleet, target.job_id))
    state = read_job(stream, recorded).state
    ids = [target.runner_id] if target.runner_id else runners_of(state)
    rows = fleet.table.find(ids)
    if target.runner_id and not rows:
        raise AnswerIsNo(
            f"There is no runner {target.runner_id}; `ecsrunner runners list` shows those that "
            "there are."
        )
    known = [rows[one] for one in ids if one in rows]
    ordered = sorted(known, key=lambda row: (row.launched_at is None, row.launched_at or 0))
    more = target.runner_id is None and state.job.phase in _MORE_RUNNERS
    return _Runners(tuple(ordered), more or any(row.status in LIVE for row in ordered))


def _ids(fleet: Fleet, target: Target) -> tuple[str, ...]:
    return tuple(row.runner_id for row in _runners(fleet, target).rows)


def _nothing(rows: Iterable[RunnerRow], since: datetime | None) -> str:
    """Return why there is no line, for each runner."""
    texts = [_why_not(row) for row in rows] or ["The job has no runner of this fleet."]
    if since is not None:
        texts.append(f"Lines before {since:%Y-%m-%d %H:%M:%S} UTC were not read (--since).")
    return " ".join(texts)


def _why_not(row: RunnerRow) -> str:
    why = f": {row.failure_reason.rstrip('.')}" if row.failure_reason else ""
    if row.task_arn is None:
        return f"{row.runner_id} has no task, and so no log{why}."
    if row.waiting_at is None and row.started_at is None:
        begun = "has not run yet" if row.status in LIVE else "never ran"
        return f"The task of {row.runner_id} {begun}, so nothing was logged{why}."
    return (
        f"Nothing is in the log of {row.runner_id}: lines arrive some seconds late, and are "
        "deleted after the retention of the log group."
    )
