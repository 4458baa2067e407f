"""Reads what `ecsrunner status --at` shows, from the event log.

The index by status names the runners that were live then: those that ended later, and those that
are still live. Only their streams are read, with the ones of a few runners that had ended shortly
before: the end of a runner is recorded some time after it, and its slot is freed after that.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from heapq import merge

from cli.analysis.builds import tags_of_days
from cli.fleet.context import Fleet
from cli.fleet.deployment import prefix_of
from cli.render import progress
from cli.status import past
from cli.status.overview import summed_up
from cli.status.past import FAILURES, Past, StreamAt
from cli.streams.period import read_streams, rows_of_period
from cli.streams.stored import StoredStream
from shared.domain.projection import RunnerRow
from shared.domain.runner.status import Status
from shared.domain.stream import StreamId
from shared.domain.unreadable import Unreadable
from shared.ports import EventLog, RunnersTable

RECORDED_WITHIN = timedelta(minutes=15)
"""How long after a runner's end it is recorded, and its slot freed. The Janitor does what was lost
after `orphan_grace_seconds`, two minutes by default, and the time to its next runs."""
MOST_ENDED = 100
"""Maximum number of runners that ended before, of which none had taken a job, that are read to
count broken launches."""
BUILDS_BEGAN_WITHIN = timedelta(days=1)
"""How long before then a build may have begun of which no runner that was read names the image."""
_END = datetime.max.replace(tzinfo=UTC)
NOT_IN_LOG = (
    "the log does not have queues, alarms, versions, the images in ECR, GitHub's rate limits and "
    "max_runners of that time"
)


def survey(fleet: Fleet, at: datetime) -> Past:
    """Return the state of the fleet at that time.

    Raises:
        Refused, Unavailable, ClientError, BotoCoreError: AWS refuses, or can't be reached.
    """
    log, table, notes = fleet.log, fleet.table, [NOT_IN_LOG]
    unreadable: list[Unreadable] = []
    progress.say("reading the runners of that time")
    begin = at - RECORDED_WITHIN
    rows = list(rows_of_period(table, begin, _END, lambda row: _may_have_begun(row, at)))
    before = _ended_before(table, begin, notes)
    progress.say(f"reading the events of {len(rows)} runners")
    jobs = list(past.streams_at(_streams(log, rows), at, unreadable))
    earlier = list(past.streams_at(_streams(log, before), at, unreadable))
    known = past.rows_of(jobs)
    failed = table.by_status(Status.FAILED, FAILURES, until=begin)
    return Past(
        at=at,
        asked_at=fleet.clock.now(),
        fleet=prefix_of(fleet) or None,
        live=summed_up(known, at),
        runners=past.live_rows(known),
        slots=past.slots(jobs),
        circuit=past.circuit([*jobs, *earlier]),
        builds=past.builds(_images(log, [*rows, *known], at, unreadable)),
        failures=past.failures([*failed, *known], at),
        notes=tuple(notes),
        unreadable=tuple(dict.fromkeys(one.stream or one.key for one in unreadable)),
    )


def _may_have_begun(row: RunnerRow, at: datetime) -> bool:
    """Return whether the runner may have been planned by then.

    Of a job that was queued again, as after an approval, both times are those of the last queueing,
    and the runner may be from before.
    """
    is_queued_again = row.arrived_at == row.queued_at
    return is_queued_again or row.arrived_at is None or row.arrived_at <= at


def _ended_before(table: RunnersTable, until: datetime, notes: list[str]) -> list[RunnerRow]:
    """Return the rows of the runners that ended last before then, back to one that took a job."""
    each = [
        table.by_status(status, MOST_ENDED, until=until)
        for status in (Status.OFFLINE, Status.FAILED)
    ]
    rows: list[RunnerRow] = []
    for row in merge(*each, key=lambda one: one.status_at, reverse=True):
        rows.append(row)
        if row.ran_job_id is not None:
            return rows
        if len(rows) == MOST_ENDED:
            notes.append(
                f"the {MOST_ENDED} runners that ended before took no job; launches that broke "
                "before them are not counted"
            )
            break
    return rows


def _streams(log: EventLog, rows: Iterable[RunnerRow]) -> Iterator[StoredStream]:
    """Yield the streams of the jobs that the runners were launched for, each once."""
    jobs = dict.fromkeys(row.job_id for row in rows)
    return read_streams(log, map(StreamId.of_job, jobs))


def _images(
    log: EventLog, rows: Iterable[RunnerRow], at: datetime, unreadable: list[Unreadable]
) -> Iterator[StreamAt]:
    """Yield the images of the runners, and those of which a build was intended lately."""
    tags = dict.fromkeys(row.image_tag for row in rows if row.image_tag)
    days = {(at - BUILDS_BEGAN_WITHIN).date(): None, at.date(): None}
    tags |= tags_of_days(read_streams(log, map(StreamId.of_builds, days)), unreadable)
    yield from past.streams_at(read_streams(log, map(StreamId.of_image, tags)), at, unreadable)
