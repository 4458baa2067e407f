"""Charts of simulated fleets, and large ones that repeat them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache

from msgspec.structs import replace

from cli.chart.build import chart, lanes
from cli.chart.levels import Span, level, waits
from cli.chart.model import Bar, Chart, Row, Swap
from cli.chart.page import stories_of
from cli.history.timeline import Entry
from cli.streams.period import read_streams
from shared.domain.stream import StreamId
from shared.domain.unreadable import Unreadable
from shared.ports import EventLog, RunnersTable
from tests.simulation.simulation import simulate

Stories = Mapping[int, Sequence[Entry]]
_JOBS = 1000
"""What is added to the ids of jobs in each repetition."""
_EVERY = timedelta(seconds=7)


def chart_of(log: EventLog, table: RunnersTable, now: datetime) -> tuple[Chart, Stories]:
    """Return the chart of a whole fleet, and the events of its jobs."""
    streams = list(read_streams(log, map(StreamId, log.streams())))
    unreadable: list[Unreadable] = []
    found = lanes(streams, {row.runner_id for row in table.all()}, now, unreadable)
    made = chart(found, since=now - timedelta(hours=1), until=now, now=now)
    assert unreadable == []
    return made, stories_of(made, streams)


@cache
def storm(seed: int = 3) -> tuple[Chart, Stories]:
    """Return the chart of a world in a storm of faults, and the events of its jobs."""
    world = simulate(seed, "storm").world
    return chart_of(world.log, world.table, world.agenda.now())


def large(runners: int) -> tuple[Chart, Stories]:
    """Return a chart of that many runners: those of a storm again and again, each a bit later."""
    made, stories = storm()
    times = -(-runners // len(made.rows))
    rows = [_later(row, n) for n in reversed(range(times)) for row in made.rows][:runners]
    events = {
        job_id + _JOBS * n: tuple(_entries(entries, job_id, n))
        for n in range(times)
        for job_id, entries in stories.items()
    }
    end = made.end + _EVERY * times
    found = replace(
        made,
        until=end,
        now=end,
        end=end,
        rows=tuple(rows),
        swaps=tuple(_swapped(one, n) for n in range(times) for one in made.swaps),
        slots=level((Span(row.begin, row.end) for row in rows if row.bars), made.begin, end),
        waiting=level(waits(rows), made.begin, end),
        max_runners=500,
    )
    return found, {row.job_id: events[row.job_id] for row in rows}


def _later(row: Row, n: int) -> Row:
    job_id = row.job_id + _JOBS * n
    moved = _EVERY * n
    return replace(
        row,
        runner_id=_renamed(row.id, row.job_id, n) if row.runner_id else None,
        job_id=job_id,
        begin=row.begin + moved,
        end=row.end and row.end + moved,
        waits=tuple(_bars(row.waits, moved)),
        bars=tuple(_bars(row.bars, moved)),
        incidents=tuple(replace(one, at=one.at + moved) for one in row.incidents),
    )


def _swapped(swap: Swap, n: int) -> Swap:
    jobs = {"job_id": swap.job_id, "displaced_job_id": swap.displaced_job_id}
    spare = swap.spare_runner_id
    return replace(
        swap,
        at=swap.at + _EVERY * n,
        runner_id=_moved(swap.runner_id, n),
        spare_runner_id=spare and _moved(spare, n),
        **{name: job_id + _JOBS * n for name, job_id in jobs.items()},
    )


def _moved(runner_id: str, n: int) -> str:
    return _renamed(runner_id, int(runner_id.split("-")[1]), n)


def _bars(bars: Sequence[Bar], moved: timedelta) -> Iterator[Bar]:
    for bar in bars:
        yield replace(bar, start=bar.start + moved, end=bar.end and bar.end + moved)


def _entries(entries: Sequence[Entry], job_id: int, n: int) -> Iterator[Entry]:
    for one in entries:
        what = _renamed(one.what, job_id, n)
        yield replace(one, at=one.at + _EVERY * n, what=what)


def _renamed(text: str, job_id: int, n: int) -> str:
    return text.replace(str(job_id), str(job_id + _JOBS * n))
