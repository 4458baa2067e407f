"""Renders a list of jobs, one line each below `WIDE` columns. Pure."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from cli.analysis.listed import ListedJob
from cli.render.layout import GAP, cut, flow, pad, widths
from cli.render.rows import WIDE, Listed
from cli.render.text import NOTHING, safe, span
from shared.domain.names import home_job

_HEADINGS = ("JOB", "STATE", "WAITED", "RAN", "REPOSITORY", "NAME")
_REPOSITORY = 4
"""The first column of names; ids, states and durations are never cut."""
_SHORT_NOTE = 22
"""The width of a note that has priority over repositories and whole names."""
_LONG_NAME = 40
"""The width of a name from which on it is cut for the sake of the note."""
_LEAST = 6
"""The least width of a column that is cut."""
_STYLES = {
    "queued": "yellow",
    "held": "magenta",
    "refused": "bold red",
    "started": "green",
    "success": "dim",
    "failure": "red",
}


def listed(jobs: Sequence[ListedJob], width: int) -> Listed:
    """Return the jobs below a heading, with one line each or, from `WIDE` on, a wrapped note."""
    wide = width >= WIDE
    cells = [_HEADINGS, *(_cells(job, wide=wide) for job in jobs)]
    notes = [safe(_note(job, wide=wide)) for job in jobs]
    most = max(map(cell_len, notes), default=0)
    room = _room(widths(cells), 0 if wide else min(most, _SHORT_NOTE), width)
    before = sum(size + GAP for size in room if size)
    lines = [Text(_row(_HEADINGS, room, "NOTE" if most else ""), style="dim")]
    any_cut = False
    for found, note in zip(cells[1:], notes, strict=True):
        first, *others = flow(note, width, before) if wide else [cut(note, width - before)]
        any_cut |= not wide and first != note
        line = Text(_row(found, room, first))
        begin = room[0] + GAP
        line.stylize(_STYLES.get(found[1], ""), begin, begin + len(found[1]))
        lines += [line, *map(Text, others)]
    return Listed(lines, any_cut)


def _cells(job: ListedJob, *, wide: bool) -> tuple[str, ...]:
    """Return the cells of the columns but the note. The owner is left out on narrow terminals."""
    repository = job.repository if wide else job.repository.rpartition("/")[2]
    cells = (
        str(job.job_id),
        job.conclusion if job.state == "completed" and job.conclusion else job.state,
        "" if job.waited_seconds is None else span(job.waited_seconds),
        "" if job.ran_seconds is None else span(job.ran_seconds),
        repository,
        job.job_name,
    )
    return tuple(safe(cell) or NOTHING for cell in cells)


def _note(job: ListedJob, *, wide: bool) -> str:
    """Return the runner, if its id does not follow from the job's, and the reason."""
    runner = job.runner_id or ""
    if home_job(runner) == job.job_id and not (wide and job.started_at):
        runner = ""
    ran = f"on {runner}" if runner and job.started_at is not None else runner
    return ": ".join(filter(None, (ran, job.reason)))


def _room(room: Sequence[int], note: int, width: int) -> list[int]:
    """Return the widths of the columns. That of repositories is 0 if there is no room for them."""
    *fixed, repository, name = room
    name = min(name, _LONG_NAME)
    left = width - sum(fixed) - GAP * len(room) - note
    if repository + name <= left or width >= WIDE:
        return [*fixed, repository, name]
    return [*fixed, 0, min(name, max(_LEAST, left + GAP))]


def _row(cells: Sequence[str], room: Sequence[int], note: str) -> str:
    columns = [(cell, size) for cell, size in zip(cells, room, strict=True) if size]
    shown = [pad(cut(cell, size), size) for cell, size in columns]
    return (" " * GAP).join([*shown, note]).rstrip()
