"""The event log and the runners table in DynamoDB. One append is one transaction.

The tables' keys and indexes are described in `docs/adr/0002-one-transaction.md` and made by
Terraform.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from msgspec.structs import replace

from shared.adapters import items
from shared.domain.events import Recorded
from shared.domain.projection import RunnerRow
from shared.domain.slots import Change, Shard, Slots
from shared.ports import Append, Conflict, NotNow, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BY_STATUS = "by_status"
"""Index: partition key `status`, sort key `status_at`."""
BY_DEADLINE = "by_deadline"
"""Sparse index: partition key `live`, sort key `deadline`."""
BY_ARRIVAL = "by_arrival"
"""Sparse index: partition key `waiting`, sort key `queued_at`."""

_THROTTLED = (
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "InternalServerError",
)
_LOST = {"ConditionalCheckFailed", "TransactionConflict"}
_BUSY = {"ThrottlingError", "ProvisionedThroughputExceeded"}


class DynamoEventLog:
    """`EventLog` on two tables: events (`stream`, `seq`) and the projection (`runner_id`)."""

    def __init__(self, client: "DynamoDBClient", events: str, runners: str) -> None:
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
        with _translating():
            return [items.event_of(item) for page in pages for item in page["Items"]]

    def slots(self) -> Slots:
        """See `EventLog.slots`."""
        keys = [{"runner_id": {"S": key}} for key in sorted(items.COUNTER_KEYS)]
        asked: Any = {self._runners: {"Keys": keys, "ConsistentRead": True}}
        with _translating():
            answer = self._client.batch_get_item(RequestItems=asked)
        if answer.get("UnprocessedKeys"):
            raise NotNow("DynamoDB: the counter was not read as a whole; throttled")
        found = answer["Responses"][self._runners]
        return items.slots_of({item["runner_id"]["S"]: item for item in found})

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
        with _translating():
            self._client.transact_write_items(TransactItems=writes)

    def streams(self) -> Iterator[tuple[str, list[Recorded]]]:
        """See `EventLog.streams`."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._events,
            ProjectionExpression="#stream",
            FilterExpression="seq = :first",
            ExpressionAttributeNames={"#stream": "stream"},
            ExpressionAttributeValues={":first": {"N": "1"}},
            ConsistentRead=True,
        )
        for page in pages:
            for item in page["Items"]:
                stream = item["stream"]["S"]
                yield stream, self.read(stream)

    def _event_put(self, item: items.Item) -> dict[str, Any]:
        nobody_was_faster = "attribute_not_exists(#stream)"
        return {
            "TableName": self._events,
            "Item": item,
            "ConditionExpression": nobody_was_faster,
            "ExpressionAttributeNames": {"#stream": "stream"},
        }

    def _row_put(self, item: items.Item) -> dict[str, Any]:
        is_new = "attribute_not_exists(runner_id)"
        is_older = "version < :version"
        return {
            "TableName": self._runners,
            "Item": item,
            "ConditionExpression": f"{is_new} OR {is_older}",
            "ExpressionAttributeValues": {":version": item["version"]},
        }


