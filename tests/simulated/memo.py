"""Keeps what was decoded and folded, since a simulation reads each stream hundreds of times.

Both are pure: the same text is the same event, and the same events are the same history.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from shared.domain import codec, history
from shared.domain.events import Event, Recorded
from shared.domain.stream import StreamId


class Memo:
    """The events by their texts, and the newest history of each stream with its events."""

    def __init__(self) -> None:
        self._events: dict[str, Event] = {}
        self._histories: dict[StreamId, tuple[list[Event], history.History[Any]]] = {}
        self._decode, self._read = codec.decode, history._read

    def decode(self, text: str) -> Event:
        """See `codec.decode`."""
        event = self._events.get(text)
        if event is None:
            event = self._events[text] = self._decode(text)
        return event

    def read(
        self, empty: history.History[Any], recorded: Iterable[Recorded]
    ) -> history.History[Any]:
        """See `history._read`. New events are folded onto the history of those before them."""
        stored = tuple(recorded)
        events = [one.event for one in stored]
        known, last = self._histories.get(empty.stream, ([], None))
        if last is None or not _goes_on(stored, known):
            last = self._read(empty, stored)
        else:
            last = history.record(last, events[len(known) :])
        self._histories[empty.stream] = (events, last)
        return last


def _goes_on(stored: Sequence[Recorded], known: Sequence[Event]) -> bool:
    """Whether the stream has the known events and maybe later ones, and none is missing."""
    if not stored or len(known) > len(stored) or stored[-1].seq != len(stored):
        return False
    return all(one.event is event for one, event in zip(stored, known, strict=False))


@contextmanager
def memoized() -> Iterator[None]:
    """Keep what is decoded and folded until the end of the block."""
    memo = Memo()
    with patch.object(codec, "decode", memo.decode), patch.object(history, "_read", memo.read):
        yield
