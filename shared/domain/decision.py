"""The types of decisions: `Given` is the input, `Decided` the result. Pure.

A decision returns which fact to append to which streams. Each subject has its decisions in its
module `decisions`. Calls to other systems are effects, in `shared/engine/effects`.
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
    """Append the fact under the event id `id` to the decision's stream and to `streams`.

    Attributes:
        at: When it happened; None means now.
        guard: The condition on the fleet's slot counter.
    """

    id: str
    fact: Fact
    at: datetime | None = None
    streams: tuple[History[Any], ...] = ()
    guard: Guard | None = None


class Given(Struct, frozen=True, kw_only=True):
    """The input of a decision.

    Attributes:
        history: The decision's stream.
        load: Reads another stream, once: the append is conditioned on what was read.
        slots: Reads the fleet's slot counter.
        waiting: Reads the ids of at most that many jobs that wait for a slot, in order of arrival.
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
        """Yield the histories of the streams that can be read. Each is read lazily."""
        for stream in streams:
            try:
                history = self.load(stream)
            except Unreadable as error:
                self.on_unreadable(error)
            else:
                yield history
