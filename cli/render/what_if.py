"""Renders the answer to a what-if: three columns, jobs that differ, the assumptions. Pure."""

from collections.abc import Callable, Iterator

from rich.text import Text

from cli.render.layout import GAP, flow, paragraph
from cli.render.text import safe, span
from cli.whatif.comparison import Difference, Totals
from cli.whatif.report import Report

_GAP = " " * GAP
_COLUMN = 13
_NOTHING = "-"


def drawn(report: Report, width: int) -> Iterator[Text]:
    """Yield the lines of the answer."""
    yield from _changes(report, width)
    yield Text()
    yield from _totals(report)
    yield Text()
    yield from _jobs(report.differ_most, width)
    yield Text("Assumed:", style="bold")
    for one in report.assumptions:
        first, *others = flow(safe(one), width, 2 * GAP)
        yield Text(f"{_GAP}- {first}")
        yield from map(Text, others)
    if report.unreadable:
        keys = ", ".join(report.unreadable)
        yield Text(paragraph(safe(f"Left out, since it can't be read: {keys}"), width))


def _changes(report: Report, width: int) -> Iterator[Text]:
    if not report.changes:
        yield Text("The policy is that of the recording; --policy or --set changes it.")
        return
    for name, before, after in report.changes:
        yield Text(paragraph(safe(f"{name}: {before} → {after}"), width, GAP))


def _totals(report: Report) -> Iterator[Text]:
    sides = (report.recorded, report.replayed, report.what_if)
    names = [name for name, _ in _ROWS]
    room = max(map(len, names))
    heads = _GAP.join(f"{head:>{_COLUMN}}" for head in ("recorded", "replayed", "what if"))
    yield Text(f"{'':<{room}}{_GAP}{heads}", style="dim")
    for name, value in _ROWS:
        cells = _GAP.join(f"{value(side):>{_COLUMN}}" for side in sides)
        yield Text(f"{name:<{room}}{_GAP}{cells}")
    text = "replayed: the recorded policy in the same model, to show its error"
    yield Text(text, style="dim")


def _jobs(differ: tuple[Difference, ...], width: int) -> Iterator[Text]:
    if not differ:
        yield Text("No job waits longer or shorter.")
        return
    yield Text("Waits that differ most (recorded → what if):", style="bold")
    for one in differ:
        reason = f"  {one.reason}" if one.reason else ""
        names = " · ".join(filter(None, (one.repository, one.workflow, one.name)))
        waits = f"{_wait(one.recorded_wait)} → {_wait(one.wait)}"
        text = f"{one.job_id}  {waits}  {names}{reason}"
        yield Text(paragraph(safe(text), width, GAP))


def _wait(seconds: float | None) -> str:
    return "never" if seconds is None else span(seconds)


def _span(seconds: float | None) -> str:
    return _NOTHING if seconds is None else span(seconds)


_ROWS: tuple[tuple[str, Callable[[Totals], str]], ...] = (
    ("jobs", lambda one: str(one.jobs)),
    ("that a runner took", lambda one: str(one.started)),
    ("wait, median", lambda one: _span(one.wait_p50)),
    ("wait, 95th percentile", lambda one: _span(one.wait_p95)),
    ("wait, longest", lambda one: _span(one.wait_max)),
    ("wait, all jobs", lambda one: _span(one.wait_sum)),
    ("tasks", lambda one: str(one.tasks)),
    ("runner hours", lambda one: f"{one.runner_hours:.2f}"),
    ("vCPU hours", lambda one: f"{one.vcpu_hours:.2f}"),
    ("GiB hours", lambda one: f"{one.gib_hours:.2f}"),
)
