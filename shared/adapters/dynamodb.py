"""The event log in DynamoDB. An append and the rows that it changes are one transaction.

`docs/adr/0002-one-transaction.md` describes the tables' keys and indexes. Terraform creates them.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from shared.adapters import counter, items
from shared.adapters.attributes import Item
from shared.adapters.aws_errors import DYNAMODB, translated
from shared.domain.events import Recorded
from shared.domain.projection import RunnerRow
from shared.domain.slot.counter import Change, Slots
from shared.domain.slot.rate_limit import RateLimits
from shared.ports import Append, Conflict, NotNow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from shared.adapters.aws_json.dynamodb import JsonDynamoDB

    Client = DynamoDBClient | JsonDynamoDB


class DynamoEventLog:
    """`EventLog` on two tables: events (`stream`, `seq`) and the projection (`runner_id`)."""

    def __init__(self, client: "Client", events: str, runners: str) -> None:
        self._client = client
        self._events = events
        self._runners = runners

    def read(self, stream: str) -> list[Recorded]:
        """See `EventLog.read`."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._events,
            KeyConditionExpression="#stream = :stream",
            ExpressionAttributeNames={"#stream": "stream"},
            ExpressionAttributeValues={":stream": {"S": stream}},
            ConsistentRead=True,
        )
        with translated(DYNAMODB):
            return [items.event_of(item) for page in pages for item in page["Items"]]

    def slots(self) -> Slots:
        """See `EventLog.slots`."""
        return counter.slots_of(counter_items(self._client, self._runners))

    def replace_rate_limits(self, seen: RateLimits, new: RateLimits) -> RateLimits | None:
        """See `EventLog.replace_rate_limits`.

        DynamoDB returns the stored item with the failed condition. Source: Amazon DynamoDB API
        Reference, PutItem, `ReturnValuesOnConditionCheckFailure`.
        """
        item = counter.rate_limits_item(new)
        put = items.if_unchanged(self._runners, item, "limit_version", seen.version)
        try:
            with translated(DYNAMODB):
                self._client.put_item(**put, ReturnValuesOnConditionCheckFailure="ALL_OLD")
        except Conflict as conflict:
            stored = getattr(conflict.__cause__, "response", {}).get("Item")
            return counter.rate_limits_of(stored) if stored else self.slots().rate_limits
        return None

    def append(
        self, appends: Sequence[Append], rows: Sequence[RunnerRow], change: Change | None = None
    ) -> None:
        """See `EventLog.append`."""
        events = list(items.event_items(appends))
        row_items = [items.row_item(row) for row in rows]
        counter = list(_counter_writes(self._runners, change)) if change else []
        items.check_size([*events, *row_items], others=len(counter))
        writes: list[Any] = [{"Put": self._event_put(item)} for item in events]
        writes += [{"Put": self._row_put(item)} for item in row_items]
        writes += counter
        with translated(DYNAMODB):
            self._client.transact_write_items(TransactItems=writes)

    def streams(self) -> Iterator[str]:
        """See `EventLog.streams`."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._events,
            ProjectionExpression="#stream",
            FilterExpression="seq = :first",
            ExpressionAttributeNames={"#stream": "stream"},
            ExpressionAttributeValues={":first": {"N": "1"}},
            ConsistentRead=True,
        )
        with translated(DYNAMODB):
            for page in pages:
                yield from (item["stream"]["S"] for item in page["Items"])

    def _event_put(self, item: Item) -> dict[str, Any]:
        is_new = "attribute_not_exists(#stream)"
        return {
            "TableName": self._events,
            "Item": item,
            "ConditionExpression": is_new,
            "ExpressionAttributeNames": {"#stream": "stream"},
        }

    def _row_put(self, item: Item) -> dict[str, Any]:
        is_new = "attribute_not_exists(runner_id)"
        is_older = "version < :version"
        return {
            "TableName": self._runners,
            "Item": item,
            "ConditionExpression": f"{is_new} OR {is_older}",
            "ExpressionAttributeValues": {":version": item["version"]},
        }


def counter_items(client: "Client", table: str) -> dict[str, Item]:
    """Return the items of the counter and of the circuit breaker by key, read consistently.

    Raises:
        Unavailable: they can't all be read now.
    """
    keys = [{"runner_id": {"S": key}} for key in sorted(counter.COUNTER_KEYS)]
    request: Any = {table: {"Keys": keys, "ConsistentRead": True}}
    with translated(DYNAMODB):
        answer = client.batch_get_item(RequestItems=request)
    if answer.get("UnprocessedKeys"):
        raise NotNow("DynamoDB: the counter was not read as a whole; throttled")
    return {item["runner_id"]["S"]: item for item in answer["Responses"][table]}


def _counter_writes(table: str, change: Change) -> Iterator[Any]:
    """Yield the writes of a change: shards by `ADD`, the circuit breaker as a whole.

    Concurrent transactions conflict only if they add to the same shard at the same time.
    """
    for one in change.shards:
        yield {"Update": {"TableName": table, **counter.shard_update(one)}}
    if change.circuit is not None:
        seen, new = change.circuit.seen, change.circuit.new
        item = counter.circuit_item(new)
        yield {"Put": items.if_unchanged(table, item, "circuit_version", seen.version)}
