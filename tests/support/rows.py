"""The stored items of the runners table."""

from typing import Any

from shared.adapters.counter import SHARD_KEYS
from shared.adapters.items import is_row_key

ZERO = {"N": "0"}


def raw_rows(client: Any, table: str) -> dict[str, Any]:
    """Return all items by runner id, and of the counter only what follows from the log."""
    pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    items = {item["runner_id"]["S"]: item for page in pages for item in page["Items"]}
    items = {key: item for key, item in items.items() if is_row_key(key) or key in SHARD_KEYS}
    # A shard's number of changes does not follow from the log.
    for key in SHARD_KEYS:
        shard = items.pop(key, {})
        counted = {name: shard.get(name, ZERO) for name in ("slots_held", "slots_awaited")}
        if any(count != ZERO for count in counted.values()):  # a missing shard is zero
            items[key] = {"runner_id": {"S": key}, **counted}
    return items
