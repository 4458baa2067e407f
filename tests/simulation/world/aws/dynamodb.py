"""DynamoDB in memory, with the operations that the adapters call, in boto3's shapes.

A transaction is atomic, an index may be read as it was a moment ago, and every insert is told to
whoever follows the table's stream. Tables are small, so an index is the table, sorted anew.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.simulation.world.agenda import SECOND, Agenda
from tests.simulation.world.aws.errors import error
from tests.simulation.world.aws.expressions import ExpressionError, Given, Item, condition, plain

PAGE = 40
"""Items in a page: few, so that reading a long stream takes several."""
MAX_ITEMS = 100
_TOKEN_SECONDS = 600
_REMEMBERED = 60 * SECOND
"""How far back an index can be read."""
_BEGINS = re.compile(r"([#\w]+) = (:\w+)( AND |$)")

Key = tuple[Any, ...]


class Table:
    """One table and its indexes: names of keys, and the items by key."""

    def __init__(self, keys: tuple[str, ...], indexes: dict[str, tuple[str, ...]]) -> None:
        self.keys = keys
        self.indexes = indexes
        self.partitions: dict[Any, dict[Key, Item]] = {}
        self.changes: list[tuple[int, Key, Item | None]] = []
        self.follow: Callable[[Item], None] = lambda _item: None

    def key(self, item: Item) -> Key:
        """An item's primary key, which it must have."""
        missing = [name for name in self.keys if name not in item]
        if missing:
            raise ExpressionError(f"missing the key {missing[0]} in the item")
        return tuple(plain(item[name]) for name in self.keys)

    def get(self, key: Key) -> Item | None:
        """The item of that key."""
        return self.partitions.get(key[0], {}).get(key)

    def put(self, item: Item | None, key: Key, micros: int) -> None:
        """Store the item in its place, or nothing."""
        self.changes.append((micros, key, self.get(key)))
        partition = self.partitions.setdefault(key[0], {})
        if item is None:
            partition.pop(key, None)
        else:
            partition[key] = dict(item)

    def items(self) -> Iterator[Item]:
        """Every item."""
        for partition in self.partitions.values():
            yield from partition.values()

    def as_of(self, micros: int) -> list[Item]:
        """Every item as it was at that time."""
        then: dict[Key, Item | None] = {}
        for changed, key, before in reversed(self.changes):
            if changed <= micros:
                break
            then[key] = before
        now = ((self.key(item), item) for item in self.items())
        seen = {key: item for key, item in now if key not in then}
        return [item for item in (seen | then).values() if item is not None]

    def forget(self, before: int) -> None:
        """Drop what nobody reads any more."""
        if len(self.changes) > 1000 and self.changes[500][0] < before:
            self.changes = [one for one in self.changes if one[0] >= before]


