"""DynamoDB in memory, with the operations that the adapters call, in boto3's shapes.

A transaction is atomic, an index may be read as it was a moment ago, and every insert is told to
whoever follows the table's stream. Tables are small, so an index is the table, sorted anew.
"""

import re
from collections.abc import Iterable
from typing import Any

from tests.simulation.world.agenda import SECOND, Agenda
from tests.simulation.world.aws.errors import error
from tests.simulation.world.aws.expressions import ExpressionError, Given, Item, condition
from tests.simulation.world.aws.tables import PAGE, SCANNED, Order, Page, Table

MAX_ITEMS = 100
_TOKEN_SECONDS = 600
_REMEMBERED = 60 * SECOND
"""How far back an index can be read."""
_BEGINS = re.compile(r"([#\w]+) = (:\w+)( AND |$)")


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
        order = Order(tuple(dict.fromkeys((*keys, *table.keys))), ScanIndexForward, same=1)
        asked = (KeyConditionExpression, FilterExpression)
        return _answer(Page(order, Limit, ExclusiveStartKey), source, asked, given)

    def scan(
        self,
        *,
        TableName: str,
        ProjectionExpression: str | None = None,
        FilterExpression: str | None = None,
        ExpressionAttributeNames: dict[str, str] | None = None,
        ExpressionAttributeValues: Item | None = None,
        ConsistentRead: bool = False,
        Limit: int = SCANNED,
        ExclusiveStartKey: Item | None = None,
    ) -> dict[str, Any]:
        table = self._table(TableName, "Scan")
        given = Given(ExpressionAttributeNames, ExpressionAttributeValues)
        asked = (None, FilterExpression, ProjectionExpression)
        page = _answer(
            Page(Order(table.keys), Limit, ExclusiveStartKey), table.items(), asked, given
        )
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
        else:
            table.changed(item)

    def _table(self, name: str, operation: str) -> Table:
        if name not in self.tables:
            raise error("ResourceNotFoundException", f"no table {name}", operation)
        return self.tables[name]


def _names(schema: list[dict[str, str]]) -> tuple[str, ...]:
    return tuple(one["AttributeName"] for one in schema)


def _answer(
    page: Page, items: Iterable[Item], asked: tuple[str | None, ...], given: Given
) -> dict[str, Any]:
    """The page of what a key condition and a filter leave."""
    try:
        given.check(*asked)
        matching = [item for item in items if _holds(asked[0], item, given)]
        found, last = page.of(matching)
        kept = [dict(item) for item in found if _holds(asked[1], item, given)]
    except ExpressionError as wrong:
        raise error("ValidationException", str(wrong), "Query") from wrong
    return {"Items": kept, **({"LastEvaluatedKey": last} if last else {})}


def _holds(text: str | None, item: Item, given: Given) -> bool:
    return text is None or condition(text)(item, given)
