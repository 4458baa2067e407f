"""Renders the state of a fleet at a time in the past, on one screen. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.text import Text

from cli.render.layout import table
from cli.render.rows import listed
from cli.render.status import failure_lines, field, in_a_row, live_lines, note_lines
from cli.render.text import NOTHING, ago, safe, when
from cli.status.past import BuildAt, CircuitAt, Past
from shared.domain.projection import RunnerRow

SHOWN = 8
"""The number of runners, and that of builds, that are shown."""


def lines(past: Past, width: int) -> Iterator[Text]:
    """Yield the lines of that width."""
    name = f"fleet {past.fleet}" if past.fleet else "fleet"
    since = f"{ago(past.at, past.asked_at)} ago" if past.at < past.asked_at else "now"
    title = f"  {when(past.at)} UTC, {since}, by the event log"
    yield Text.assemble((safe(name), "bold"), (title, "dim"))
    yield Text()
    yield from live_lines(past.live, width)
    yield Text()
    held, awaited = past.slots.held, past.slots.awaited
    yield from field("slots", f"{held} held, {awaited} awaited", width)
    yield from field("circuit", _circuit(past.circuit), width, bad=bool(past.circuit.opened_at))
    yield from field("builds", _number(past.builds), width)
    yield from _builds(past.builds, past.at, width)
    yield Text()
    yield from _runners(past.runners, past.at, width)
    yield from failure_lines(past.failures, width)
    yield from note_lines(past.notes, width)


def _circuit(circuit: CircuitAt) -> str:
    if circuit.opened_at is not None:
        opened = f"open since {when(circuit.opened_at)} UTC, after {in_a_row(circuit.broken)}"
        return f"{opened}: one launch was tried at a time"
    return ", ".join(("closed", *([in_a_row(circuit.broken)] if circuit.broken else ())))


def _number(builds: Sequence[BuildAt]) -> str:
    under_way = sum(one.since is not None for one in builds)
    wanted = len(builds) - under_way
    return f"{under_way} under way{f', {wanted} not begun' if wanted else ''}"


def _builds(builds: Sequence[BuildAt], at: datetime, width: int) -> Iterator[Text]:
    if not builds:
        return
    rows = [
        (
            f"  {one.waiting}",
            one.phase,
            ago(one.since, at) if one.since else NOTHING,
            f"{safe(one.image_tag)} from {safe(one.base)}",
        )
        for one in builds[:SHOWN]
    ]
    first, *others = table([("  JOBS", "PHASE", "SINCE", "IMAGE"), *rows], width)
    yield Text(first, style="dim")
    yield from map(Text, others)
    yield from _more(len(builds))


def _runners(rows: Sequence[RunnerRow], at: datetime, width: int) -> Iterator[Text]:
    if not rows:
        return
    yield from listed(rows[:SHOWN], at, width).lines
    yield from _more(len(rows))
    yield Text()


def _more(count: int) -> Iterator[Text]:
    if count > SHOWN:
        yield Text(f"  {count - SHOWN} more (--json)", style="dim")
