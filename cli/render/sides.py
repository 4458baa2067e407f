"""The rows of a what-if's tables: recorded, replayed, what if, and the difference. Pure.

The difference is that of the what-if and the replayed side: both are runs of the same model, so its
error is in both.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from cli.analysis.cost import Estimate
from cli.render.costs import assumptions
from cli.render.figures import dollars, whole
from cli.render.text import NOTHING, span
from cli.whatif.comparison import Difference
from cli.whatif.report import Report
from cli.whatif.side import Totals

Cells = tuple[str, ...]
SIDES = ("recorded", "replayed", "what if")
HEADINGS = (*SIDES, "difference")
EXPLAINED = (
    "Replayed: the recorded policy in the same model; it shows the model's error. Difference: what "
    "if, compared with replayed."
)
_SAME = "="
_Text = Callable[[float], str]


class Row(NamedTuple):
    """One figure of each side, and how it is formatted. None: there is none."""

    name: str
    values: tuple[float | None, ...]
    text: _Text

    def cells(self) -> Cells:
        """Return the name, the figures and the difference."""
        shown = (NOTHING if value is None else self.text(value) for value in self.values)
        return (self.name, *shown, self._difference())

    def _difference(self) -> str:
        _, replayed, changed = self.values
        if replayed is None or changed is None:
            return NOTHING
        size = self.text(abs(changed - replayed))
        if size == self.text(0):
            return _SAME
        return f"{'+' if changed > replayed else '-'}{size}"


def sides(report: Report) -> tuple[Totals, ...]:
    """Return the sides in the order of `SIDES`."""
    return (report.recorded, report.replayed, report.what_if)


def total_rows(report: Report) -> list[Cells]:
    """Return the rows of the totals, below their headings."""
    cost = Row("cost (an estimate)", _each(report, _cost), _dollars(report))
    rows = [Row(name, _each(report, value), text) for name, value, text in _TOTALS]
    return [("figure", *HEADINGS), *(row.cells() for row in (*rows, cost, *_kinds(report)))]


def class_rows(report: Report) -> list[Cells]:
    """Return the rows of the cost by class."""
    found = [{group.name: group.total for group in one.cost.by_class} for one in sides(report)]
    names = sorted({name for one in found for name in one})
    text = _dollars(report)
    rows = (
        Row(name or NOTHING, tuple(one.get(name, 0.0) for one in found), text) for name in names
    )
    return [("class", *HEADINGS), *(row.cells() for row in rows)]


def cause_rows(report: Report) -> list[Cells]:
    """Return the rows of the failures by cause, the most frequent one first."""
    found = [{(one.kind, one.cause): one.count for one in side.failures} for side in sides(report)]
    names = {name for one in found for name in one}
    ordered = sorted(names, key=lambda name: (-max(one.get(name, 0) for one in found), name))
    rows = (
        Row(f"{kind}: {cause}", tuple(one.get((kind, cause), 0) for one in found), _count)
        for kind, cause in ordered
    )
    return [("cause", *HEADINGS), *(row.cells() for row in rows)]


def wait_rows(report: Report) -> list[Cells]:
    """Return the rows of the number of waits by their length, without empty ones at the end."""
    rows = (
        Row(label, tuple(one.wait_counts[at] for one in sides(report)), _count)
        for at, label in enumerate(wait_labels(report))
    )
    return [("wait", *HEADINGS), *(row.cells() for row in rows)]


def wait_labels(report: Report) -> list[str]:
    """Return the names of the groups of waits, up to the last one that is not empty."""
    limits = [_short(limit) for limit in report.wait_limits_seconds]
    names = [*(f"≤ {limit}" for limit in limits), f"> {limits[-1]}"]
    counts = zip(*(one.wait_counts for one in sides(report)), strict=True)
    last = max((at for at, one in enumerate(counts) if any(one)), default=-1)
    return names[: last + 1]


def job_cells(one: Difference, report: Report) -> Cells:
    """Return id, waits, costs and name of one of `differ_most`, and why it is refused."""
    names = " · ".join(filter(None, (one.repository, one.workflow, one.job_name)))
    most = max(max(each.recorded_cost or 0.0, each.cost or 0.0) for each in report.differ_most)
    costs = (
        NOTHING if cost is None else dollars(cost, most) for cost in (one.recorded_cost, one.cost)
    )
    waits = map(_wait, (one.recorded_wait_seconds, one.wait_seconds))
    named = ": ".join(filter(None, (names, one.reason)))
    return (str(one.job_id), " → ".join(waits), " → ".join(costs), named)


def cost_notes(report: Report) -> list[str]:
    """Return what the estimates assume and leave out, once if it is so on several sides."""
    found: dict[str, None] = {}
    for estimate in (side.cost for side in sides(report)):
        found |= dict.fromkeys(assumptions(estimate))
    return list(found)


def total_cost(estimate: Estimate) -> float | None:
    """Return the sum; None if no task has a price although there are some."""
    return None if estimate.unpriced and not estimate.by_class else estimate.total


def _kinds(report: Report) -> Iterator[Row]:
    """Yield the number of failures of each kind."""
    kinds = {one.kind for side in sides(report) for one in side.failures}
    for kind in sorted(kinds):
        counts = (
            sum(one.count for one in side.failures if one.kind == kind) for side in sides(report)
        )
        yield Row(f"failures: {kind}", tuple(counts), _count)


def _each(report: Report, value: Callable[[Totals], float | None]) -> tuple[float | None, ...]:
    return tuple(map(value, sides(report)))


def _cost(side: Totals) -> float | None:
    return total_cost(side.cost)


def _dollars(report: Report) -> _Text:
    most = max(side.cost.total for side in sides(report))
    return lambda amount: dollars(amount, most)


def _count(number: float) -> str:
    return whole(round(number))


def _hours(number: float) -> str:
    return f"{number:,.2f}"


def _wait(seconds: float | None) -> str:
    return "never" if seconds is None else span(seconds)


def _short(seconds: int) -> str:
    """Return a whole number of seconds, minutes or hours."""
    units: Sequence[tuple[int, str]] = ((3600, "h"), (60, "m"))
    return next(
        (f"{seconds // one}{name}" for one, name in units if seconds % one == 0), f"{seconds}s"
    )


_TOTALS: tuple[tuple[str, Callable[[Totals], float | None], _Text], ...] = (
    ("jobs", lambda one: one.job_count, _count),
    ("that a runner took", lambda one: one.started_count, _count),
    ("wait, median", lambda one: one.wait_seconds_p50, span),
    ("wait, 95th percentile", lambda one: one.wait_seconds_p95, span),
    ("wait, longest", lambda one: one.wait_seconds_max, span),
    ("wait, all jobs", lambda one: one.wait_seconds_sum, span),
    ("tasks", lambda one: one.task_count, _count),
    ("runner hours", lambda one: one.runner_hours, _hours),
    ("vCPU hours", lambda one: one.vcpu_hours, _hours),
    ("GiB hours", lambda one: one.gib_hours, _hours),
)
