"""The runners table's items as DynamoDB holds them."""

from typing import Any


def raw_rows(client: Any, table: str) -> dict[str, Any]:
    """All items by runner id; of the counter of slots, what follows from the log."""
    pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    items = {item["runner_id"]["S"]: item for page in pages for item in page["Items"]}
    if counter := items.pop("slots", None):
        # How often it changed, and what failed last, does not follow from the log.
        names = ("runner_id", "slots_taken", "slots_waiting")
        items["slots"] = {name: counter[name] for name in names}
    return items
