"""A timeline as text: who it is about, what happened line by line, how long each phase took."""

from collections.abc import Sequence
from math import ceil

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.phases import Phase
from cli.render.console import COLOURS, is_wide, plain, table
from cli.render.text import clock, safe, span, when
from cli.timeline import Entry, Timeline

_BEFORE = 40
"""Columns that a line takes before what happened."""
BAR = 30
"""Characters of the longest phase's bar."""
_BAD = ("failed", "refused", "given up", "would not", "not known")
_GOOD = ("job started", "runs on", "job ended: success")


def drawn(timeline: Timeline, console: Console) -> list[RenderableType]:
    """The parts to print, in order."""
    parts: list[RenderableType] = [*_heading(timeline), Text("")]
    parts.append(_entries(timeline.entries, wide=is_wide(console), room=console.width - _BEFORE))
    parts += [Text(""), _phases(timeline.phases, bars=console.is_terminal)]
    if timeline.related:
        ids = [one.removeprefix("job ") for one in timeline.related]
        commands = "  ".join(f"ecsrunner runners history {one}" for one in ids)
        parts += [Text(""), plain(f"See also: {commands}", "dim")]
    return parts


def _entries(shown: Sequence[Entry], *, wide: bool, room: int) -> Table:
    """One line an event; on a narrow terminal its reason is not in a column of its own."""
    one_day = len({entry.at.date() for entry in shown}) == 1
    made = table("#", "WHEN", "SINCE", "WHO", "WHAT", *(("WHY",) if wide else ()))
    made.columns[0].justify = made.columns[2].justify = "right"
    for column in made.columns[:3]:
        column.no_wrap = True
    for entry in shown:
        day = "" if one_day else f"{entry.at:%m-%d} "
        what, why = plain(entry.what, _style(entry.what)), plain(entry.why, "dim")
        told = (what, why) if wide else (_together(what, why, room),)
        cells = plain(str(entry.seq), "dim"), plain(f"{day}{clock(entry.at)}")
        made.add_row(*cells, _since(entry.since), plain(entry.who, "cyan"), *told)
    return made


def _together(what: Text, why: Text, room: int) -> RenderableType:
    """What and why on one line if there is room, or else one beneath the other."""
    if not why.plain or what.cell_len + why.cell_len + 2 <= room:
        return Text.assemble(what, "  ", why)
    return Group(what, Padding(why, (0, 0, 0, 2)))


def _heading(timeline: Timeline) -> list[RenderableType]:
    status = Text(timeline.status, style=COLOURS.get(timeline.status, "bold"))
    outcome = safe(f": {timeline.outcome}") if timeline.outcome else ""
    first = Text.assemble(plain(timeline.subject, "bold"), "  ", status, outcome)
    names = [timeline.repository, timeline.workflow, timeline.job_name]
    if timeline.kind == "runner":
        names.insert(0, f"launched for job {timeline.job_id}")
    lines: list[RenderableType] = [first]
    lines += [plain(text) for text in (" · ".join(filter(None, names)), timeline.url) if text]
    lines.append(plain(f"began {when(timeline.started_at)} (all times in UTC)", "dim"))
    return lines


def _phases(phases: Sequence[Phase], *, bars: bool) -> Table:
    made = table("HOW LONG", "PHASE", "FROM", *(("",) if bars else ()))
    made.columns[0].justify = "right"
    if bars:
        made.columns[3].no_wrap, made.columns[3].overflow = True, "crop"
    longest = max((phase.seconds for phase in phases), default=0.0)
    of = ""
    for phase in phases:
        if phase.of != of:
            of = phase.of
            made.add_row("", plain(of, "bold"), "", *(("",) if bars else ()))
        so_far = " so far" if phase.end is None else ""
        length = ceil(BAR * phase.seconds / longest) if longest else 0
        cells = [plain(span(phase.seconds)), plain(f"  {phase.name}{so_far}")]
        cells.append(plain(clock(phase.start), "dim"))
        made.add_row(*cells, *((Text("━" * length, style="cyan"),) if bars else ()))
    return made


def _since(seconds: float) -> Text:
    return Text(f"+{span(seconds)}" if seconds >= 0 else span(seconds))


def _style(what: str) -> str:
    if any(word in what for word in _BAD):
        return "red"
    return "green" if any(word in what for word in _GOOD) else ""
