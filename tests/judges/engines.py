"""The event log's tables on each DynamoDB that is not ours, empty, under names of their own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from cli.streams.scan import LogScan
from local.clients import Clients, variables
from local.description import Description
from shared.adapters.aws_json import dynamodb
from shared.adapters.aws_json.client import client as without_botocore
from shared.adapters.aws_json.dynamodb import JsonDynamoDB
from shared.adapters.dynamodb import DynamoEventLog
from shared.adapters.runners_table import DynamoRunnersTable

ENGINES = ("dynamodb-local", "ministack")
JSON = "json-"
"""Begins the name of an engine whose log is called as ingest calls it, without botocore."""
JSON_ENGINES = tuple(f"{JSON}{one}" for one in (*ENGINES, "moto-server"))
_NAMES = count(1)


@dataclass(frozen=True, kw_only=True)
class Tables:
    """Both tables, as the product uses them, and the client that it uses.

    Attributes:
        log_client: Another client for the log; None for the same.
    """

    client: Any
    names: Description
    log_client: JsonDynamoDB | None = None

    def create(self) -> "Tables":
        """Create both tables."""
        for table in self.names.tables():
            self.client.create_table(**table)
        return self

    @property
    def log(self) -> DynamoEventLog:
        """The event log."""
        client = self.log_client or self.client
        return DynamoEventLog(client, self.names.events_table, self.names.runners_table)

    @property
    def runners(self) -> DynamoRunnersTable:
        """The projection."""
        return DynamoRunnersTable(self.client, self.names.runners_table)

    @property
    def scan(self) -> LogScan:
        """Reads all streams."""
        return LogScan(self.client, self.names.events_table, self.log.read)

    def items(self) -> Iterator[dict[str, Any]]:
        """All items of the projection's table as DynamoDB has them, the fleet's counter too."""
        scan = self.client.get_paginator("scan")
        for page in scan.paginate(TableName=self.names.runners_table, ConsistentRead=True):
            yield from page["Items"]


@contextmanager
def tables(engine: str, request: pytest.FixtureRequest) -> Iterator[Tables]:
    """New tables on one of `ENGINES` or `JSON_ENGINES`; they are deleted at the end."""
    server = request.getfixturevalue(engine.removeprefix(JSON).replace("-", "_"))
    clients = Clients(server.url)
    client = clients.make("dynamodb")
    json_client = without_botocore(dynamodb.API, variables(server.url, "test"))
    made = Tables(
        client=client,
        names=Description(f"fleet-{next(_NAMES)}"),
        log_client=JsonDynamoDB(json_client) if engine.startswith(JSON) else None,
    ).create()
    try:
        yield made
    finally:
        for table in made.names.tables():
            client.delete_table(TableName=table["TableName"])
        json_client.connection.close()
        clients.close()
