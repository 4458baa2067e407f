"""The price table that costs are computed from. Pure; `own_prices` reads the project's table."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from shared.domain.projection import RunnerRow

PRICES = Path(__file__).with_name("prices.toml")
"""The project's own table; its first lines name where the figures come from."""
INCLUDED_GB = 20
"""Ephemeral storage that Fargate includes, in GB. Source: https://aws.amazon.com/fargate/pricing/"""
MOST_GB = 200
"""The maximum of ephemeral storage. Source: Amazon ECS API Reference, EphemeralStorage."""
SPOT = "FARGATE_SPOT"

Architecture = Literal["x64", "arm64"]
Dollars = Annotated[float, Meta(ge=0)]


class PricesError(ValueError):
    """A text is not a price table; the message names what is wrong."""


class Rate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The prices in US dollars of a vCPU and of a GB of memory, each for an hour."""

    vcpu_hour: Dollars
    gb_hour: Dollars


class RegionPrices(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The prices of one Region in US dollars. What is None has no known price.

    Attributes:
        storage_gb_hour: Of a GB of ephemeral storage above `INCLUDED_GB`, for an hour.
    """

    source: str
    x64: Rate | None = None
    arm64: Rate | None = None
    storage_gb_hour: Dollars | None = None


class PriceTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A price table.

    Attributes:
        read: The day on which the prices were read.
        spot_ratio: The price of FARGATE_SPOT as a part of that of FARGATE, an estimate.
        address_hour: Of a public IPv4 address for an hour, in US dollars.
        region: The prices by Region.
    """

    read: str
    spot_ratio: Annotated[float, Meta(ge=0, le=1)]
    address_hour: Dollars
    region: dict[str, RegionPrices]

    def rate(self, region: str, architecture: Architecture) -> Rate | None:
        """Return the prices of FARGATE, or None if the table has none."""
        prices = self.region.get(region)
        return getattr(prices, architecture) if prices else None

    def priced(self, architecture: Architecture) -> list[str]:
        """Return the Regions with prices for that architecture."""
        return [region for region in sorted(self.region) if self.rate(region, architecture)]


def read_prices(text: str) -> PriceTable:
    """Return the price table that a TOML text holds.

    Raises:
        PricesError: the text is not TOML, or not a price table.
    """
    try:
        return msgspec.toml.decode(text, type=PriceTable)
    except msgspec.DecodeError as error:
        raise PricesError(str(error)) from error


def own_prices() -> PriceTable:
    """Return the project's price table."""
    return read_prices(PRICES.read_text())


def region_of(row: RunnerRow) -> str:
    """Return the Region of a runner's task, or "" if it had none.

    Source: AWS General Reference, "Amazon Resource Names", `arn:partition:service:region:…`.
    """
    parts = (row.task_arn or "").split(":")
    return parts[3] if len(parts) > 3 else ""  # noqa: PLR2004 - the fourth part
