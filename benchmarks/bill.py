"""Computes the cost of quantities from the price list, and formats the tables for `cost`."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PRICES = Path(__file__).parent / "prices.toml"
_WHOLE = 10
"""Smallest quantity that is printed without decimals."""

Quantities = Mapping[str, float]
"""Quantity by price key."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """The price in US dollars for `per` units. `free` units per month are free of charge."""

    what: str
    usd: float
    per: float
    free: float
    source: str

    def of(self, quantity: float) -> float:
        """Return the list price of a quantity."""
        return quantity / self.per * self.usd


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a bill, in US dollars.

    Attributes:
        listed: List price.
        charged: Price with AWS's free tier, if nothing else in the account uses it.
    """

    price: Price
    quantity: float

    @property
    def listed(self) -> float:
        """See the class."""
        return self.price.of(self.quantity)

    @property
    def charged(self) -> float:
        """See the class."""
        return self.price.of(max(0.0, self.quantity - self.price.free))


def prices() -> dict[str, Price]:
    """Return the price list by key."""
    content = tomllib.loads(PRICES.read_text())
    return {key: Price(**one) for key, one in content["price"].items()}


def heading() -> str:
    """Return region and date of the prices."""
    content = tomllib.loads(PRICES.read_text())
    return f"Prices of {content['region']}, in US dollars, read on {content['read']}."


def lines(quantities: Quantities, times: int = 1) -> list[Line]:
    """Return the lines with a cost, most expensive first."""
    table = prices()
    found = [Line(price=table[key], quantity=times * one) for key, one in quantities.items() if one]
    return sorted(found, key=lambda line: (-line.charged, -line.listed))


def totals(rows: Sequence[Line]) -> tuple[float, float]:
    """Return the sums in US dollars: list price, and charged."""
    return sum(one.listed for one in rows), sum(one.charged for one in rows)


def table(title: str, rows: Sequence[Line]) -> str:
    """Format the lines as a Markdown table."""
    listed, charged = totals(rows)
    written = (
        f"| {_number(one.quantity)} | {one.price.what} | {one.listed:.2f} | {one.charged:.2f} |"
        for one in rows
    )
    return "\n".join(
        [
            f"| quantity | {title} | list price | with free tier |",
            "| ---: | --- | ---: | ---: |",
            *written,
            f"| | **all** | **{listed:.2f}** | **{charged:.2f}** |",
        ]
    )


def _number(quantity: float) -> str:
    if quantity >= _WHOLE:
        return f"{quantity:,.0f}"
    return f"{quantity:,.2f}".rstrip("0").rstrip(".")
