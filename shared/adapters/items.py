"""Converts events, rows and the counter to DynamoDB items and back. Pure: no client is used.

It also checks the limits of a transaction. An event's body is one JSON string, because it is always
read as a whole, and boto3 parses a string 2.7 times faster than nested maps. A row is flat, so that
people can read it in the console.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from shared.domain import codec
from shared.domain.events import Recorded
from shared.domain.projection import RunnerRow
from shared.domain.slot.circuit import Circuit
from shared.domain.slot.counter import SHARDS, Shard, ShardChange, Slots
from shared.domain.slot.rate_limit import RateLimit, RateLimits
from shared.domain.unreadable import Unreadable
from shared.ports import Append, AppendTooLarge, Checkpoint

Item = dict[str, Any]
T = TypeVar("T", bound=Struct)

MAX_ITEMS = 100
"""Maximum number of items in a transaction. Source: Amazon DynamoDB Developer Guide,
"TransactWriteItems"."""
MAX_ITEM_BYTES = 400 * 1024
"""Maximum size of an item, including attribute names. Source: Amazon DynamoDB Developer Guide,
"Quotas"."""

LIVE = "1"
"""The only partition of the deadline index. It contains the rows with a deadline."""
WAITING = "1"
"""The only partition of the arrival index. It contains the rows that wait for a slot."""
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
_CHECKPOINT = "checkpoint/"
"""Runner ids have no `/`."""


def event_items(appends: Sequence[Append]) -> Iterator[Item]:
    """Yield the items of all new events, in order."""
    for append in appends:
        pairs = zip(append.events, append.routes, strict=True)
        for seq, (event, route) in enumerate(pairs, start=append.after + 1):
            item = {
                "stream": {"S": append.stream},
                "seq": {"N": str(seq)},
                "id": {"S": event.id},
                "body": {"S": codec.encode(event)},
            }
            if route:
                item["route"] = {"S": route}
            if append.notices and event is append.events[-1]:
                item["notices"] = {"S": msgspec.json.encode(append.notices).decode()}
            yield item


def event_of(item: Item) -> Recorded:
    """Return the event in an item.

    Raises:
        Unreadable: names the stream and the sequence number.
    """
    stream, seq, body = item["stream"]["S"], int(item["seq"]["N"]), item.get("body", {})
    if "S" not in body:
        raise Unreadable(f"{stream} event {seq}", "it has no body", stream)
    return codec.recorded(stream, seq, body["S"])


def row_item(row: RunnerRow) -> Item:
    """Return a row as an item, without fields that are None."""
    item = {
        name: _attribute(value)
        for name, value in msgspec.structs.asdict(row).items()
        if value is not None
    }
    if row.deadline is not None:
        item["live"] = {"S": LIVE}
    if row.awaits is not None:
        item["waiting"] = {"S": WAITING}
    return item


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
            return _struct(key, found.get(key), prefix, kind)
        except Unreadable as error:
            damaged.append(error)
            return kind()

    shards = tuple(part(key, _SHARD, Shard) for key in SHARD_KEYS)
    circuit = part(CIRCUIT, _CIRCUIT, Circuit)
    limits = RateLimits()
    try:
        limits = _rate_limits(found.get(RATE_LIMIT))
    except Unreadable as error:
        damaged.append(error)
    return Slots(shards=shards, circuit=circuit, rate_limits=limits), tuple(damaged)


def shard_item(number: int, shard: Shard) -> Item:
    """Return a shard of the counter as an item."""
    return _item(SHARD_KEYS[number], _SHARD, shard)


def circuit_item(circuit: Circuit) -> Item:
    """Return the circuit breaker as an item."""
    return _item(CIRCUIT, _CIRCUIT, circuit)


def rate_limits_item(limits: RateLimits) -> Item:
    """Return GitHub's rate limits as an item. The credentials are one JSON string."""
    return {
        "runner_id": {"S": RATE_LIMIT},
        "limit_version": {"N": str(limits.version)},
        "limit_credentials": {"S": msgspec.json.encode(limits.credentials).decode()},
    }


def _rate_limits(item: Item | None) -> RateLimits:
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
        ":held": _attribute(change.held),
        ":awaited": _attribute(change.awaited),
        ":one": _attribute(1),
    }
    update: dict[str, Any] = {
        "Key": {"runner_id": {"S": SHARD_KEYS[change.shard]}},
        "UpdateExpression": "ADD slots_held :held, slots_awaited :awaited, slots_changes :one",
        "ExpressionAttributeValues": values,
    }
    if change.most is not None:
        values[":room"] = _attribute(change.most - change.held)
        is_first = "attribute_not_exists(slots_held)"
        has_room = "slots_held <= :room"
        update["ConditionExpression"] = f"{is_first} OR {has_room}"
    return update


