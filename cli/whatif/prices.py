"""Other prices: what a what-if may change of what tasks are priced by. Pure."""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from cli.analysis.cost import Basis
from cli.analysis.prices import PriceTable, Rate, RegionPrices
from cli.whatif.changes import BadChangesError, PriceChanges

_OF_TABLE = ("address_hour", "spot_ratio")
_OF_BASIS = ("architecture", "storage_gb", "github_minute")


def apply_prices(basis: Basis, changes: PriceChanges, regions: Iterable[str]) -> Basis:
    """Return what a what-if is priced by.

    Args:
        regions: Of the recorded tasks. Prices of vCPU, memory and storage apply to all of them.

    Raises:
        BadChangesError: a Region without prices is given one of two that it needs.
    """
    given = changes.model_dump(exclude_none=True)
    basis = replace(basis, **{name: given[name] for name in _OF_BASIS if name in given})
    known = basis.prices
    found = {one: _region(basis, one, changes) for one in regions}
    table = {**known.region, **{name: one for name, one in found.items() if one is not None}}
    others = {name: given[name] for name in _OF_TABLE if name in given}
    return replace(basis, prices=replace(known, region=table, **others))


def price_settings(basis: Basis, regions: Iterable[str]) -> dict[str, Any]:
    """Return what a what-if can change, by its name in the file; prices of each Region if many."""
    table = basis.prices
    found = {name: getattr(basis, name) for name in _OF_BASIS}
    found |= {name: getattr(table, name) for name in _OF_TABLE}
    regions = tuple(regions)
    for region in regions:
        suffix = f" in {region}" if len(regions) > 1 else ""
        rate, storage = table.rate(region, basis.architecture), _storage(table, region)
        found[f"vcpu_hour{suffix}"] = rate.vcpu_hour if rate else None
        found[f"gb_hour{suffix}"] = rate.gb_hour if rate else None
        found[f"storage_gb_hour{suffix}"] = storage
    return {f"prices.{name}": value for name, value in found.items() if value is not None}


def _region(basis: Basis, region: str, changes: PriceChanges) -> RegionPrices | None:
    """Return the prices of a Region; None if it has none and gets none."""
    known = basis.prices.region.get(region)
    rate = _rate(basis.prices.rate(region, basis.architecture), region, changes)
    storage = changes.storage_gb_hour
    if rate is None and (known is None or storage is None):
        return known
    prices = known or RegionPrices(source="what-if")
    if rate is not None:
        prices = replace(prices, **{basis.architecture: rate})
    return prices if storage is None else replace(prices, storage_gb_hour=storage)


def _rate(known: Rate | None, region: str, changes: PriceChanges) -> Rate | None:
    vcpu, memory = changes.vcpu_hour, changes.gb_hour
    if vcpu is None and memory is None:
        return known
    vcpu = known.vcpu_hour if vcpu is None and known else vcpu
    memory = known.gb_hour if memory is None and known else memory
    if vcpu is None or memory is None:
        name = region or "the tasks' Region"
        raise BadChangesError(f"prices: {name} has no price; it needs vcpu_hour and gb_hour")
    return Rate(vcpu_hour=vcpu, gb_hour=memory)


def _storage(table: PriceTable, region: str) -> float | None:
    prices = table.region.get(region)
    return prices.storage_gb_hour if prices else None
