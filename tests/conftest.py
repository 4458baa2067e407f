"""Servers that tests share, the judge of their requests, and Ctrl-C as it is by default."""

import gc
import signal
from collections.abc import Generator, Iterator
from typing import NamedTuple

import pytest

from local.aws.server import MotoServer
from local.dynamodb.install import NotInstalledError
from local.dynamodb.server import DynamoDBLocal
from tests.judges import disagreements
from tests.judges.ministack import Ministack
from tests.judges.missing import fold, missing
from tests.support.judged import CLIENTS, take

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As in a shell's background job. What a test starts would inherit that, and a shell that starts
    # with a signal ignored can not trap it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

CLIENTS.install()

_SERVERS = ("dynamodb_local", "ministack")
"""Fixtures of a session that are slow to start, so one worker has all tests that need one."""


@pytest.fixture(scope="session")
def moto_server() -> Iterator[MotoServer]:
    with MotoServer() as server:
        yield server


@pytest.fixture(scope="session")
def dynamodb_local() -> Iterator[DynamoDBLocal]:
    server = DynamoDBLocal()
    try:
        server.start()
    except NotInstalledError as error:
        missing(str(error))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ministack]:
    with Ministack(tmp_path_factory.mktemp("ministack")) as server:
        yield server


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    disagreements.expect(items)
    if getattr(config.option, "loadgroup", False):
        _share_out(items)


def _share_out(items: list[pytest.Item]) -> None:
    """Begin with what is slow, so that no worker is left with it at the end.

    With `--dist loadgroup` a worker takes one group of tests after another: all tests that need one
    of `_SERVERS`, a single slow test, the tests that the mark `slow` puts together, or a file.
    """
    groups = {item: _group(item) for item in items}
    items.sort(key=lambda item: groups[item].order)
    for item in items:
        if groups[item].name:
            item.add_marker(pytest.mark.xdist_group(groups[item].name))


class _Group(NamedTuple):
    order: float
    name: str = ""


def _group(item: pytest.Item) -> _Group:
    slow = item.get_closest_marker("slow")
    if slow is not None and slow.kwargs.get("file"):
        return _Group(-slow.kwargs.get("seconds", 0), str(item.path))
    if slow is not None and "group" in slow.kwargs:
        return _Group(0, slow.kwargs["group"])
    if slow is not None:
        return _Group(1)
    server = _server(item)
    return _Group(0, server) if server else _Group(2, str(item.path))


def _server(item: pytest.Item) -> str | None:
    """The one of `_SERVERS` that the test needs by its fixtures or as a parameter."""
    wanted = set(getattr(item, "fixturenames", ()))
    if callspec := getattr(item, "callspec", None):
        wanted |= {one.replace("-", "_") for one in callspec.params.values() if type(one) is str}
    return next((one for one in _SERVERS if any(name.endswith(one) for name in wanted)), None)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Check that groups have an effect, and leave what was imported out of garbage collections.

    Those collections would be a quarter of a simulation's CPU time.
    """
    for item in session.items:
        if "xdist_group" in item.keywords and "@" not in item.nodeid:
            raise pytest.UsageError("this pytest-xdist ignores groups: see requirements/dev.in")
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return fold((yield))


@pytest.fixture(autouse=True)
def no_request_that_aws_would_refuse() -> Iterator[None]:
    """No test sends an invalid request, in this process or from one that it starts, unnoticed."""
    yield
    if found := take():
        pytest.fail("\n".join(map(str, found)), pytrace=False)
