"""Clients of the patched moto, and what a task needs to run in it."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local.aws.server import MotoServer
from tests.support.ecs import make_fleet

_NAMES = itertools.count(1)


@pytest.fixture
def client(moto_server: MotoServer) -> Iterator[Callable[..., Any]]:
    """Makes clients that try once, so that a 500 fails the test."""
    made = []

    def make(service: str, **config: Any) -> Any:
        one = boto3.client(
            service,
            endpoint_url=moto_server.url,
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(retries={"total_max_attempts": 1}, max_pool_connections=20, **config),
        )
        made.append(one)
        return one

    yield make
    for one in made:
        one.close()


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"name-{next(_NAMES)}"


@pytest.fixture
def fleet(client: Callable[..., Any], name: str) -> dict[str, Any]:
    """See `make_fleet`."""
    return make_fleet(client, name)
