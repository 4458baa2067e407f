"""A fact with its evidence, and in its place in the log."""

from datetime import datetime

from msgspec import Struct

from shared.domain.events.fact import Fact, Unknown


class Event(Struct, frozen=True, kw_only=True):
    """One fact with its evidence.

    `id` is deterministic, from the source, so that a redelivery is recognised; `at` is when it
    happened by its source's clock, `recorded_at` when it was appended; `cause` is the id of what
    led to it.
    """

    id: str
    at: datetime
    recorded_at: datetime
    actor: str
    cause: str | None = None
    fact: Fact

    @property
    def type(self) -> str:
        """The event's type: the name of its fact's class."""
        return self.fact.type if isinstance(self.fact, Unknown) else type(self.fact).__name__


class Recorded(Struct, frozen=True, kw_only=True):
    """An event in its place in the log, with the text that is stored there."""

    stream: str
    seq: int
    event: Event
    text: str
