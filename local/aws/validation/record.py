"""Records the requests that AWS would reject, so that tests and the demo fail because of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

from local.aws.validation.problems import Problem


@dataclass(frozen=True)
class Violation:
    """One request that AWS would reject.

    Attributes:
        operation: Service and operation, such as `sqs.SendMessage`.
        caller: The client that sent it; can be empty.
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
    """Add a listener that is called for each further violation in this process, on its thread."""
    _listeners.append(listener)


class Violations:
    """The violations that one validator has found. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: list[Violation] = []

    def add(self, violation: Violation) -> None:
        """Record a violation and call the listeners."""
        with self._lock:
            self._found.append(violation)
        for listener in _listeners:
            listener(violation)

    def all(self) -> Sequence[Violation]:
        """Return all violations."""
        with self._lock:
            return tuple(self._found)
