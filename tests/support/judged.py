"""Has every request of every test judged; and how a test sends one that is to be refused."""

from contextlib import ExitStack
from typing import Self

from local.aws.validation.clients import JudgedClients
from local.aws.validation.record import Violation, Violations, listen

CLIENTS = JudgedClients(Violations())

_seen: list[Violation] = []
listen(_seen.append)


def take() -> list[Violation]:
    """The violations of this process since they were taken last, whoever found them."""
    taken = list(_seen)
    del _seen[: len(taken)]
    return taken


class Refusals:
    """Within it, a violation fails no test.

    Args:
        sent: Let this thread's clients send what they are given, to see who else refuses it.

    Attributes:
        found: The violations, once it has ended.
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
