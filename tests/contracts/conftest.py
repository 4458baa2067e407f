"""The event log's tables on each DynamoDB: simulated, moto, and each of `ENGINES`."""

from collections.abc import Iterator
from random import Random
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.judges.engines import ENGINES, Tables, tables
from tests.simulated.agenda import Agenda
from tests.simulated.aws.dynamodb import DynamoDB
from tests.simulated.aws.paging import Direct
from tests.simulated.names import FLEET


@pytest.fixture(params=["dynamodb", "simulated", *ENGINES])
def new_tables(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tables]:
    """Both tables, empty."""
    if request.param in ENGINES:
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
