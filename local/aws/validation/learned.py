"""Derives the keys of tables and the kinds of queues from earlier requests, for the rules."""

from collections.abc import Iterable, Mapping
from typing import Any

from local.aws.validation.rules.rule import Params, QueueKind, TableKeys


class Learned:
    """Implements `Known` with the requests so far, whether or not they succeeded."""

    def __init__(self) -> None:
        self._tables: dict[str, TableKeys] = {}
        self._queues: dict[str, dict[str, str]] = {}

    def learn(self, operation: str, params: Params) -> None:
        """Record the table or queue of a request, such as `dynamodb.CreateTable`."""
        match operation:
            case "dynamodb.CreateTable":
                self._tables[params["TableName"]] = table_keys(params)
            case "dynamodb.UpdateTable" | "dynamodb.DeleteTable":
                self._tables.pop(params["TableName"], None)
            case "sqs.CreateQueue":
                self._queues[params["QueueName"]] = dict(params.get("Attributes", {}))
            case "sqs.SetQueueAttributes":
                known = self._queues.get(_name(params["QueueUrl"]), {})
                known.update(params["Attributes"])

    def table(self, name: str) -> TableKeys | None:
        """See `Known.table`."""
        return self._tables.get(name)

    def queue(self, url: str) -> QueueKind | None:
        """See `Known.queue`."""
        attributes = self._queues.get(_name(url))
        return None if attributes is None else queue_kind(_name(url), attributes)


def _name(url: str) -> str:
    return url.rpartition("/")[2]


def queue_kind(name: str, attributes: Mapping[str, Any]) -> QueueKind:
    """Return the kind of a queue with that name and those attributes."""
    based = str(attributes.get("ContentBasedDeduplication", "")).lower() == "true"
    return QueueKind(fifo=name.endswith(".fifo"), content_based=based)


def table_keys(created: Params) -> TableKeys:
    """Return the keys of a table from the parameters of CreateTable."""
    kinds = {one["AttributeName"]: one["AttributeType"] for one in created["AttributeDefinitions"]}
    primary = {name: kinds[name] for name in _key_names(created["KeySchema"])}
    indexes = {
        one["IndexName"]: _key_names(one["KeySchema"])
        for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        for one in created.get(kind) or ()
    }
    indexed = {name: (kinds[name], index) for index, names in indexes.items() for name in names}
    return TableKeys(
        primary=primary,
        indexed={name: one for name, one in indexed.items() if name not in primary},
        indexes=indexes,
    )


def _key_names(schema: Iterable[Params]) -> tuple[str, ...]:
    """Return the names of the partition key and, if any, the sort key."""
    by_kind = {one["KeyType"]: one["AttributeName"] for one in schema}
    return tuple(by_kind[kind] for kind in ("HASH", "RANGE") if kind in by_kind)
