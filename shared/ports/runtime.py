"""The small things that every function is given: time, parameters, and the queues by hand."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol


class Nudges(Protocol):
    """The queues, for who sends by hand (the replay tool); the functions never do."""

    def send(self, route: str, stream: str, deduplication_id: str) -> None:
        """Put one nudge for `stream` on the queue of `route`."""
        ...


class Clock(Protocol):
    """The time, as an argument to everything that asks for it."""

    def now(self) -> datetime:
        """Now, in UTC."""
        ...


class Parameters(Protocol):
    """Parameters and secrets by reference, cached for a short time."""

    def values(self, names: Iterable[str]) -> Mapping[str, str]:
        """The decrypted value of every name.

        Raises:
            Refused: names them, if some do not exist.
            Unavailable: the store can't be read now.
        """
        ...
