"""Converts values to DynamoDB's attributes and back. Pure: no client is used."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from shared.domain.unreadable import Unreadable

Item = dict[str, Any]
T = TypeVar("T", bound=Struct)


def time_text(at: datetime) -> str:
    """Return the time in UTC as text of fixed width, which indexes sort by time.

    `strftime` is not used: it does not pad years below 1000, and such a text can't be parsed.
    """
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def item_of(key: str, prefix: str, value: Struct) -> Item:
    """Return the item with that key and the value's fields, each after the prefix, without None."""
    fields = {name: one for name, one in msgspec.structs.asdict(value).items() if one is not None}
    attributes = {f"{prefix}{name}": attribute_of(one) for name, one in fields.items()}
    return {"runner_id": {"S": key}, **attributes}


def struct_of(key: str, item: Item | None, prefix: str, kind: type[T]) -> T:
    """Return the value in an item of `item_of`, or one without fields if there is no item.

    Raises:
        Unreadable: names the key.
    """
    known = {name.removeprefix(prefix): one for name, one in (item or {}).items()}
    return converted(key, known, kind)


def converted(key: str, item: Item, kind: type[T]) -> T:
    """Return the value whose fields are the item's attributes. Unknown attributes are ignored.

    Raises:
        Unreadable: names the key.
    """
    try:
        return msgspec.convert({name: value_of(one) for name, one in item.items()}, kind)
    except (ValueError, RecursionError) as error:
        raise Unreadable(key, str(error)) from error


def attribute_of(value: object) -> dict[str, Any]:
    """Return the value as an attribute."""
    match value:
        case datetime():
            return {"S": time_text(value)}
        case int():
            return {"N": str(value)}
        case tuple():
            return {"L": [{"S": text} for text in value]}
        case _:
            return {"S": str(value)}


def value_of(attribute: Mapping[str, Any]) -> object:
    """Return the value of an attribute: a text, a number or a list of them."""
    ((kind, value),) = attribute.items()
    if kind == "N":
        return int(value) if value.lstrip("-").isdigit() else float(value)
    return [value_of(one) for one in value] if kind == "L" else value


def size_of(attribute: Mapping[str, Any]) -> int:
    """Return the size of an attribute's value in bytes, as DynamoDB counts it."""
    ((kind, value),) = attribute.items()
    if kind == "L":
        return 3 + sum(1 + size_of(one) for one in value)
    return len(value.encode())


def item_size(item: Mapping[str, Mapping[str, Any]]) -> int:
    """Return the size of an item in bytes, as DynamoDB counts it.

    Source: Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats".
    """
    return sum(len(name.encode()) + size_of(value) for name, value in item.items())
