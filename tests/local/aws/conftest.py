"""moto without a single one of the patches."""

from collections.abc import Generator, Iterator

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from local.aws import patches


@pytest.fixture
def without(request: pytest.FixtureRequest) -> Iterator[None]:
    """moto without the one patch that fixes what the test shows, or with all."""
    if request.param is None:
        yield
        return
    patches.revert()
    patches.apply([patch for patch in patches.PATCHES if patch is not request.param])
    yield
    patches.revert()
    patches.apply()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """A test has to fail without the patch that it is about: else it shows nothing."""
    parameters = pyfuncitem.callspec.params if hasattr(pyfuncitem, "callspec") else {}
    if parameters.get("without") is None:
        return (yield)
    try:
        yield
    except (AssertionError, BotoCoreError, ClientError, pytest.fail.Exception):
        return True
    pytest.fail("plain moto passes: the patch is not needed, or the test does not show it")
