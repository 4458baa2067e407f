"""Formats figures, and tables of them: a name on the left, numbers on the right. Pure."""

from collections.abc import Mapping, Sequence

from rich.cells import cell_len

from cli.analysis.percentiles import Percentiles
from cli.render.layout import GAP, cut, pad, widths
from cli.render.text import NOTHING, safe, span

PERCENTILES = ("p50", "p95", "p99", "max")
_CENTS_FROM = 10.0
"""From this sum in US dollars on a column of costs has two decimals, and four below it."""
_SHORTEST_NAME = 8
_MINUTE, _HOUR = 60, 3600


def figures(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Return the lines of a table, its numbers aligned on the right. Long names are cut."""
    first, *others = widths(rows)
    room = max(_SHORTEST_NAME, width - sum(others) - GAP * len(others))
    first = min(first, room)
    lines = []
    for name, *cells in rows:
        right = (
            f"{' ' * (GAP + size - cell_len(cell))}{cell}"
            for cell, size in zip(cells, others, strict=True)
        )
        lines.append(f"{pad(cut(name, first), first)}{''.join(right)}".rstrip())
    return lines


def durations(seconds: Percentiles | None) -> tuple[str, ...]:
    """Return the cells of the percentiles: number, p50, p95, p99 and max."""
    if seconds is None:
        return (whole(0), *[NOTHING] * len(PERCENTILES))
    times = (seconds.p50, seconds.p95, seconds.p99, seconds.max)
    return (whole(seconds.count), *map(span, times))


def whole(number: int) -> str:
    """Return a whole number with separators: `12,345`."""
    return f"{number:,}"


def percent(part: float | None) -> str:
    """Return a part of 1 in percent, or `-` if there is none."""
    return NOTHING if part is None else f"{part * 100:.1f}%"


def hours(seconds: float) -> str:
    """Return seconds in hours, with one decimal."""
    return f"{seconds / _HOUR:,.1f}"


def minutes(seconds: float) -> str:
    """Return seconds in minutes, with one decimal."""
    return f"{seconds / _MINUTE:,.1f}"


def dollars(amount: float, of: float) -> str:
    """Return an amount in US dollars, with the decimals that suit the sum `of` its column."""
    return f"${amount:,.2f}" if of >= _CENTS_FROM else f"${amount:,.4f}"


def listed(counts: Mapping[str, int]) -> str:
    """Return numbers with their names: `12 success, 1 failure`."""
    return ", ".join(f"{whole(count)} {safe(name)}" for name, count in counts.items())
