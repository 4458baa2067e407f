"""Renders the doctor's report, as text for people. Pure."""

from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

from cli.doctor.finding import Finding, Level, Report
from cli.render.layout import GAP, flow, paragraph
from cli.render.text import safe

_STYLES = {Level.PROBLEM: "bold red", Level.WARNING: "yellow", Level.UNKNOWN: "magenta"}
_INDENT = 2


def lines(report: Report, width: int) -> Iterator[Text]:
    """Yield the lines of all findings, the most serious first."""
    for check, one in report.findings:
        yield from _finding(check, one, width)


def summary(report: Report) -> str:
    """Return the last line: how many checks there were, and what they found."""
    checks = f"{len(report.results)} checks"
    where = f"fleet {report.fleet}, version {report.deployed_version or 'unknown'}"
    if not report.findings:
        return f"OK: {checks}, no problem found ({where})"
    return f"{checks}: {counted(report)} ({where})"


def counted(report: Report) -> str:
    """Return the number of findings of each level."""
    numbers = (
        (report.count(Level.PROBLEM), "problem"),
        (report.count(Level.WARNING), "warning"),
        (report.count(Level.UNKNOWN), "check not possible"),
    )
    counts = (f"{n} {what if n == 1 else _plural(what)}" for n, what in numbers if n)
    skipped = sum(bool(one.blocked) for one in report.results)
    return ", ".join([*counts, *([f"{skipped} skipped"] if skipped else [])])


def _plural(what: str) -> str:
    return what.replace("check ", "checks ") if " " in what else f"{what}s"


def _finding(check: str, one: Finding, width: int) -> Iterator[Text]:
    level = one.level.value.upper()
    first, *others = flow(safe(f"{check}: {one.subject}"), width, cell_len(level) + GAP)
    yield Text.assemble((level, _STYLES[one.level]), " " * GAP, (first, "bold"))
    yield from (Text(line, style="bold") for line in others)
    yield Text(paragraph(safe(one.problem), width, _INDENT))
    if one.remedy:
        yield Text(paragraph(safe(f"Remedy: {one.remedy}"), width, _INDENT))
