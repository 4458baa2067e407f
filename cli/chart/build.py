"""Builds the chart of a period from the streams of its jobs. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from cli.analysis.jobs import job_records
from cli.chart.levels import Span, level, slots_held, waits
from cli.chart.model import Chart, Row, Swap
from cli.chart.rows import rows_of
from cli.history.phases import Step, steps
from cli.streams.stored import StoredStream
from shared.domain import events as e
from shared.domain.unreadable import Unreadable

_SHORTEST = timedelta(seconds=1)
"""The shortest axis."""


class Lane(Struct, frozen=True, kw_only=True):
    """What one job's stream adds to a chart."""

    rows: tuple[Row, ...]
    slots: tuple[Span, ...]
    swaps: tuple[Swap, ...]


def lanes(
    streams: Iterable[StoredStream],
    runner_ids: set[str],
    now: datetime,
    unreadable: list[Unreadable],
) -> Iterator[Lane]:
    """Yield what each stream adds. What can't be read is added to `unreadable`.

    Args:
        runner_ids: The runners to show, since a stream may have others, too.
    """
    for stream in streams:
        for record in job_records([stream], now, unreadable):
            found = list(steps(record.job_id, stream.recorded))
            rows = rows_of(record, found)
            shown = tuple(row for row in rows if row.runner_id is None or row.id in runner_ids)
            yield Lane(
                rows=shown,
                slots=tuple(slots_held(found, runner_ids)),
                swaps=tuple(_swaps(record.job_id, found)) if shown else (),
            )


def chart(
    found: Iterable[Lane],
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    limit: int | None = None,
    max_runners: int | None = None,
) -> Chart:
    """Return the chart of a period.

    Args:
        limit: The maximum number of rows. The levels count those that it leaves out, too.
    """
    found = list(found)
    rows = [row for lane in found for row in lane.rows if _is_within(row, since, until)]
    rows.sort(key=_newest, reverse=True)
    begin, end = _axis(rows, since, min(until, now))
    return Chart(
        since=since,
        until=until,
        now=now,
        begin=begin,
        end=end,
        rows=tuple(rows[:limit]),
        left_out=len(rows) - len(rows[:limit]),
        swaps=tuple(swap for lane in found for swap in lane.swaps),
        slots=level((span for lane in found for span in lane.slots), begin, end),
        waiting=level(waits(rows), begin, end),
        max_runners=max_runners,
    )


def _is_within(row: Row, since: datetime, until: datetime) -> bool:
    """Return whether any of the row is in the period. A later runner of a job may not be."""
    return row.begin <= until and any(end is None or end >= since for end in _ends(row))


def _newest(row: Row) -> tuple[datetime, str]:
    return row.begin, row.id


def _axis(rows: Sequence[Row], since: datetime, until: datetime) -> tuple[datetime, datetime]:
    """Return begin and end of the axis: the period, without what is empty before and after."""
    if not rows:
        return since, until
    begin = min(max(since, min(row.begin for row in rows)), until - _SHORTEST)
    ends = [end for row in rows for end in _ends(row)]
    end = until if None in ends else min(until, max(filter(None, ends)))
    return begin, max(end, begin + _SHORTEST)


def _ends(row: Row) -> Iterator[datetime | None]:
    """Yield when the row's runner and the wait of its job ended."""
    yield row.end
    yield from (bar.end for bar in row.waits[-1:])


def _swaps(job_id: int, found: Iterable[Step]) -> Iterator[Swap]:
    """Yield the swaps that began with this job. The streams of the others hold them, too."""
    for event in (step.event for step in found):
        match event.fact:
            case e.JobAssigned(job_id=taker, displaced_job_id=int(displaced)) as fact:
                if taker == job_id:
                    yield Swap(
                        at=event.at,
                        job_id=job_id,
                        runner_id=fact.runner_id,
                        displaced_job_id=displaced,
                        spare_runner_id=fact.spare_runner_id,
                        is_spare_given=fact.spare_given,
                    )
