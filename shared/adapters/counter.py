"""Converts the slot counter, the circuit breaker and the rate limits to items and back. Pure."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from shared.adapters.attributes import Item, attribute_of, item_of, struct_of
from shared.domain.slot.circuit import Circuit
from shared.domain.slot.counter import SHARDS, Shard, ShardChange, Slots
from shared.domain.slot.rate_limit import RateLimit, RateLimits
from shared.domain.unreadable import Unreadable

T = TypeVar("T", bound=Struct)

CIRCUIT = "circuit"
SHARD_KEYS = tuple(f"slots-{number}" for number in range(SHARDS))
RATE_LIMIT = "github-rate-limit"
COUNTER_KEYS = frozenset((*SHARD_KEYS, CIRCUIT, RATE_LIMIT))
"""The keys of the counter's shards, circuit breaker and GitHub's rate limits. None is a runner id.

Their attributes have prefixes, so that none is the key of an index: DynamoDB rejects an item in
which an index's key has another type. Source: Amazon DynamoDB Developer
Guide, "Using Global Secondary Indexes in DynamoDB", "Data synchronization between tables and Global
Secondary Indexes"; observed on DynamoDB Local.
"""
_SHARD, _CIRCUIT = "slots_", "circuit_"


def slots_of(found: Mapping[str, Item]) -> Slots:
    """Return the counter and the circuit breaker from items by key. A missing item is zero.

    Raises:
        Unreadable: names the key of an item that can't be decoded.
    """
    slots, damaged = slots_and_damage(found)
    if damaged:
        raise damaged[0]
    return slots


def slots_and_damage(found: Mapping[str, Item]) -> tuple[Slots, tuple[Unreadable, ...]]:
    """Return the counter with zero for each item that can't be decoded, and those errors."""
    damaged: list[Unreadable] = []

    def part(key: str, prefix: str, kind: type[T]) -> T:
        try:
            return struct_of(key, found.get(key), prefix, kind)
        except Unreadable as error:
            damaged.append(error)
            return kind()

    shards = tuple(part(key, _SHARD, Shard) for key in SHARD_KEYS)
    circuit = part(CIRCUIT, _CIRCUIT, Circuit)
    limits = RateLimits()
    try:
        limits = rate_limits_of(found.get(RATE_LIMIT))
    except Unreadable as error:
        damaged.append(error)
    return Slots(shards=shards, circuit=circuit, rate_limits=limits), tuple(damaged)


def shard_item(number: int, shard: Shard) -> Item:
    """Return a shard of the counter as an item."""
    return item_of(SHARD_KEYS[number], _SHARD, shard)


def circuit_item(circuit: Circuit) -> Item:
    """Return the circuit breaker as an item."""
    return item_of(CIRCUIT, _CIRCUIT, circuit)


def rate_limits_item(limits: RateLimits) -> Item:
    """Return GitHub's rate limits as an item. The credentials are one JSON string."""
    return {
        "runner_id": {"S": RATE_LIMIT},
        "limit_version": {"N": str(limits.version)},
        "limit_credentials": {"S": msgspec.json.encode(limits.credentials).decode()},
    }


def rate_limits_of(item: Item | None) -> RateLimits:
    """Return GitHub's rate limits from an item, if there is one.

    Raises:
        Unreadable: names the item's key.
    """
    known = item or {}
    try:
        return RateLimits(
            version=int(known.get("limit_version", {"N": "0"})["N"]),
            credentials=_credentials(known.get("limit_credentials", {"S": "{}"})["S"]),
        )
    except (KeyError, ValueError, RecursionError) as error:
        raise Unreadable(RATE_LIMIT, str(error)) from error


def _credentials(text: str) -> dict[str, RateLimit]:
    return msgspec.json.decode(text, type=dict[str, RateLimit])


def part_item(key: str, slots: Slots) -> Item:
    """Return the part of the counter with that key as an item."""
    if key == CIRCUIT:
        return circuit_item(slots.circuit)
    if key == RATE_LIMIT:
        return rate_limits_item(slots.rate_limits)
    number = SHARD_KEYS.index(key)
    return shard_item(number, slots.shards[number])


def shard_update(change: ShardChange) -> dict[str, Any]:
    """Return the key, expressions and values of an update that adds the change to its shard."""
    values = {
        ":held": attribute_of(change.held),
        ":awaited": attribute_of(change.awaited),
        ":one": attribute_of(1),
    }
    update: dict[str, Any] = {
        "Key": {"runner_id": {"S": SHARD_KEYS[change.shard]}},
        "UpdateExpression": "ADD slots_held :held, slots_awaited :awaited, slots_changes :one",
        "ExpressionAttributeValues": values,
    }
    if change.most is not None:
        values[":room"] = attribute_of(change.most - change.held)
        is_first = "attribute_not_exists(slots_held)"
        has_room = "slots_held <= :room"
        update["ConditionExpression"] = f"{is_first} OR {has_room}"
    return update
