"""Converts events, rows and checkpoints to DynamoDB items and back. Pure: no client is used.

It also checks the limits of a transaction. An event's body is one JSON string, because it is always
read as a whole, and boto3 parses a string 2.7 times faster than nested maps. A row is flat, so that
people can read it in the console.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from zlib import crc32

import msgspec

from shared.adapters.attributes import Item, attribute_of, converted, item_size
from shared.adapters.counter import COUNTER_KEYS
from shared.domain import codec
from shared.domain.events import Recorded
from shared.domain.projection import RunnerRow
from shared.domain.runner.status import LIVE
from shared.domain.unreadable import Unreadable
from shared.ports import Append, AppendTooLarge, Checkpoint

MAX_ITEMS = 100
"""Maximum number of items in a transaction. Source: Amazon DynamoDB Developer Guide,
"TransactWriteItems"."""
MAX_ITEM_BYTES = 400 * 1024
"""Maximum size of an item, including attribute names. Source: Amazon DynamoDB Developer Guide,
"Quotas"."""

LIVE_PARTITIONS = ("0", "1")
"""The partitions of the deadline index, which has the rows of runners that have not ended, and of
others with a deadline. A job costs about 13 writes of that index, and a partition takes 1,000 a
second. Source: Amazon DynamoDB Developer Guide, "Designing partition keys"."""
NEVER = "never"
"""The deadline of a row without one in that index, after all others."""
WAITING = "1"
"""The only partition of the arrival index. It contains the rows that wait for a slot."""
_INDEX_KEYS = ("live", "deadline", "waiting")
"""Keys of indexes that do not follow from a field of the row alone."""
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
        name: attribute_of(value)
        for name, value in msgspec.structs.asdict(row).items()
        if value is not None
    }
    if row.status in LIVE or row.deadline is not None:
        number = crc32(row.runner_id.encode()) % len(LIVE_PARTITIONS)
        item["live"] = {"S": LIVE_PARTITIONS[number]}
        item.setdefault("deadline", {"S": NEVER})
    if row.awaits is not None:
        item["waiting"] = {"S": WAITING}
    return item


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
    if item.get("deadline") == {"S": NEVER}:
        item = {name: value for name, value in item.items() if name != "deadline"}
    return converted(item["runner_id"]["S"], item, RunnerRow)


def check_place(item: Item, row: RunnerRow) -> None:
    """Check that a stored row has the keys of the indexes that it belongs to.

    Raises:
        Unreadable: names the first key that is not the row's.
    """
    right = row_item(row)
    for name in _INDEX_KEYS:
        if item.get(name) != right.get(name):
            found, wanted = (one.get(name, {}).get("S", "absent") for one in (item, right))
            raise Unreadable(row.runner_id, f"its index key {name} is {found}, not {wanted}")


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
        size = item_size(item)
        if size > MAX_ITEM_BYTES:
            key = item.get("id") or item.get("runner_id") or {}
            raise AppendTooLarge(
                f"{key.get('S')}: {size} bytes; an item holds at most {MAX_ITEM_BYTES}"
            )
