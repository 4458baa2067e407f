"""Fixtures of the Lambda host's tests."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.lambdas.function import Function
from local.lambdas.host import LambdaHost
from tests.local.lambdas import support


@pytest.fixture
def host_of(tmp_path: Path) -> Iterator[Callable[..., LambdaHost]]:
    """Start a host with these functions; it is stopped at the end."""
    started: list[LambdaHost] = []

    def start(*functions: Function) -> LambdaHost:
        host = LambdaHost(tmp_path / "logs")
        for function in functions:
            host.add(function)
        host.start()
        started.append(host)
        return host

    yield start
    for host in started:
        host.stop()


@pytest.fixture
def gate() -> Iterator[support.Gate]:
    made = support.Gate()
    yield made
    made.close()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with support.moto() as url:
        yield url


@pytest.fixture
def sqs(endpoint: str) -> Iterator[Any]:
    with support.client("sqs", endpoint) as made:
        yield made
