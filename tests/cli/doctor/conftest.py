"""One healthy fleet for all tests of a file. A test that breaks something repairs it."""

from collections.abc import Iterator

import pytest

from local.aws.server import MotoServer
from tests.cli.doctor.stack import Site, standing


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with pytest.MonkeyPatch.context() as patch, MotoServer() as aws, standing(aws, patch) as made:
        yield made
