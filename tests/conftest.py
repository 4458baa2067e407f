"""The mended moto, which a process can have only one of."""

from collections.abc import Iterator

import pytest

from local.aws.server import MotoServer


@pytest.fixture(scope="session")
def moto_server() -> Iterator[MotoServer]:
    with MotoServer() as server:
        yield server
