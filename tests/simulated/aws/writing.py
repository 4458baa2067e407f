"""One write to one item: a put, an update, a delete, or a condition check.

The constructor validates the request. The methods evaluate the condition and compute the new item,
but do not store it. Source: Amazon DynamoDB API Reference, PutItem, UpdateItem, DeleteItem and
TransactWriteItems.
"""

from typing import Any

from tests.simulated.aws.expressions import ExpressionError, Given, Item, condition
from tests.simulated.aws.tables import Key, Table
from tests.simulated.aws.updates import Update, update

_FIELDS = {
    "Put": {"Item"},
    "Update": {"Key", "UpdateExpression"},
    "Delete": {"Key"},
    "ConditionCheck": {"Key", "ConditionExpression"},
}
"""The actions and their required parameters, except the table's name."""
_OPTIONAL = {
    "TableName",
    "ConditionExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "ReturnValuesOnConditionCheckFailure",
}
FAILED = "ConditionalCheckFailed"
_NO_REASON = {"Code": "None"}


class Write:
    """An action on the item with `key`.

    Raises:
        ExpressionError: The request is invalid, regardless of the item.
    """

    def __init__(self, kind: str, table: Table, asked: dict[str, Any]) -> None:
        if kind not in _FIELDS:
            raise ExpressionError(f"{kind} is no action of a transaction")
        missing = _FIELDS[kind] - asked.keys()
        unknown = asked.keys() - _FIELDS[kind] - _OPTIONAL
        if missing or unknown:
            raise ExpressionError(f"{kind}: missing {sorted(missing)}, unknown {sorted(unknown)}")
        self.kind = kind
        self.table = table
        self.name = str(asked["TableName"])
        self.key = table.key(asked["Item"]) if kind == "Put" else table.only_key(asked["Key"])
        self._asked = asked
        self._given = Given(
            asked.get("ExpressionAttributeNames"), asked.get("ExpressionAttributeValues")
        )
        self._condition: str | None = asked.get("ConditionExpression")
        self._given.check(self._condition, asked.get("UpdateExpression"))
        if self._condition is not None:
            condition(self._condition)
        self._update = self._parsed(asked["UpdateExpression"]) if kind == "Update" else None

    @property
    def place(self) -> tuple[str, Key]:
        """Return table and key. A transaction can write each item only once."""
        return self.name, self.key

    def before(self) -> Item | None:
        """Return the current item."""
        return self.table.get(self.key)

    def passes(self) -> bool:
        """Return whether the condition is true now."""
        text = self._condition
        return text is None or condition(text)(self.before() or {}, self._given)

    def after(self) -> Item | None:
        """Return the item after the write.

        Raises:
            ExpressionError: An operand of the update is missing or has the wrong type.
        """
        if self.kind == "Put":
            item: Item = self._asked["Item"]
            return item
        if self._update is not None:
            return self._update.apply(self.before() or self._asked["Key"], self._given)
        return None if self.kind == "Delete" else self.before()

    def reason(self) -> dict[str, Any]:
        """Return the cancellation reason of this write; its code is `None` if it succeeds."""
        if not self.passes():
            return {"Code": FAILED, "Message": "The conditional request failed", **self.shown()}
        try:
            self.after()
        except ExpressionError as wrong:
            return {"Code": "ValidationError", "Message": str(wrong)}
        return _NO_REASON

    def shown(self) -> dict[str, Any]:
        """Return the item of a failed condition, if the request asks for it."""
        wanted = self._asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        before = self.before()
        return {"Item": dict(before)} if wanted and before is not None else {}

    def changed(self) -> list[str]:
        """Return the attributes that an update changes."""
        return self._update.names(self._given) if self._update else []

    def _parsed(self, text: str) -> Update:
        parsed = update(text)
        for name in parsed.names(self._given):
            if name in self.table.keys:
                raise ExpressionError(
                    f"Cannot update attribute {name}. This attribute is part of the key"
                )
        return parsed