class DynamoRunnersTable:
    """`RunnersTable` on the projection's table and its two indexes."""

    def __init__(self, client: "DynamoDBClient", runners: str) -> None:
        self._client = client
        self._runners = runners

    def get(self, runner_id: str) -> RunnerRow | None:
        """See `RunnersTable.get`."""
        key = {"runner_id": {"S": runner_id}}
        with _translating():
            found = self._client.get_item(TableName=self._runners, Key=key, ConsistentRead=True)
        return items.row_of(found["Item"]) if "Item" in found else None

    def by_status(
        self, status: str, limit: int | None = None, *, oldest_first: bool = False
    ) -> Iterator[RunnerRow]:
        """See `RunnersTable.by_status`."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._runners,
            IndexName=BY_STATUS,
            KeyConditionExpression="#status = :status",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":status": {"S": status}},
            ScanIndexForward=oldest_first,
            PaginationConfig={} if limit is None else {"MaxItems": limit, "PageSize": limit},
        )
        with _translating():
            for page in pages:
                yield from map(items.row_of, page["Items"])

    def due(self, now: datetime, limit: int) -> list[RunnerRow]:
        """See `RunnersTable.due`."""
        with _translating():
            found = self._client.query(
                TableName=self._runners,
                IndexName=BY_DEADLINE,
                KeyConditionExpression="live = :live AND deadline <= :now",
                ExpressionAttributeValues={
                    ":live": {"S": items.LIVE},
                    ":now": {"S": items.time_text(now)},
                },
                Limit=limit,
            )
        return [items.row_of(item) for item in found["Items"]]

    def waiting(self, limit: int) -> list[RunnerRow]:
        """See `RunnersTable.waiting`."""
        with _translating():
            found = self._client.query(
                TableName=self._runners,
                IndexName=BY_ARRIVAL,
                KeyConditionExpression="waiting = :waiting",
                ExpressionAttributeValues={":waiting": {"S": items.WAITING}},
                Limit=limit,
            )
        return [items.row_of(item) for item in found["Items"]]

    def all(self) -> Iterator[RunnerRow]:
        """See `RunnersTable.all`."""
        scan = self._client.get_paginator("scan")
        with _translating():
            for page in scan.paginate(TableName=self._runners, ConsistentRead=True):
                yield from (items.row_of(item) for item in page["Items"] if _is_row(item))

    def overwrite(self, row: RunnerRow) -> None:
        """See `RunnersTable.overwrite`."""
        self._client.put_item(TableName=self._runners, Item=items.row_item(row))

    def overwrite_slots(self, slots: Slots, before: Slots) -> None:
        """See `RunnersTable.overwrite_slots`."""
        writes: Any = [
            {"Put": _shard_put(self._runners, number, shard, old.changes)}
            for number, (shard, old) in enumerate(zip(slots.shards, before.shards, strict=True))
        ]
        with _translating():
            self._client.transact_write_items(TransactItems=writes)

    def delete(self, runner_id: str) -> None:
        """See `RunnersTable.delete`."""
        key = {"runner_id": {"S": runner_id}}
        self._client.delete_item(TableName=self._runners, Key=key)


def _is_row(item: items.Item) -> bool:
    return item["runner_id"]["S"] not in items.COUNTER_KEYS


def _counter_writes(table: str, change: Change) -> Iterator[Any]:
    """Add to shards by arithmetic, so that only collisions conflict; replace the breaker."""
    for one in change.shards:
        yield {"Update": {"TableName": table, **items.shard_update(one)}}
    if change.circuit is not None:
        seen, new = change.circuit.seen, change.circuit.new
        item = items.circuit_item(new)
        yield {"Put": _if_unchanged(table, item, "circuit_version", seen.version)}


def _shard_put(table: str, number: int, shard: Shard, changes: int) -> Any:
    """Put a shard in place of the one that had so many changes."""
    item = items.shard_item(number, replace(shard, changes=changes + 1))
    return _if_unchanged(table, item, "slots_changes", changes)


def _if_unchanged(table: str, item: items.Item, attribute: str, before: int) -> Any:
    """Put the item on condition that the stored one has that number, 0 if there is none."""
    is_same = f"{attribute} = :before"
    is_first = "attribute_not_exists(runner_id)"
    return {
        "TableName": table,
        "Item": item,
        "ConditionExpression": is_same if before else f"{is_same} OR {is_first}",
        "ExpressionAttributeValues": {":before": {"N": str(before)}},
    }


@contextmanager
def _translating() -> Iterator[None]:
    """Translate botocore errors to port errors."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise _translated(error) from error


def _translated(error: BotoCoreError | ClientError) -> Exception:
    """The port's own error for what DynamoDB said; what it has no word for stays as it is."""
    if isinstance(error, BotoCoreError):
        return Unavailable(f"DynamoDB: {error}")
    code = error.response["Error"]["Code"]
    reasons = {one.get("Code") for one in error.response.get("CancellationReasons", [])}
    lost_a_race = code == "TransactionCanceledException" and reasons & _LOST
    if lost_a_race or code in ("TransactionConflictException", "TransactionInProgressException"):
        return Conflict(f"{code}: {', '.join(sorted(filter(None, reasons)))}")
    if code in _THROTTLED or reasons & _BUSY:
        return Unavailable(f"DynamoDB: {code}")
    return error
