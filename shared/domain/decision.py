"""A decision: which fact to append to which streams, given the streams. Pure.

What a decision may read comes with it, as `Given`; each subject has its decisions in a module of
that name. Whatever calls another system is an effect, in `shared/engine/effects`.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct

from shared.domain.events import Fact
from shared.domain.history import History
from shared.domain.policy import Policy
from shared.domain.slot.counter import Guard, Slots
from shared.domain.unreadable import Unreadable


class Decided(Struct, frozen=True, kw_only=True):
    """Append the fact under the event id `id` to the stream decided on, and to `streams`.

    Attributes:
        at: When it happened; None: now.
        guard: What is required of the fleet's counter.
    """

    id: str
    fact: Fact
    at: datetime | None = None
    streams: tuple[History[Any], ...] = ()
    guard: Guard | None = None


class Given(Struct, frozen=True, kw_only=True):
    """What a decision is made on.

    Attributes:
        history: The stream that is decided on.
        load: Reads another stream, once: the append is conditioned on what was read.
        slots: Reads the fleet's counter.
        waiting: Reads the ids of at most so many jobs that wait for a slot, in order of arrival.
        on_unreadable: Called for each stream that is left out because it can't be read.
    """

    history: History[Any]
    now: datetime
    policy: Policy
    load: Callable[[str], History[Any]]
    slots: Callable[[], Slots]
    waiting: Callable[[int], Iterable[int]]
    on_unreadable: Callable[[Unreadable], None]

    def readable(self, streams: Iterable[str]) -> Iterator[History[Any]]:
        """The histories of those streams that can be read, each read when it is taken."""
        for stream in streams:
            try:
                history = self.load(stream)
            except Unreadable as error:
                self.on_unreadable(error)
            else:
                yield history
