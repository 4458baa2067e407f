"""Simulates DynamoDB in memory, with the operations of the adapters in boto3's format.

Transactions are atomic, reads of an index can be stale, and every insert is passed to the followers
of the table's stream.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from local.aws.validation.learned import table_keys
from local.aws.validation.rules.dynamodb_keys import index_key_problems
from local.aws.validation.rules.rule import TableKeys
from tests.simulated.agenda import SECOND, Agenda
from tests.simulated.aws.errors import error
from tests.simulated.aws.expressions import ExpressionError, Given, Item
from tests.simulated.aws.judged import judged
from tests.simulated.aws.querying import answer, kept, partition
from tests.simulated.aws.tables import PAGE, SCANNED, Table
from tests.simulated.aws.writing import Write

MAX_ITEMS = 100
_CANCELLED = "Transaction cancelled, please refer cancellation reasons for specific reasons"
BATCH = 40
"""Items that one BatchGetItem returns; the keys of all others are unprocessed."""
_BATCH_FIELDS = {"Keys", "ConsistentRead"}
_TOKEN_SECONDS = 600
_REMEMBERED = 60 * SECOND
"""Maximum staleness of an index read."""


@judged("dynamodb")
class DynamoDB:
    """The client.

    Attributes:
        on_write: Called with each write that passes its condition, before it takes effect.
    """

    def __init__(self, agenda: Agenda) -> None:
        self.tables: dict[str, Table] = {}
        self.known = self
        self._keys: dict[str, TableKeys] = {}
        self._agenda = agenda
        self._tokens: dict[str, tuple[float, list[dict[str, Any]]]] = {}
        self._lag = 0.0
        self.on_write: Callable[[Write], None] = lambda _write: None

    def create_table(self, **asked: Any) -> None:
        """Create a table of `local.description` or of the tests."""
        indexes = {
            one["IndexName"]: _names(one["KeySchema"])
            for one in asked.get("GlobalSecondaryIndexes", [])
        }
        self.tables[asked["TableName"]] = Table(_names(asked["KeySchema"]), indexes)
        self._keys[asked["TableName"]] = table_keys(asked)

    def table(self, name: str) -> TableKeys | None:
        """See `Known.table` of `local.aws.validation.rules.rule`."""
        return self._keys.get(name)

    def stale(self, seconds: float, operation: str, **asked: Any) -> Any:
        """Run an operation that reads indexes in their state that many seconds ago."""
        self._lag = seconds
        try:
            return getattr(self, operation)(**asked)
        finally:
            self._lag = 0.0

    # --- reading --------------------------------------------------------------------------------

    def get_item(
        self, *, TableName: str, Key: Item, ConsistentRead: bool = False
    ) -> dict[str, Any]:
        found = self._get("GetItem", TableName, Key, consistent=ConsistentRead)
        return {"Item": dict(found)} if found is not None else {}

    def batch_get_item(self, *, RequestItems: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """Return few items, in no order, so that callers must handle unprocessed keys.

        Source: Amazon DynamoDB API Reference, BatchGetItem.
        """
        operation = "BatchGetItem"
        asked = [(name, key) for name, one in RequestItems.items() for key in one["Keys"]]
        consistent = {name: one.get("ConsistentRead", False) for name, one in RequestItems.items()}
        unknown = {field for one in RequestItems.values() for field in one} - _BATCH_FIELDS
        if unknown:
            raise NotImplementedError(f"{operation}: {', '.join(sorted(unknown))}")
        if not 1 <= len(asked) <= MAX_ITEMS:
            message = "Too many items requested for the BatchGetItem call"
            raise error("ValidationException", message, operation)
        if any(one in asked[:number] for number, one in enumerate(asked)):
            message = "Provided list of item keys contains duplicates"
            raise error("ValidationException", message, operation)
        answer: dict[str, list[Item]] = {name: [] for name in RequestItems}
        for name, key in reversed(asked[:BATCH]):
            found = self._get(operation, name, key, consistent=consistent[name])
            if found is not None:
                answer[name].append(dict(found))
        left: dict[str, Any] = {}
        for name, key in asked[BATCH:]:
            left.setdefault(name, RequestItems[name] | {"Keys": []})["Keys"].append(key)
        return {"Responses": answer, "UnprocessedKeys": left}

    def _get(self, operation: str, name: str, key: Item, *, consistent: bool) -> Item | None:
        if not consistent:
            raise NotImplementedError("reads by key are asked for as consistent ones only")
        table = self._table(name, operation)
        with _checked(operation):
            return table.get(table.only_key(key))

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
        index = table.index(IndexName, self._agenda.micros - round(self._lag * SECOND))
        with _checked("Query"):
            given.check(KeyConditionExpression, FilterExpression)
            found, last = index.page(
                partition(index.own[0], KeyConditionExpression, given),
                kept(KeyConditionExpression, given),
                forward=ScanIndexForward,
                limit=Limit,
                start=ExclusiveStartKey,
            )
            return answer(found, last, FilterExpression, given)

    def scan(
        self,
        *,
        TableName: str,
        ProjectionExpression: str | None = None,
        FilterExpression: str | None = None,
        ExpressionAttributeNames: dict[str, str] | None = None,
        ExpressionAttributeValues: Item | None = None,
        ConsistentRead: bool = False,
        Segment: int = 0,
        TotalSegments: int = 1,
        Limit: int = SCANNED,
        ExclusiveStartKey: Item | None = None,
    ) -> dict[str, Any]:
        table = self._table(TableName, "Scan")
        given = Given(ExpressionAttributeNames, ExpressionAttributeValues)
        if not 0 <= Segment < TotalSegments:
            message = "Segment is zero-based and must be less than TotalSegments"
            raise error("ValidationException", message, "Scan")
        with _checked("Scan"):
            given.check(FilterExpression, ProjectionExpression)
            found, last = table.page(Limit, ExclusiveStartKey, Segment, TotalSegments)
            page = answer(found, last, FilterExpression, given)
        if ProjectionExpression:
            names = {given.name(one.strip()) for one in ProjectionExpression.split(",")}
            page["Items"] = [
                {name: value for name, value in item.items() if name in names}
                for item in page["Items"]
            ]
        return page

    # --- writing --------------------------------------------------------------------------------

    def put_item(self, **asked: Any) -> dict[str, Any]:
        self._write_one("PutItem", self._write("PutItem", "Put", asked))
        return {}

    def delete_item(self, **asked: Any) -> dict[str, Any]:
        self._write_one("DeleteItem", self._write("DeleteItem", "Delete", asked))
        return {}

    def update_item(self, *, ReturnValues: str = "NONE", **asked: Any) -> dict[str, Any]:
        write = self._write("UpdateItem", "Update", asked)
        before = write.before() or {}
        self._write_one("UpdateItem", write)
        states = {"OLD": before, "NEW": write.before() or {}}
        if ReturnValues == "NONE":
            return {}
        which, _, state = ReturnValues.partition("_")
        if which not in ("ALL", "UPDATED") or state not in states:
            raise error("ValidationException", f"ReturnValues {ReturnValues}", "UpdateItem")
        shown = states[state]
        names = shown.keys() if which == "ALL" else write.changed()
        return {"Attributes": {name: shown[name] for name in names if name in shown}}

    def transact_write_items(
        self, *, TransactItems: list[dict[str, Any]], ClientRequestToken: str | None = None
    ) -> dict[str, Any]:
        """Apply all writes or none, once per token."""
        operation = "TransactWriteItems"
        now = self._agenda.seconds
        at, first = self._tokens.get(ClientRequestToken or "", (-1e9, TransactItems))
        if at > now - _TOKEN_SECONDS:
            if first != TransactItems:
                message = "The token was used with other parameters"
                raise error("IdempotentParameterMismatchException", message, operation)
            return {}
        if not 1 <= len(TransactItems) <= MAX_ITEMS:
            raise error("ValidationException", f"{len(TransactItems)} items", operation)
        if any(len(one) != 1 for one in TransactItems):
            raise error("ValidationException", "one action in each item", operation)
        actions = [next(iter(one.items())) for one in TransactItems]
        writes = [self._write(operation, kind, asked) for kind, asked in actions]
        if len({one.place for one in writes}) < len(writes):
            message = "Transaction request cannot include multiple operations on one item"
            raise error("ValidationException", message, operation)
        reasons = [one.reason() for one in writes]
        codes = [one["Code"] for one in reasons]
        if set(codes) != {"None"}:
            message = f"{_CANCELLED} [{', '.join(codes)}]"
            raise error(
                "TransactionCanceledException", message, operation, CancellationReasons=reasons
            )
        for write in writes:
            self._check_index_keys(write, operation)
        for write in writes:
            self._apply(write)
        if ClientRequestToken:
            self._tokens[ClientRequestToken] = (now, TransactItems)
        return {}

    def _write(self, operation: str, kind: str, asked: dict[str, Any]) -> Write:
        with _checked(operation):
            return Write(kind, self._table(asked["TableName"], operation), asked)

    def _write_one(self, operation: str, write: Write) -> None:
        if not write.passes():
            code, message = "ConditionalCheckFailedException", "The conditional request failed"
            raise error(code, message, operation, **write.shown())
        with _checked(operation):
            self._check_index_keys(write, operation)
            self._apply(write)

    def _check_index_keys(self, write: Write, operation: str) -> None:
        name, after = write.name, write.after()
        for problem in index_key_problems(name, after or {}, self._keys[name]):
            raise error("ValidationException", problem, operation)

    def _apply(self, write: Write) -> None:
        self.on_write(write)
        table, before, after = write.table, write.before(), write.after()
        if write.kind == "ConditionCheck":
            return
        table.put(after, write.key, self._agenda.micros)
        table.forget(self._agenda.micros - _REMEMBERED)
        if after is not None:
            (table.follow if before is None else table.changed)(after)

    def _table(self, name: str, operation: str) -> Table:
        if name not in self.tables:
            raise error("ResourceNotFoundException", f"no table {name}", operation)
        return self.tables[name]


def _names(schema: list[dict[str, str]]) -> tuple[str, ...]:
    return tuple(one["AttributeName"] for one in schema)


@contextmanager
def _checked(operation: str) -> Iterator[None]:
    """Translate errors of the expression evaluator to ValidationException."""
    try:
        yield
    except ExpressionError as wrong:
        raise error("ValidationException", str(wrong), operation) from wrong
