"""Prices, what quantities of what has one come to, and the tables that `cost` prints."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PRICES = Path(__file__).parent / "prices.toml"
_WHOLE = 10
"""From here on, quantities are written without decimals."""

Quantities = Mapping[str, float]
"""By the key of a price, how much of it there is."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """US dollars for `per` of what is charged; `free` of it cost nothing, each month."""

    what: str
    usd: float
    per: float
    free: float
    source: str

    def of(self, quantity: float) -> float:
        """The list price."""
        return quantity / self.per * self.usd


@dataclass(frozen=True, kw_only=True)
class Line:
    """What one thing costs, in US dollars.

    Attributes:
        listed: By the price list.
        charged: With AWS's free offers, if nothing else in the account uses them.
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
    """The price table, by key."""
    told = tomllib.loads(PRICES.read_text())
    return {key: Price(**one) for key, one in told["price"].items()}


def heading() -> str:
    """Where and when the prices hold."""
    told = tomllib.loads(PRICES.read_text())
    return f"Prices of {told['region']}, in US dollars, read on {told['read']}."


def lines(quantities: Quantities, times: int = 1) -> list[Line]:
    """What costs anything, the dearest first."""
    table = prices()
    found = [Line(price=table[key], quantity=times * one) for key, one in quantities.items() if one]
    return sorted(found, key=lambda line: (-line.charged, -line.listed))


def totals(rows: Sequence[Line]) -> tuple[float, float]:
    """US dollars: list price, and charged."""
    return sum(one.listed for one in rows), sum(one.charged for one in rows)


def table(title: str, rows: Sequence[Line]) -> str:
    """As Markdown."""
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
