"""Renders an estimate of costs as text. Pure."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from cli.analysis.cost import Cost, CostGroup, Estimate
from cli.analysis.prices import INCLUDED_GB
from cli.analysis.report import Costs
from cli.render.figures import dollars, figures, hours, whole
from cli.render.layout import paragraph
from cli.render.sections import Section, pairs, section
from cli.render.statistics import Rows, indented
from cli.render.text import NOTHING, safe

_INDENT = 2
_SHOWN = 10
"""The number of names in a table; the others are one row."""


def lines(costs: Costs, width: int) -> Iterator[Text]:
    """Yield the lines of all sections."""
    if not costs.by_class and not costs.unpriced:
        return
    yield from section(title(costs), _parts(costs, width))
    by_name = [Section(name, _table(rows, width)) for name, rows in tables(costs)]
    yield from pairs(by_name, width)


def title(costs: Estimate) -> str:
    """Return the title: the sum, and that it is an estimate."""
    return f"Cost: {dollars(costs.total, costs.total)} (an estimate)"


def tables(costs: Costs) -> Iterator[tuple[str, Rows]]:
    """Yield tables of costs: their titles, and their cells below the headings."""
    for name, groups in (
        ("repository", costs.by_repository),
        ("workflow", costs.by_workflow),
        ("class", costs.by_class),
        ("capacity", costs.by_capacity),
    ):
        yield f"Cost by {name}", _rows(name, top(groups), costs.total)


def top(groups: Sequence[CostGroup]) -> list[CostGroup]:
    """Return the groups with the highest costs, and one with the sum of all others."""
    if len(groups) <= _SHOWN:
        return list(groups)
    others = groups[_SHOWN - 1 :]
    rest = CostGroup(
        name=f"{len(others)} others",
        task_count=sum(one.task_count for one in others),
        seconds=sum(one.seconds for one in others),
        total=sum(one.total for one in others),
        cost=sum((one.cost for one in others), Cost()),
    )
    return [*groups[: _SHOWN - 1], rest]


def parts(costs: Estimate) -> list[tuple[str, float]]:
    """Return what the sum consists of, in US dollars."""
    found = (
        ("vCPU and memory", costs.parts.compute),
        (f"storage ({costs.storage_gb} GB)", costs.parts.storage),
        ("public IPv4 addresses", costs.parts.addresses),
        ("GitHub's fee", costs.parts.github),
    )
    return [(name, amount) for name, amount in found if amount]


def assumptions(costs: Estimate) -> list[str]:
    """Return sentences about what the estimate assumes and leaves out."""
    prices = (
        f"List prices of Fargate for {costs.architecture} without discounts and taxes, as of "
        f"{costs.prices_read}, from the intent to launch until the end of each task. Other costs, "
        "such as NAT gateways and image builds, are not included."
    )
    found = [prices]
    if costs.spot_ratio is not None:
        found.append(f"FARGATE_SPOT is assumed to cost {costs.spot_ratio:.0%} of FARGATE.")
    return found + missing(costs)


def missing(costs: Estimate) -> list[str]:
    """Return sentences about tasks and storage without a price."""
    found = []
    if costs.unpriced:
        regions = ", ".join(f"{name or 'no Region'} ({n})" for name, n in costs.unpriced.items())
        found.append(
            f"The price table has no {costs.architecture} prices for the tasks in {regions}, so "
            f"they are left out. It has {', '.join(costs.priced_regions) or 'none'}; --prices FILE "
            "takes your own table."
        )
    if costs.storage_unpriced:
        found.append(
            f"Storage above {INCLUDED_GB} GB is left out in {', '.join(costs.storage_unpriced)}, "
            "since the price table has no price for it."
        )
    return found


def _rows(name: str, groups: Sequence[CostGroup], total: float) -> Rows:
    rows = [
        (
            safe(one.name) or NOTHING,
            whole(one.task_count),
            hours(one.seconds),
            dollars(one.total, total),
        )
        for one in groups
    ]
    return [(name.upper(), "TASKS", "HOURS", "COST"), *rows] if rows else []


def _parts(costs: Costs, width: int) -> list[str]:
    rows = [(name, dollars(amount, costs.total)) for name, amount in parts(costs)]
    found = indented(figures(rows, width - _INDENT)) if len(rows) > 1 else []
    for sentence in assumptions(costs):
        found += paragraph(safe(sentence), width, _INDENT).splitlines()
    return found


def _table(rows: Rows, width: int) -> list[str]:
    return indented(figures(rows, width - _INDENT)) if rows else []
