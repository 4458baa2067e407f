"""Validates every request of every test, and lets a test send an invalid one."""

from contextlib import ExitStack
from typing import Self

from local.aws.validation.clients import JudgedClients
from local.aws.validation.record import Violation, Violations, listen

CLIENTS = JudgedClients(Violations())

_seen: list[Violation] = []
listen(_seen.append)


def take() -> list[Violation]:
    """Return this process's violations since the last call, of all validators."""
    taken = list(_seen)
    del _seen[: len(taken)]
    return taken


class Refusals:
    """A context in which a violation does not fail the test.

    Args:
        sent: This thread's clients send invalid requests, so that the emulator can reject them.

    Attributes:
        found: The violations, after the context has ended.
    """

    def __init__(self, *, sent: bool = True) -> None:
        self.found: list[Violation] = []
        self._sent = sent
        self._contexts = ExitStack()

    def __enter__(self) -> Self:
        if self._sent:
            self._contexts.enter_context(CLIENTS.paused())
        return self

    def __exit__(self, *_: object) -> None:
        self._contexts.close()
        self.found += take()
