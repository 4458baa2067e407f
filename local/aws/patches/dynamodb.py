"""DynamoDB: atomic actions and transactions. Nothing of other services."""

import copy
import hashlib
import json
import time
from collections.abc import Callable
from threading import RLock
from typing import Any

from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import DynamodbException
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler
from moto.dynamodbstreams.responses import DynamoDBStreamsHandler

from local.aws.patches.replacement import around

TOKEN_LIFETIME = 600
"""Seconds. Source: DynamoDB API Reference, TransactWriteItems, ClientRequestToken."""

_lock = RLock()


def one_action_at_a_time() -> None:
    """Of two conditional writes one must see the other; plain moto lets both win now and then.

    The stream is read under the same lock: no reader sees half a transaction.
    """
    for handler in (DynamoHandler, DynamoDBStreamsHandler):
        around(handler, "call_action", _alone)


def _alone(original: Callable[..., Any], handler: DynamoHandler) -> Any:
    with _lock:
        return original(handler)


def undo_cancelled_transactions() -> None:
    """A cancelled transaction leaves tables and streams as they were, at the cost of its items.

    Plain moto copies each table whole, and puts the copy back: stream iterators go on reading
    the table that was thrown away.
    """
    around(DynamoDBBackend, "transact_write_items", _undoing)


def _undoing(
    original: Callable[..., None], backend: DynamoDBBackend, transact_items: list[dict[str, Any]]
) -> None:
    operations = [operation for item in transact_items for operation in item.values()]
    tables = {id(table): table for table in (_table(backend, one) for one in operations)}
    touched = [_Touched(backend, one) for one in operations]
    shards = [table.stream_shard for table in tables.values() if table.stream_shard]
    ends = [len(shard.items) for shard in shards]
    for table in tables.values():
        # moto's own copy for the rollback: give it the table itself, for we have the undo list.
        vars(table)["__deepcopy__"] = lambda _memo, table=table: table
    try:
        original(backend, transact_items)
    except Exception:
        for one in touched:
            one.undo()
        for shard, end in zip(shards, ends, strict=True):
            del shard.items[end:]
        raise
    finally:
        for table in tables.values():
            del vars(table)["__deepcopy__"]


def _table(backend: DynamoDBBackend, operation: dict[str, Any]) -> Table:
    return backend.get_table(operation["TableName"])


class _Touched:
    """What is stored under the key of one operation, to be put back."""

    def __init__(self, backend: DynamoDBBackend, operation: dict[str, Any]) -> None:
        table = _table(backend, operation)
        key = operation.get("Key") or operation["Item"]
        hash_key, range_key = backend.get_keys_value(table, key)
        items: Any = table.items
        self._items: dict[DynamoType, Item] = items if range_key is None else items[hash_key]
        self._key = hash_key if range_key is None else range_key
        # A copy: an update changes the stored item in place.
        self._item = copy.deepcopy(self._items.get(self._key))

    def undo(self) -> None:
        if self._item is None:
            self._items.pop(self._key, None)
        else:
            self._items[self._key] = self._item


def transact_once_per_client_token() -> None:
    """A transaction repeated under its token has no further effect; plain moto ignores tokens.

    Source: DynamoDB API Reference, TransactWriteItems.
    """
    around(DynamoHandler, "transact_write_items", _once)


def _once(original: Callable[..., ActionResult], handler: DynamoHandler) -> ActionResult:
    token = handler.body.get("ClientRequestToken")
    if token is None:
        return original(handler)
    done = _tokens(handler.dynamodb_backend)
    fingerprint = _fingerprint(handler.body["TransactItems"])
    if token in done:
        if done[token][0] != fingerprint:
            raise _TokenReused
        return ActionResult({})
    result = original(handler)
    done[token] = (fingerprint, time.monotonic())
    return result


class _TokenReused(DynamodbException):
    def __init__(self) -> None:
        super().__init__(
            "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException",
            "This client request token was used with other parameters before.",
        )


def _tokens(backend: DynamoDBBackend) -> dict[str, tuple[str, float]]:
    """The tokens of late by age, the oldest first; kept on the backend, so its reset drops them."""
    tokens: dict[str, tuple[str, float]] = vars(backend).setdefault("_client_tokens", {})
    oldest = time.monotonic() - TOKEN_LIFETIME
    for token in [token for token, (_, at) in tokens.items() if at < oldest]:
        del tokens[token]
    return tokens


def _fingerprint(transact_items: list[dict[str, Any]]) -> str:
    text = json.dumps(transact_items, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()
