"""Renders a timeline: its subject, what happened, and how long each phase took. Pure.

If what happened and why do not fit on one line, the reason is on lines of its own.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from math import ceil

from rich.cells import cell_len
from rich.text import Text

from cli.history.marks import Phase, total
from cli.history.timeline import Entry, Timeline
from cli.render.console import COLOURS, plain
from cli.render.layout import GAP, flow, pad, paragraph
from cli.render.swap import crossing
from cli.render.text import clock, safe, span, when

BAR = 30
"""The width of the longest phase's bar in columns, if there is room."""
_GAP = " " * GAP
_BAD = ("failed", "refused", "given up", "not known", "breaker opened")
_GOOD = ("job started", "runs on", "job ended: success")


def drawn(timeline: Timeline, width: int) -> Iterator[Text]:
    """Yield the lines of a timeline."""
    yield from begun(timeline, width)
    yield from summed(timeline, width)


def begun(timeline: Timeline, width: int) -> Iterator[Text]:
    """Yield the lines of the subject and of what happened so far."""
    yield from _heading(timeline, width)
    yield Text()
    yield from _entries(timeline.entries, width)


def added(timeline: Timeline, width: int, after: int) -> Iterator[Text]:
    """Yield the lines of the events after that sequence number, to be printed below `begun`."""
    yield from _entries(timeline.entries, width, after)


def summed(timeline: Timeline, width: int) -> Iterator[Text]:
    """Yield the lines of the phases and of related subjects."""
    for _, phases in groupby(timeline.phases, key=lambda phase: phase.of):
        yield Text()
        yield from _phases(list(phases), width)
    if timeline.related:
        yield Text()
        yield Text("See also:", style="dim")
        for one in timeline.related:
            yield plain(f"  ecsrunner runners history {one.removeprefix('job ')}", "dim")


def _heading(timeline: Timeline, width: int) -> Iterator[Text]:
    subject = safe(timeline.subject)
    column = cell_len(subject) + GAP
    outcome = safe(f": {timeline.outcome}") if timeline.outcome else ""
    standing = timeline.status or timeline.state
    first, *others = flow(f"{standing}{outcome}", width, column)
    status, colon, rest = first.partition(":")
    style = COLOURS.get(standing, "bold")
    yield Text.assemble((subject, "bold"), _GAP, (status, style), f"{colon}{rest}")
    yield from map(Text, others)
    names = [timeline.repository, timeline.workflow, timeline.job_name]
    if timeline.kind == "runner":
        names.insert(0, f"launched for job {timeline.job_id}")
    for text in (" · ".join(filter(None, names)), timeline.url):
        if text:
            yield Text(paragraph(safe(text), width))
    yield Text(f"began {when(timeline.began_at)} (all times in UTC)", style="dim")


def _entries(shown: Sequence[Entry], width: int, after: int = 0) -> Iterator[Text]:
    """Yield one or more lines for each event after `after`: what happened, and why.

    The width of the columns depends on all events. There is a heading unless some are left out.
    """
    one_day = len({entry.at.date() for entry in shown}) == 1
    days = ["" if one_day else f"{entry.at:%m-%d} " for entry in shown]
    numbers = max(len(str(entry.seq)) for entry in shown)
    since = max(len(_since(entry.since_seconds)) for entry in shown)
    whom = max(3, *(cell_len(safe(entry.actor)) for entry in shown))
    at = len(days[0]) + len("00:00:00.0")
    heads = [f"{'#':>{numbers}}", f"{'WHEN':<{at}}", f"{'SINCE':>{max(since, 5)}}"]
    if not after:
        yield Text(_GAP.join([*heads, f"{'WHO':<{whom}}", "WHAT, WHY"]), style="dim")
    for entry, day in zip(shown, days, strict=True):
        if entry.seq <= after:
            continue
        line = Text.assemble((f"{entry.seq:>{numbers}}", "dim"), _GAP, f"{day}{clock(entry.at)}")
        line.append(f"{_GAP}{_since(entry.since_seconds):>{max(since, 5)}}{_GAP}")
        line.append(f"{pad(safe(entry.actor), whom)}{_GAP}", "cyan")
        yield from _completed(line, entry, width)


def _completed(line: Text, entry: Entry, width: int) -> Iterator[Text]:
    """Yield the line with what happened and why. A reason that does not fit is below.

    Instead of the words about a swap there is a drawing, if there is room for it.
    """
    column = line.cell_len
    swap = list(crossing(entry.swap, width - column - GAP)) if entry.swap else []
    what, why = safe(entry.what), "" if swap else safe(entry.why)
    first, *others = flow(what, width, column)
    lines = [line.append(first, _style(what)), *(Text(one, style=_style(what)) for one in others)]
    if lines[-1].cell_len + GAP + cell_len(why) <= width:
        lines[-1].append(f"{_GAP}{why}" if why else "", "dim")
        why = ""
    yield from lines
    if why:
        first, *others = flow(why, width, column + GAP)
        below = [" " * (column + GAP) + first] if first else []
        yield from (Text(other, style="dim") for other in (*below, *others))
    yield from (Text(" " * (column + GAP) + one, style="dim") for one in swap)


def _phases(phases: Sequence[Phase], width: int) -> Iterator[Text]:
    """Yield the lines for the phases of one subject, and for their sum."""
    longest = max(phase.seconds for phase in phases)
    names = [f"{phase.name}{' so far' if phase.end is None else ''}" for phase in phases]
    size = max(map(cell_len, names))
    yield plain(phases[0].of, "bold")
    before = 10 + GAP + size + GAP + len("00:00:00.0") + GAP
    room = max(0, min(BAR, width - before))
    for phase, name in zip(phases, names, strict=True):
        bar = "━" * min(room, ceil(room * phase.seconds / longest) if longest else 0)
        line = Text(f"{span(phase.seconds):>10}{_GAP}{pad(safe(name), size)}{_GAP}")
        line.append(f"{clock(phase.start)}{_GAP}", "dim").append(bar, "cyan")
        line.rstrip()
        yield line
        if phase.why:
            yield Text(paragraph(safe(phase.why), width, 10 + GAP + GAP), style="dim")
    yield Text(f"{span(total(phases)):>10}{_GAP}in all", style="dim")


def _since(seconds: float) -> str:
    return f"+{span(seconds)}" if seconds >= 0 else span(seconds)


def _style(what: str) -> str:
    if any(word in what for word in _BAD):
        return "red"
    return "green" if any(word in what for word in _GOOD) else ""
