"""The event log's tables on each DynamoDB: simulated, moto, and each of `ENGINES`."""

from collections.abc import Iterator
from random import Random
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.judges.engines import ENGINES, JSON_ENGINES, Tables, tables
from tests.simulated.agenda import Agenda
from tests.simulated.aws.dynamodb import DynamoDB
from tests.simulated.aws.paging import Direct
from tests.simulated.names import FLEET

_TABLES = ("dynamodb", "simulated", *ENGINES)


@pytest.fixture(params=_TABLES)
def new_tables(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tables]:
    """Both tables, empty."""
    yield from _new_tables(request, monkeypatch)


@pytest.fixture(params=[*_TABLES, *JSON_ENGINES])
def log_tables(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tables]:
    """The same, whose log is also called without botocore."""
    yield from _new_tables(request, monkeypatch)


def _new_tables(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Tables]:
    if request.param in {*ENGINES, *JSON_ENGINES}:
        with tables(request.param, request) as made:
            yield made
        return
    if request.param == "simulated":
        client: Any = Direct(DynamoDB(Agenda(Random(0))))
        yield Tables(client=client, names=FLEET).create()
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        yield Tables(client=client, names=FLEET).create()
        client.close()