class DynamoDB:
    """The client."""

    def __init__(self, agenda: Agenda) -> None:
        self.tables: dict[str, Table] = {}
        self._agenda = agenda
        self._tokens: dict[str, float] = {}
        self._lag = 0.0

    def create_table(self, **asked: Any) -> None:
        """As `local.description` and the tests' tables ask for it."""
        indexes = {
            one["IndexName"]: _names(one["KeySchema"])
            for one in asked.get("GlobalSecondaryIndexes", [])
        }
        self.tables[asked["TableName"]] = Table(_names(asked["KeySchema"]), indexes)

    def stale(self, seconds: float, operation: str, **asked: Any) -> Any:
        """An operation that reads indexes as they were a moment ago."""
        self._lag = seconds
        try:
            return getattr(self, operation)(**asked)
        finally:
            self._lag = 0.0

    # --- reading --------------------------------------------------------------------------------

    def get_item(
        self, *, TableName: str, Key: Item, ConsistentRead: bool = False
    ) -> dict[str, Any]:
        table = self._table(TableName, "GetItem")
        if Key.keys() != set(table.keys):
            raise error("ValidationException", "the key does not match the schema", "GetItem")
        if not ConsistentRead:
            raise NotImplementedError("reads by key are asked for as consistent ones only")
        found = table.get(table.key(Key))
        return {"Item": dict(found)} if found is not None else {}

    def query(
        self,
        *,
        TableName: str,
        KeyConditionExpression: str,
        IndexName: str | None = None,
        FilterExpression: str | None = None,
        ExpressionAttributeNames: dict[str, str] | None = None,
        ExpressionAttributeValues: Item | None = None,
        ConsistentRead: bool = False,
        ScanIndexForward: bool = True,
        Limit: int = PAGE,
        ExclusiveStartKey: Item | None = None,
    ) -> dict[str, Any]:
        table = self._table(TableName, "Query")
        if IndexName and (ConsistentRead or IndexName not in table.indexes):
            raise error("ValidationException", f"{IndexName}: no such read", "Query")
        given = Given(ExpressionAttributeNames, ExpressionAttributeValues)
        keys = table.indexes[IndexName] if IndexName else table.keys
        source: Any
        if IndexName:
            source = table.as_of(self._agenda.micros - round(self._lag * SECOND))
            source = [item for item in source if all(name in item for name in keys)]
        else:
            source = self._partition(table, KeyConditionExpression, given)
        return self._page(
            table,
            _sorted(source, (*keys, *table.keys), forward=ScanIndexForward),
            (KeyConditionExpression, FilterExpression),
            given,
            Limit,
            ExclusiveStartKey,
        )

    def scan(
        self,
        *,
        TableName: str,
        ProjectionExpression: str | None = None,
        FilterExpression: str | None = None,
        ExpressionAttributeNames: dict[str, str] | None = None,
        ExpressionAttributeValues: Item | None = None,
        ConsistentRead: bool = False,
        Limit: int = PAGE,
        ExclusiveStartKey: Item | None = None,
    ) -> dict[str, Any]:
        table = self._table(TableName, "Scan")
        given = Given(ExpressionAttributeNames, ExpressionAttributeValues)
        asked = (None, FilterExpression, ProjectionExpression)
        items = _sorted(table.items(), table.keys)
        page = self._page(table, items, asked, given, Limit, ExclusiveStartKey)
        if ProjectionExpression:
            names = {given.name(one.strip()) for one in ProjectionExpression.split(",")}
            page["Items"] = [
                {name: value for name, value in item.items() if name in names}
                for item in page["Items"]
            ]
        return page

    def _partition(self, table: Table, expression: str, given: Given) -> list[Item]:
        """The items of the one partition that a key condition begins with."""
        begins = _BEGINS.match(expression)
        if begins is None or given.name(begins[1]) != table.keys[0]:
            message = f"no partition in the key condition {expression!r}"
            raise error("ValidationException", message, "Query")
        return list(table.partitions.get(given.value(begins[2]), {}).values())

    def _page(
        self,
        table: Table,
        items: list[Item],
        asked: tuple[str | None, ...],
        given: Given,
        limit: int,
        start: Item | None,
    ) -> dict[str, Any]:
        try:
            given.check(*asked)
            matching = [item for item in items if _holds(asked[0], item, given)]
            if start is not None:
                keys = [table.key(item) for item in matching]
                matching = matching[keys.index(table.key(start)) + 1 :]
            page = matching[:limit]
            kept = [dict(item) for item in page if _holds(asked[1], item, given)]
        except ExpressionError as wrong:
            raise error("ValidationException", str(wrong), "Query") from wrong
        more = len(matching) > limit
        last = {name: page[-1][name] for name in table.keys} if more else None
        return {"Items": kept, **({"LastEvaluatedKey": last} if last else {})}

    # --- writing --------------------------------------------------------------------------------

    def put_item(
        self,
        *,
        TableName: str,
        Item: Item,
        ConditionExpression: str | None = None,
        ExpressionAttributeNames: dict[str, str] | None = None,
        ExpressionAttributeValues: Item | None = None,
    ) -> dict[str, Any]:
        write = {"TableName": TableName, "Item": Item}
        more = {
            "ConditionExpression": ConditionExpression,
            "ExpressionAttributeNames": ExpressionAttributeNames,
            "ExpressionAttributeValues": ExpressionAttributeValues,
        }
        write |= {name: value for name, value in more.items() if value is not None}
        if not self._may("PutItem", **write):
            message = "The conditional request failed"
            raise error("ConditionalCheckFailedException", message, "PutItem")
        self._put(TableName, Item)
        return {}

    def delete_item(self, *, TableName: str, Key: Item) -> dict[str, Any]:
        table = self._table(TableName, "DeleteItem")
        table.put(None, table.key(Key), self._agenda.micros)
        return {}

    def transact_write_items(
        self, *, TransactItems: list[dict[str, Any]], ClientRequestToken: str | None = None
    ) -> dict[str, Any]:
        """All puts or none, once per token."""
        operation = "TransactWriteItems"
        now = self._agenda.seconds
        if ClientRequestToken and self._tokens.get(ClientRequestToken, -1e9) > now - _TOKEN_SECONDS:
            return {}
        if not 1 <= len(TransactItems) <= MAX_ITEMS:
            raise error("ValidationException", f"{len(TransactItems)} items", operation)
        unknown = {kind for one in TransactItems for kind in one} - {"Put"}
        if unknown:
            raise NotImplementedError(f"in a transaction: {', '.join(sorted(unknown))}")
        puts = [one["Put"] for one in TransactItems]
        keys = [(put["TableName"], self.tables[put["TableName"]].key(put["Item"])) for put in puts]
        if len(set(keys)) < len(keys):
            raise error("ValidationException", "two writes to one item", operation)
        passed = [self._may(operation, **put) for put in puts]
        if not all(passed):
            reasons = [{"Code": "None" if one else "ConditionalCheckFailed"} for one in passed]
            message = "Transaction cancelled, please refer cancellation reasons"
            raise error(
                "TransactionCanceledException", message, operation, CancellationReasons=reasons
            )
        for put in puts:
            self._put(put["TableName"], put["Item"])
        if ClientRequestToken:
            self._tokens[ClientRequestToken] = now
        return {}

    def _may(
        self,
        operation: str,
        *,
        TableName: str,
        Item: Item,
        ConditionExpression: str | None = None,
        ExpressionAttributeNames: dict[str, str] | None = None,
        ExpressionAttributeValues: Item | None = None,
    ) -> bool:
        """Whether a put's condition holds."""
        table = self._table(TableName, operation)
        given = Given(ExpressionAttributeNames, ExpressionAttributeValues)
        try:
            given.check(ConditionExpression)
            before = table.get(table.key(Item)) or {}
            return ConditionExpression is None or condition(ConditionExpression)(before, given)
        except ExpressionError as wrong:
            raise error("ValidationException", str(wrong), operation) from wrong

    def _put(self, name: str, item: Item) -> None:
        table = self.tables[name]
        key = table.key(item)
        new = table.get(key) is None
        table.put(item, key, self._agenda.micros)
        table.forget(self._agenda.micros - _REMEMBERED)
        if new:
            table.follow(item)

    def _table(self, name: str, operation: str) -> Table:
        if name not in self.tables:
            raise error("ResourceNotFoundException", f"no table {name}", operation)
        return self.tables[name]


def _names(schema: list[dict[str, str]]) -> tuple[str, ...]:
    return tuple(one["AttributeName"] for one in schema)


def _sorted(items: Any, keys: tuple[str, ...], *, forward: bool = True) -> list[Item]:
    order = dict.fromkeys(keys)
    return sorted(
        items, key=lambda item: [plain(item[name]) for name in order], reverse=not forward
    )


def _holds(text: str | None, item: Item, given: Given) -> bool:
    return text is None or condition(text)(item, given)