def if_unchanged(table: str, item: Item, attribute: str, before: int) -> Any:
    """Return a put on condition that `attribute` is `before`; if that is 0, it may be absent."""
    is_same = f"{attribute} = :before"
    is_first = f"attribute_not_exists({attribute})"
    return {
        "TableName": table,
        "Item": item,
        "ConditionExpression": is_same if before else f"{is_same} OR {is_first}",
        "ExpressionAttributeValues": {":before": {"N": str(before)}},
    }


def row_of(item: Item) -> RunnerRow:
    """Return the row in an item. Unknown attributes are ignored.

    Raises:
        Unreadable: names the key.
    """
    return _converted(item["runner_id"]["S"], item, RunnerRow)


def is_row_key(key: str) -> bool:
    """Return whether an item of the runners table with that key is a row."""
    return key not in COUNTER_KEYS and not key.startswith(_CHECKPOINT)


def checkpoint_key(name: str) -> str:
    """Return the key of the checkpoint with that name."""
    return f"{_CHECKPOINT}{name}"


def checkpoint_item(name: str, checkpoint: Checkpoint) -> Item:
    """Return the changed checkpoint as an item."""
    return {
        "runner_id": {"S": checkpoint_key(name)},
        "checkpoint_text": {"S": checkpoint.text},
        "checkpoint_version": {"N": str(checkpoint.version + 1)},
    }


def checkpoint_of(item: Item | None) -> Checkpoint:
    """Return the checkpoint in an item, or an empty one if there is none or it can't be read."""
    text, version = ((item or {}).get(f"checkpoint_{name}", {}) for name in ("text", "version"))
    number = version.get("N", "0")
    return Checkpoint(text=text.get("S", ""), version=int(number) if number.isdecimal() else 0)


def time_text(at: datetime) -> str:
    """Return the time in UTC as text of fixed width, which indexes sort by time.

    `strftime` is not used: it does not pad years below 1000, and such a text can't be parsed.
    """
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def check_size(items: Sequence[Item], others: int = 0) -> None:
    """Check that the items fit into one transaction.

    Args:
        others: The number of further items in the transaction, each of a few bytes.

    Raises:
        AppendTooLarge: there are too many items, or one is too large.
    """
    if len(items) + others > MAX_ITEMS:
        raise AppendTooLarge(
            f"{len(items) + others} items in one append; at most {MAX_ITEMS} fit into a transaction"
        )
    for item in items:
        size = sum(len(name.encode()) + _size(value) for name, value in item.items())
        if size > MAX_ITEM_BYTES:
            key = item.get("id") or item.get("runner_id") or {}
            raise AppendTooLarge(
                f"{key.get('S')}: {size} bytes; an item holds at most {MAX_ITEM_BYTES}"
            )


def _item(key: str, prefix: str, value: Struct) -> Item:
    fields = {name: one for name, one in msgspec.structs.asdict(value).items() if one is not None}
    attributes = {f"{prefix}{name}": _attribute(one) for name, one in fields.items()}
    return {"runner_id": {"S": key}, **attributes}


def _struct(key: str, item: Item | None, prefix: str, kind: type[T]) -> T:
    known = {name.removeprefix(prefix): one for name, one in (item or {}).items()}
    return _converted(key, known, kind)


def _converted(key: str, item: Item, kind: type[T]) -> T:
    try:
        return msgspec.convert({name: _value(one) for name, one in item.items()}, kind)
    except (ValueError, RecursionError) as error:
        raise Unreadable(key, str(error)) from error


def _attribute(value: object) -> dict[str, Any]:
    match value:
        case datetime():
            return {"S": time_text(value)}
        case int():
            return {"N": str(value)}
        case tuple():
            return {"L": [{"S": text} for text in value]}
        case _:
            return {"S": str(value)}


def _value(attribute: Mapping[str, Any]) -> object:
    ((kind, value),) = attribute.items()
    if kind == "N":
        return int(value) if value.lstrip("-").isdigit() else float(value)
    return [_value(one) for one in value] if kind == "L" else value


def _size(attribute: Mapping[str, Any]) -> int:
    ((kind, value),) = attribute.items()
    if kind == "L":
        return 3 + sum(1 + _size(one) for one in value)
    return len(value.encode())
