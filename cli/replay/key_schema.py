"""Compares the keys of two DynamoDB tables by their descriptions. Pure.

Source: Amazon DynamoDB API Reference, TableDescription.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Keys = dict[str, str]
"""The keys of a table and of each of its indexes in words, such as `runner_id (HASH, S)`."""


def differences(live: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what differs between the tables' keys, and those of their indexes, in words."""
    return tuple(_differences(_keys(live), _keys(other)))


def _differences(live: Keys, other: Keys) -> Iterator[str]:
    for what, wanted in live.items():
        found = other.get(what)
        if found is None:
            yield f"the {what} is missing; it has {wanted}"
        elif found != wanted:
            yield f"the {what} has {found}, not {wanted}"


def _keys(table: Mapping[str, Any]) -> Keys:
    types = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}

    def words(schema: list[Mapping[str, str]]) -> str:
        return ", ".join(
            f"{one['AttributeName']} ({one['KeyType']}, {types[one['AttributeName']]})"
            for one in schema
        )

    indexes = table.get("GlobalSecondaryIndexes", [])
    return {"primary key": words(table["KeySchema"])} | {
        f"index {one['IndexName']}": words(one["KeySchema"]) for one in indexes
    }
