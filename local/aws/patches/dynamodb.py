"""Patches for DynamoDB: atomic actions and transactions, client request tokens."""

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
"""Lifetime of a token in seconds. Source: DynamoDB API Reference, TransactWriteItems,
ClientRequestToken."""

_lock = RLock()


def one_action_at_a_time() -> None:
    """Serialize all actions, so that one of two conditional writes sees the other.

    In plain moto both can succeed. The stream is read under the same lock, so that no reader sees
    a partial transaction.
    """
    for handler in (DynamoHandler, DynamoDBStreamsHandler):
        around(handler, "call_action", _alone)


def _alone(original: Callable[..., Any], handler: DynamoHandler) -> Any:
    with _lock:
        return original(handler)


def undo_cancelled_transactions() -> None:
    """Restore the items of a cancelled transaction, so that tables and streams do not change.

    Plain moto copies each table and restores the copy. Stream iterators then continue to read the
    discarded table, and the cost depends on the size of the table.
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
        # moto copies the table for its rollback. Return the table itself: there is an undo list.
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
    """The stored item of one operation's key, to be restored after a cancellation."""

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
    """Ignore a transaction that is repeated with its token. Plain moto ignores tokens.

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
    """Return the recent tokens, oldest first. The backend stores them, so a reset clears them."""
    tokens: dict[str, tuple[str, float]] = vars(backend).setdefault("_client_tokens", {})
    oldest = time.monotonic() - TOKEN_LIFETIME
    for token in [token for token, (_, at) in tokens.items() if at < oldest]:
        del tokens[token]
    return tokens


def _fingerprint(transact_items: list[dict[str, Any]]) -> str:
    text = json.dumps(transact_items, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()
