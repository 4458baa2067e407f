"""Reads the streams of the jobs that waited or ran in a period.

The index by status shows which: a runner that has ended is listed by its end, and one that has not
is live. So the reads grow with what happened since the period began, and not with history. A
refused job has a row, too: that of the launch that was planned for it. Only a job that GitHub has
held from the beginning has none.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from heapq import merge
from itertools import takewhile

from cli.selection import Selection
from cli.streams.stored import StoredStream, stored
from shared.domain.projection import RunnerRow
from shared.domain.runner.status import Status
from shared.domain.stream import StreamId
from shared.ports import EventLog, RunnersTable

AT_ONCE = 16
"""Number of streams that are read concurrently."""

Keep = Callable[[RunnerRow], bool]


def rows_of_period(
    table: RunnersTable, since: datetime, until: datetime, keep: Keep = lambda _: True
) -> Iterator[RunnerRow]:
    """Yield the rows of runners that were queued before `until` and had not ended by `since`."""
    for status in Status:
        yield from _rows_of_status(table.by_status(status), status, since, until, keep)


def newest_rows(
    table: RunnersTable, selection: Selection, limit: int | None = None
) -> Iterator[RunnerRow]:
    """Yield the selected rows, newest change first, read lazily.

    Args:
        limit: The maximum number of rows that are read of each status.
    """
    statuses = dict.fromkeys(selection.statuses or map(str, Status))
    since, until, keep = selection.since, selection.until, selection.accepts
    each = [
        _rows_of_status(table.by_status(status, limit), status, since, until, keep)
        for status in statuses
    ]
    return merge(*each, key=lambda row: row.status_at, reverse=True)


def _rows_of_status(
    rows: Iterator[RunnerRow], status: str, since: datetime, until: datetime, keep: Keep
) -> Iterator[RunnerRow]:
    """Yield the rows of one status that are of the period. They come newest change first."""
    if status in (Status.OFFLINE, Status.FAILED):
        rows = takewhile(lambda row: row.status_at >= since, rows)
    for row in rows:
        begins = row.arrived_at or row.queued_at
        if (begins is None or begins <= until) and keep(row):
            yield row


def streams_of(log: EventLog, rows: Iterable[RunnerRow]) -> Iterator[StoredStream]:
    """Yield the streams of the jobs that the runners were launched for or ran, each once."""
    jobs: dict[int, None] = {}
    for row in rows:
        jobs |= dict.fromkeys(filter(None, (row.job_id, row.ran_job_id)))
    yield from read_streams(log, map(StreamId.of_job, jobs))


def read_streams(log: EventLog, streams: Iterable[StreamId]) -> Iterator[StoredStream]:
    """Yield streams by their ids, in their order. Those without events are left out."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda stream: stored(stream, partial(log.read, stream)), streams)
        yield from (one for one in found if one.recorded or one.problem)
