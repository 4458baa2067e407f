"""How many runners held a slot at any time, and how many jobs waited for a runner. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from cli.chart.kinds import Kind
from cli.chart.model import Bar, Chart, Count, Row
from cli.history.phases import Step
from shared.domain.slot.state import Slot


class Span(Struct, frozen=True):
    """A stretch of time. Without an end it lasts."""

    start: datetime
    end: datetime | None


def slots_held(steps: Iterable[Step], runner_ids: set[str]) -> Iterator[Span]:
    """Yield when runners of a job's stream held a slot.

    A launch that fails returns its slot, so a runner may hold one several times.
    """
    since: dict[str, datetime] = {}
    for step in steps:
        for runner in step.after.runners:
            holds = runner.slot is Slot.HELD
            if holds and runner.id in runner_ids:
                since.setdefault(runner.id, step.event.at)
            elif not holds and runner.id in since:
                yield Span(since.pop(runner.id), step.event.at)
    for start in since.values():
        yield Span(start, None)


def waits(rows: Iterable[Row]) -> Iterator[Span]:
    """Yield when the jobs of some rows waited for a runner."""
    for bar in (bar for row in rows for bar in row.waits):
        if _is_waiting(bar):
            yield Span(bar.start, bar.end)


def level(spans: Iterable[Span], begin: datetime, end: datetime) -> tuple[Count, ...]:
    """Return how many of the spans there were at any time, from `begin` to `end`."""
    changes: Counter[datetime] = Counter({begin: 0})
    for span in spans:
        stop = span.end
        if span.start > end or (stop is not None and stop < begin):
            continue
        changes[max(span.start, begin)] += 1
        if stop is not None and stop <= end:
            changes[max(stop, begin)] -= 1
    return tuple(_summed(changes))


def drawn_limit(chart: Chart) -> int | None:
    """Return the limit of the slots, if a line for it leaves the levels at least half the height.

    A limit that is far above them would press them flat.
    """
    limit, most = chart.max_runners, 2 * max(one.value for one in (*chart.slots, *chart.waiting))
    return limit if limit is not None and limit <= most else None


def _summed(changes: Counter[datetime]) -> Iterator[Count]:
    value, last = 0, None
    for at in sorted(changes):
        value += changes[at]
        if value != last:
            yield Count(at, value)
        last = value


def _is_waiting(bar: Bar) -> bool:
    return bar.kind not in (Kind.BUSY, Kind.REFUSED)
