"""A stream as it is stored: its events in order, or why they can't be read."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from shared.domain.events import Recorded
from shared.domain.history import History, read
from shared.domain.unreadable import Unreadable


class StoredStream(Struct, frozen=True, kw_only=True):
    """The events of one stream.

    Attributes:
        problem: Why the stream can't be read; it has no events then.
    """

    stream: str
    recorded: tuple[Recorded, ...] = ()
    problem: Unreadable | None = None

    def history(self) -> History[Any]:
        """Return the fold of the events.

        Raises:
            NoSuchStream: the stream's name is not one of the fleet's.
            Unreadable: an event is missing, or can't be decoded or folded.
        """
        if self.problem is not None:
            raise self.problem
        return read(self.stream, self.recorded)


def stored(stream: str, recorded: Callable[[], list[Recorded]]) -> StoredStream:
    """Return the stream whose events a function reads, or the problem that it raises."""
    try:
        return StoredStream(stream=stream, recorded=tuple(recorded()))
    except Unreadable as error:
        return StoredStream(stream=stream, problem=error)
