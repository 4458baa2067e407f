"""Other prices: which a what-if may change, and what they apply to."""

import pytest

from cli.analysis.cost import Basis
from cli.analysis.prices import Rate, read_prices
from cli.whatif.changes import BadChangesError, PriceChanges
from cli.whatif.prices import apply_prices, price_settings

TABLE = read_prices(
    """
    read = "2026-11-29"
    spot_ratio = 0.25
    address_hour = 0.5

    [region.us-east-1]
    source = "made up"
    x64 = { vcpu_hour = 36.0, gb_hour = 3.6 }
    arm64 = { vcpu_hour = 18.0, gb_hour = 1.8 }
    """
)
BASIS = Basis(prices=TABLE)


def test_what_is_not_given_stays_as_it_was() -> None:
    found = apply_prices(BASIS, PriceChanges(vcpu_hour=30, github_minute=0.002), ["us-east-1"])
    assert found.prices.rate("us-east-1", "x64") == Rate(vcpu_hour=30, gb_hour=3.6)
    assert found.prices.rate("us-east-1", "arm64") == Rate(vcpu_hour=18, gb_hour=1.8)
    assert (found.github_minute, found.storage_gb, found.prices.spot_ratio) == (0.002, 20, 0.25)
    assert apply_prices(BASIS, PriceChanges(), ["us-east-1", "sa-east-1"]) == BASIS


def test_another_architecture_has_its_own_prices() -> None:
    found = apply_prices(BASIS, PriceChanges(architecture="arm64", gb_hour=2), ["us-east-1"])
    assert found.prices.rate("us-east-1", found.architecture) == Rate(vcpu_hour=18, gb_hour=2)


def test_a_region_without_prices_gets_both_or_is_refused() -> None:
    both = apply_prices(BASIS, PriceChanges(vcpu_hour=1, gb_hour=2), ["sa-east-1"])
    assert both.prices.rate("sa-east-1", "x64") == Rate(vcpu_hour=1, gb_hour=2)
    with pytest.raises(BadChangesError, match="sa-east-1 has no price; it needs vcpu_hour and gb_"):
        apply_prices(BASIS, PriceChanges(vcpu_hour=1), ["sa-east-1"])


def test_storage_gets_a_price_where_the_table_has_none() -> None:
    changes = PriceChanges(storage_gb=40, storage_gb_hour=0.1, address_hour=0)
    found = apply_prices(BASIS, changes, ["us-east-1"])
    assert found.prices.region["us-east-1"].storage_gb_hour == 0.1
    assert (found.storage_gb, found.prices.address_hour) == (40, 0)


def test_the_prices_of_several_regions_are_named_apart() -> None:
    one = price_settings(BASIS, ["us-east-1"])
    assert (one["prices.vcpu_hour"], one["prices.spot_ratio"]) == (36.0, 0.25)
    two = price_settings(BASIS, ["us-east-1", "sa-east-1"])
    assert two["prices.vcpu_hour in us-east-1"] == 36.0
    assert "prices.vcpu_hour in sa-east-1" not in two
