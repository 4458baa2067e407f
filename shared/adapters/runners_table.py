"""The runners table in DynamoDB: reads for people and the Janitor, repairs for `replay rebuild`.

`shared.adapters.dynamodb` writes the rows, in the same transaction as the events.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from shared.adapters import counter, items
from shared.adapters.attributes import Item, time_text
from shared.adapters.aws_errors import DYNAMODB, translated
from shared.adapters.batch_get import get_items
from shared.adapters.dynamodb import counter_items
from shared.adapters.waiting_jobs import jobs_of, waiting_jobs
from shared.domain.projection import RunnerRow
from shared.domain.slot.counter import Shard, Slots
from shared.domain.unreadable import Unreadable, refuse
from shared.ports import LiveRows, NotNow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BY_STATUS = "by_status"
"""Index: partition key `status`, sort key `status_at`."""
BY_DEADLINE = "by_deadline"
"""Sparse index: partition key `live`, sort key `deadline`. See `items.LIVE_PARTITIONS`."""


class DynamoRunnersTable:
    """`RunnersTable` on the projection's table and its three indexes.

    Args:
        on_unreadable: Called for each row that a listing leaves out because it can't be read.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        runners: str,
        on_unreadable: Callable[[Unreadable], None] = refuse,
    ) -> None:
        self._client = client
        self._runners = runners
        self._on_unreadable = on_unreadable

    def get(self, runner_id: str, expected: RunnerRow | None = None) -> RunnerRow | None:
        """See `RunnersTable.get`."""
        key = {"runner_id": {"S": runner_id}}
        with translated(DYNAMODB):
            found = self._client.get_item(TableName=self._runners, Key=key, ConsistentRead=True)
        if "Item" not in found:
            return None
        row = items.row_of(found["Item"])
        if row == expected:
            items.check_place(found["Item"], row)
        return row

    def stored_as(self, rows: Sequence[RunnerRow]) -> frozenset[str]:
        """See `RunnersTable.stored_as`."""
        wanted = {row.runner_id: items.row_item(row) for row in rows}
        stored, _ = get_items(self._client, self._runners, list(wanted))
        return frozenset(key for key, item in stored.items() if item == wanted[key])

    def find(self, runner_ids: Sequence[str]) -> dict[str, RunnerRow]:
        """See `RunnersTable.find`."""
        keys = list(dict.fromkeys(runner_ids))
        found, left = get_items(self._client, self._runners, keys)
        if left:
            raise NotNow(f"DynamoDB: {left} rows were not read; throttled")
        return {row.runner_id: row for row in self._readable(found.values())}

    def by_status(
        self,
        status: str,
        limit: int | None = None,
        *,
        oldest_first: bool = False,
        until: datetime | None = None,
    ) -> Iterator[RunnerRow]:
        """See `RunnersTable.by_status`."""
        condition, values = "#status = :status", {":status": {"S": status}}
        if until is not None:
            condition += " AND status_at <= :until"
            values[":until"] = {"S": time_text(until)}
        pages = self._client.get_paginator("query").paginate(
            TableName=self._runners,
            IndexName=BY_STATUS,
            KeyConditionExpression=condition,
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues=values,
            ScanIndexForward=oldest_first,
            PaginationConfig={} if limit is None else {"PageSize": limit},
        )
        return islice(self._rows(pages), limit)

    def live(self, now: datetime) -> LiveRows:
        """See `RunnersTable.live`."""
        with translated(DYNAMODB):
            found = [item for pages in self._live() for page in pages for item in page["Items"]]
        last = time_text(now)
        passed = sorted(
            (item["deadline"]["S"], item["runner_id"]["S"])
            for item in found
            if item["deadline"]["S"] <= last
        )
        due = jobs_of((key for _, key in passed), self._on_unreadable)
        return LiveRows(rows=tuple(self._readable(found)), due=tuple(dict.fromkeys(due)))

    def _live(self) -> Iterator[Iterable[Any]]:
        for partition in items.LIVE_PARTITIONS:
            yield self._client.get_paginator("query").paginate(
                TableName=self._runners,
                IndexName=BY_DEADLINE,
                KeyConditionExpression="live = :live",
                ExpressionAttributeValues={":live": {"S": partition}},
            )

    def waiting(self, limit: int) -> list[int]:
        """See `RunnersTable.waiting`."""
        return waiting_jobs(self._client, self._runners, limit, self._on_unreadable)

    def all(self) -> Iterator[RunnerRow]:
        """See `RunnersTable.all`."""
        return self._rows(self._scanned())

    def ids(self) -> Iterator[str]:
        """See `RunnersTable.ids`."""
        with translated(DYNAMODB):
            for page in self._scanned():
                yield from (item["runner_id"]["S"] for item in page["Items"] if _is_row(item))

    def _scanned(self) -> Iterable[Any]:
        scan = self._client.get_paginator("scan")
        return scan.paginate(TableName=self._runners, ConsistentRead=True)

    def _rows(self, pages: Iterable[Any]) -> Iterator[RunnerRow]:
        with translated(DYNAMODB):
            yield from self._readable(item for page in pages for item in page["Items"])

    def _readable(self, found: Iterable[Item]) -> Iterator[RunnerRow]:
        for item in filter(_is_row, found):
            try:
                row = items.row_of(item)
            except Unreadable as error:
                self._on_unreadable(error)
            else:
                yield row

    def overwrite(self, row: RunnerRow) -> None:
        """See `RunnersTable.overwrite`."""
        self._client.put_item(TableName=self._runners, Item=items.row_item(row))

    def overwrite_slots(self, slots: Slots, before: Slots) -> None:
        """See `RunnersTable.overwrite_slots`."""
        writes: Any = [
            {"Put": _shard_put(self._runners, number, shard, old.changes)}
            for number, (shard, old) in enumerate(zip(slots.shards, before.shards, strict=True))
        ]
        with translated(DYNAMODB):
            self._client.transact_write_items(TransactItems=writes)

    def counter(self) -> tuple[Slots, tuple[Unreadable, ...]]:
        """See `RunnersTable.counter`."""
        return counter.slots_and_damage(counter_items(self._client, self._runners))

    def overwrite_part(self, key: str, slots: Slots) -> None:
        """See `RunnersTable.overwrite_part`."""
        with translated(DYNAMODB):
            self._client.put_item(TableName=self._runners, Item=counter.part_item(key, slots))

    def delete(self, runner_id: str) -> None:
        """See `RunnersTable.delete`."""
        key = {"runner_id": {"S": runner_id}}
        self._client.delete_item(TableName=self._runners, Key=key)


def _is_row(item: Item) -> bool:
    return items.is_row_key(item["runner_id"]["S"])


def _shard_put(table: str, number: int, shard: Shard, changes: int) -> Any:
    """Return a put of the shard, on condition that the stored one has that number of changes."""
    item = counter.shard_item(number, replace(shard, changes=changes + 1))
    return items.if_unchanged(table, item, "slots_changes", changes)
