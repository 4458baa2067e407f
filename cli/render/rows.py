"""Renders rows of the runners table, as a list or with all fields. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import asdict
from rich.cells import cell_len
from rich.text import Text

from cli.render.console import coloured, plain
from cli.render.layout import GAP, cut, flow, pad, paragraph, widths
from cli.render.text import NOTHING, ago, safe, value
from shared.domain.names import home_job
from shared.domain.projection import RunnerRow
from shared.domain.runner.status import Status

WIDE = 140
"""The width in columns from which on a list has all of its columns, with whole notes."""
_SHORT_NOTE = 24
"""The width of a note that has priority over optional columns."""
_HEADINGS = ("RUNNER", "STATUS", "SINCE", "JOB", "CLASS", "REPOSITORY")
_ALWAYS, _WITHOUT_NOTE = 2, 3
"""The number of columns that are always shown; the number that have priority over a note."""
_NOTE = "NOTE"
_GAP = " " * GAP


class Listed(NamedTuple):
    """The lines of a list, and whether any note in it was cut."""

    lines: list[Text]
    cut: bool


def listed(rows: Sequence[RunnerRow], now: datetime, width: int) -> Listed:
    """Return the runners below a heading, with one line each or, from `WIDE` on, a wrapped note.

    Ids are never cut. If there is too little room for all columns, some are left out.
    """
    cells = [_HEADINGS, *(_cells(row, now) for row in rows)]
    room = widths(cells)
    most = max((cell_len(safe(_note(row, job=True))) for row in rows), default=0)
    shown = _chosen(room, min(most, _SHORT_NOTE) if width < WIDE else 0, width)
    room = [room[column] for column in shown]
    before = sum(room) + GAP * len(room)
    note = cut(_NOTE if most else "", width - before)
    heading = _GAP.join([*_padded([_HEADINGS[column] for column in shown], room), note])
    lines = [_trimmed(Text(heading, style="dim"))]
    any_cut = False
    for row, found in zip(rows, cells[1:], strict=True):
        note = safe(_note(row, job=_HEADINGS.index("JOB") not in shown))
        first, *others = _wrapped(note, width, before)
        any_cut |= width < WIDE and first != note
        style = "red" if row.failure_reason else "dim"
        lines.append(_line([found[column] for column in shown], room, Text(first, style=style)))
        lines += (Text(line, style=style) for line in others)
    return Listed(lines, any_cut)


def detailed(row: RunnerRow, now: datetime, width: int) -> Iterator[Text]:
    """Yield every field of a row, under the names that the table and --json use."""
    fields = asdict(row)
    names = max(map(len, fields))
    for name, stored in fields.items():
        text = f"{value(stored)}{_aside(name, stored, now)}"
        first, *others = flow(text, width, names + GAP)
        shown = coloured(first) if name == "status" else Text(first)
        yield _trimmed(Text.assemble((pad(name, names + GAP), "dim"), shown))
        yield from map(Text, others)


def _cells(row: RunnerRow, now: datetime) -> tuple[str, ...]:
    cells = (row.runner_id, row.status, ago(row.status_at, now), str(_job(row)))
    return tuple(safe(one) or NOTHING for one in (*cells, row.class_name, row.repository))


def _chosen(room: Sequence[int], note: int, width: int) -> list[int]:
    """Return the columns that fit; optional ones only beside a note of that width."""
    shown = list(range(_ALWAYS))
    for column in range(_ALWAYS, len(room)):
        beside = 0 if column < _WITHOUT_NOTE else note + GAP
        taken = sum(room[: column + 1]) + GAP * column + beside
        if taken > width < WIDE:
            break
        shown.append(column)
    return shown


def _line(cells: Sequence[str], room: Sequence[int], note: Text) -> Text:
    runner_id, status, *others = cells
    line = Text.assemble(plain(pad(runner_id, room[0]), "bold"), _GAP, coloured(status))
    line.append(_GAP.join([pad("", room[1] - cell_len(status)), *_padded(others, room[2:])]))
    return _trimmed(line.append(_GAP).append_text(note))


def _wrapped(note: str, width: int, before: int) -> list[str]:
    """Return the lines of a note: one that may be cut or, from `WIDE` on, all of them."""
    if width < WIDE:
        return [cut(note, width - before)]
    if note and width - before < _SHORT_NOTE:
        return ["", *paragraph(note, width, 2 * GAP).splitlines()]
    return flow(note, width, before)


def _padded(cells: Sequence[str], room: Sequence[int]) -> list[str]:
    return [pad(cell, size) for cell, size in zip(cells, room, strict=True)]


def _trimmed(line: Text) -> Text:
    line.rstrip()
    return line


def _job(row: RunnerRow) -> int:
    """Return the job that the runner ran, or else waits for, or else was launched for."""
    return row.ran_job_id or row.waits_for_job_id or row.job_id


def _note(row: RunnerRow, *, job: bool) -> str:
    """Return the note on a runner, with its job if that differs from the one in its id."""
    other = job and _job(row) != home_job(row.runner_id)
    return ", ".join(filter(None, (f"job {_job(row)}" if other else "", _state(row))))


def _state(row: RunnerRow) -> str:
    if row.failure_reason:
        return row.failure_reason
    ended = row.stopped_at is not None
    if row.stopping:
        return f"stopped: {row.stopping}" if ended else f"stopping: {row.stopping}"
    if row.stuck:
        return f"stuck: {row.stuck}"
    if row.awaits:
        return f"waits: {row.awaits}"
    if row.status == Status.IMAGE_CREATING:
        return f"waits: image {row.image_tag}"
    return f"ended: {row.conclusion}" if row.conclusion else ""


def _aside(name: str, stored: object, now: datetime) -> str:
    """Return the unit of a field's value, or how long ago or ahead a time is."""
    if isinstance(stored, datetime):
        return f" ({ago(stored, now)} ago)" if stored <= now else f" (in {ago(now, stored)})"
    units = {"cpu": " CPU units", "memory": " MiB"}
    return units.get(name, "") if stored is not None else ""
