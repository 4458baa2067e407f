"""Measured figures, and their form as text and as JSON, which `python -m benchmarks` reads."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure.

    Attributes:
        floor: The name of the figure that it is compared with: a bound of the machine, the step
            before it, or what others do. "" for none.
    """

    name: str
    value: float
    unit: str
    floor: str = ""


def document(figures: Sequence[Figure]) -> str:
    """Return the figures as JSON."""
    return json.dumps({"figures": [asdict(one) for one in figures]})


def read(told: Any) -> list[Figure]:
    """Return the figures of a `document`, parsed."""
    return [Figure(**one) for one in told["figures"]]


def lines(figures: Iterable[Figure]) -> str:
    """Return the figures as text, each as a multiple of its floor."""
    found = {one.name: one for one in figures}
    return "\n".join(_line(one, found.get(one.floor)) for one in found.values())


def _line(one: Figure, floor: Figure | None) -> str:
    ratio = f"{one.value / floor.value:.2f} x floor" if floor is not None and floor.value else ""
    return f"{one.name:<32}{number(one.value):>12} {one.unit:<10}{ratio}".rstrip()


def number(value: float) -> str:
    """Return a number with three digits at least."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - see above
