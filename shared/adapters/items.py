"""Events and rows as DynamoDB items, and what fits into one transaction. Pure: no client here.

An event is one JSON string beside its keys: it is read whole or not at all, and that is 2.7 times
cheaper in boto3 than nested maps. A row is flat, so that people can read it in the console.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from shared.domain import codec
from shared.domain.events import Recorded
from shared.domain.projection import RunnerRow
from shared.domain.slots import Slots
from shared.ports import Append, AppendTooLarge

Item = dict[str, Any]

MAX_ITEMS = 100
"""Items in a transaction. Source: Amazon DynamoDB Developer Guide, "TransactWriteItems"."""
MAX_ITEM_BYTES = 400 * 1024
"""An item's size, names included. Source: Amazon DynamoDB Developer Guide, "Quotas"."""

LIVE = "1"
"""The partition of the deadline index: only rows with something due are in it."""
WAITING = "1"
"""The partition of the waiting index: only rows that wait for a slot are in it."""
SLOTS = "slots"
"""The key of the fleet's counter: no runner has such an id."""
_PREFIX = "slots_"


def event_items(appends: Sequence[Append]) -> Iterator[Item]:
    """The items of all new events, in order."""
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
            yield item


def event_of(item: Item) -> Recorded:
    """The event that an item holds."""
    return codec.recorded(item["stream"]["S"], int(item["seq"]["N"]), item["body"]["S"])


def row_item(row: RunnerRow) -> Item:
    """A row as an item; what is unset is left out."""
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


def slots_item(slots: Slots) -> Item:
    """The fleet's counter, an item of the projection's table under a key of its own.

    Its attributes are prefixed: an attribute that is an index's key in rows has one type in all
    items of the table, or DynamoDB refuses the write. Source: Amazon DynamoDB Developer Guide,
    "Using Global Secondary Indexes", "Data synchronization between tables and GSIs".
    """
    values = msgspec.structs.asdict(slots)
    told = {f"{_PREFIX}{name}": _attribute(one) for name, one in values.items() if one is not None}
    return {"runner_id": {"S": SLOTS}, **told}


def slots_of(item: Item | None) -> Slots:
    """The counter that an item holds; without one nobody has counted yet."""
    told = {name: _value(value) for name, value in (item or {}).items() if name != "runner_id"}
    values = {name.removeprefix(_PREFIX): value for name, value in told.items()}
    return msgspec.convert(values, Slots)


def row_of(item: Item) -> RunnerRow:
    """The row that an item holds; attributes that are none of ours are passed over."""
    return msgspec.convert({name: _value(value) for name, value in item.items()}, RunnerRow)


def time_text(at: datetime) -> str:
    """A time as text of fixed width, so that indexes sort it rightly."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def check_size(items: Sequence[Item]) -> None:
    """Refuse what one transaction can't hold.

    Raises:
        AppendTooLarge: too many items, or one that is too large.
    """
    if len(items) > MAX_ITEMS:
        raise AppendTooLarge(
            f"{len(items)} items in one append; at most {MAX_ITEMS} fit into a transaction"
        )
    for item in items:
        size = sum(len(name.encode()) + _size(value) for name, value in item.items())
        if size > MAX_ITEM_BYTES:
            key = item.get("id") or item.get("runner_id") or {}
            raise AppendTooLarge(
                f"{key.get('S')}: {size} bytes; an item holds at most {MAX_ITEM_BYTES}"
            )


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
