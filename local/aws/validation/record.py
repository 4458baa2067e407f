"""Remembers the requests that AWS would refuse, so that tests and demos can fail for them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

from local.aws.validation.problems import Problem


@dataclass(frozen=True)
class Violation:
    """One request that AWS would refuse.

    Attributes:
        operation: Such as `sqs.SendMessage`.
        caller: Who sent it; may be empty.
    """

    operation: str
    problems: tuple[Problem, ...]
    caller: str = ""

    def __str__(self) -> str:
        by = f" by {self.caller}" if self.caller else ""
        return f"AWS would refuse {self.operation}{by}: {'; '.join(map(str, self.problems))}"


Listener = Callable[[Violation], None]

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Have a listener told of each violation in this process from now on, on any thread."""
    _listeners.append(listener)


class Violations:
    """Those that one judge has found until now. Any thread may add and read."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: list[Violation] = []

    def add(self, violation: Violation) -> None:
        """Remember a violation, and tell the listeners."""
        with self._lock:
            self._found.append(violation)
        for listener in _listeners:
            listener(violation)

    def all(self) -> Sequence[Violation]:
        """All of them."""
        with self._lock:
            return tuple(self._found)
