"""Reads many items by their keys: BatchGetItem, which may process some of the keys only."""

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from shared.adapters.attributes import Item
from shared.adapters.aws_errors import DYNAMODB, translated

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BATCH = 100
"""Maximum number of keys in a request. Source: Amazon DynamoDB API Reference, BatchGetItem."""


def get_items(
    client: "DynamoDBClient", table: str, keys: Sequence[str]
) -> tuple[dict[str, Item], int]:
    """Return the items of the runners table with these keys, and the number of keys not processed.

    Unprocessed keys are requested again, as long as DynamoDB processes any.
    """
    found: dict[str, Item] = {}
    rest, unread = iter(keys), 0
    while batch := list(islice(rest, BATCH)):
        left: Any = [{"runner_id": {"S": key}} for key in batch]
        before = len(left) + 1
        while 0 < len(left) < before:
            before = len(left)
            request: Any = {table: {"Keys": left, "ConsistentRead": True}}
            with translated(DYNAMODB):
                answer: Any = client.batch_get_item(RequestItems=request)
            found |= {item["runner_id"]["S"]: item for item in answer["Responses"].get(table, [])}
            left = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
        unread += len(left)
    return found, unread
