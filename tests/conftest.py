"""The mended moto, which a process can have only one of; and Ctrl-C as it is by default."""

import signal
from collections.abc import Iterator

import pytest

from local.aws.server import MotoServer

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As in a shell's background job. What a test starts would inherit that, and a shell that starts
    # with a signal ignored can not trap it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def moto_server() -> Iterator[MotoServer]:
    with MotoServer() as server:
        yield server
