"""Renders the answer to a what-if as text: the sides, jobs that differ, the assumptions. Pure."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from cli.render import sides
from cli.render.figures import figures
from cli.render.layout import GAP, flow, paragraph, table
from cli.render.sections import section
from cli.render.text import safe
from cli.whatif.report import Report

_GAP = " " * GAP
_JOBS = ("JOB", "WAIT", "COST", "NAMES")
UNCHANGED = "The policy is that of the recording; --policy or --set changes it."
ALIKE = "No job waits longer or shorter, or costs more or less."


def drawn(report: Report, width: int) -> Iterator[Text]:
    """Yield the lines of the answer."""
    yield from _changes(report, width)
    yield Text()
    heading, *totals = figures(sides.total_rows(report), width)
    yield Text(heading, style="dim")
    yield from map(Text, totals)
    yield Text(paragraph(sides.EXPLAINED, width), style="dim")
    yield from section("Cost by class (an estimate)", _table(sides.class_rows(report), width))
    yield from section("Failures by cause", _table(sides.cause_rows(report), width))
    yield Text()
    yield from _jobs(report, width)
    yield Text()
    yield Text("Assumed:", style="bold")
    yield from _list((*report.assumptions, *sides.cost_notes(report)), width)
    if report.unreadable:
        keys = ", ".join(report.unreadable)
        yield Text(paragraph(safe(f"Left out, since it can't be read: {keys}"), width))


def _changes(report: Report, width: int) -> Iterator[Text]:
    if not report.changes:
        yield Text(UNCHANGED)
    for one in report.changes:
        changed = f"{one.setting}: {one.before} → {one.after}"
        yield Text(paragraph(safe(changed), width, GAP))


def _table(rows: Sequence[sides.Cells], width: int) -> list[str]:
    heading, *others = [tuple(map(safe, row)) for row in rows]
    if not others:
        return []
    shown = figures([tuple(cell.upper() for cell in heading), *others], width - GAP)
    return [f"{_GAP}{line}" for line in shown]


def _jobs(report: Report, width: int) -> Iterator[Text]:
    if not report.differ_most:
        yield Text(ALIKE)
        return
    yield Text("Jobs that differ most (recorded → what if)", style="bold")
    rows = [_JOBS, *(sides.job_cells(one, report) for one in report.differ_most)]
    shown = [tuple(map(safe, (f"{_GAP}{job_id}", *cells))) for job_id, *cells in rows]
    heading, *lines = table(shown, width)
    yield Text(heading, style="dim")
    yield from map(Text, lines)


def _list(sentences: Sequence[str], width: int) -> Iterator[Text]:
    for one in sentences:
        first, *others = flow(safe(one), width, 2 * GAP)
        yield Text(f"{_GAP}- {first}")
        yield from map(Text, others)
