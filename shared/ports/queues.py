"""The queues as they lie there: how much waits and for how long, what failed, and putting it back.

Consuming is not here: Lambda does that for the functions. Sending a nudge by hand is
`surroundings.Nudges`.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

FAILED_EVENTS = "failed-events"
"""The queue of the events from outside that ingest could not take in on any try."""


def dead_letters_of(consumer: str) -> str:
    """The name of the dead-letter queue of a consumer's queue; the latter has its own name."""
    return f"{consumer}-dead"


class Depth(Struct, frozen=True, kw_only=True):
    """How many messages a queue holds, approximately, and the age of its oldest if known."""

    waiting: int
    in_work: int
    delayed: int = 0
    oldest_seconds: float | None = None

    @property
    def total(self) -> int:
        """All of them."""
        return self.waiting + self.in_work + self.delayed


class DeadLetter(Struct, frozen=True, kw_only=True):
    """A nudge for `stream` that failed too often.

    Attributes:
        event: What led to the nudge; None if the message does not say it.
        sent_at: When the queue that it lies on took it in, as SQS tells it.
        receives: Before this look, by its consumer and by those who looked at it since.
    """

    message_id: str
    stream: str
    event: str | None
    sent_at: datetime
    first_received_at: datetime | None
    receives: int


class FailedEvent(Struct, frozen=True, kw_only=True):
    """An event from outside that a function failed to take in, with what Lambda says of it.

    Attributes:
        payload: The event, to invoke the function with it again; None if the message has none.
    """

    message_id: str
    sent_at: datetime
    function: str
    condition: str
    attempts: int
    error: str
    payload: Any


class Queues(Protocol):
    """Queues by name: each consumer's, its `dead_letters_of`, and `FAILED_EVENTS`.

    Every method raises ValueError for a name that is not there, besides Refused and Unavailable.
    """

    def depth(self, queue: str) -> Depth:
        """How full the queue is. Takes nothing off it, not even for a moment."""
        ...

    def dead(self, consumer: str, limit: int) -> list[DeadLetter]:
        """The oldest dead letters of a consumer. They are hidden from others while this looks."""
        ...

    def failed_events(self, limit: int) -> list[FailedEvent]:
        """Events that ingest could not take in. They are hidden from others while this looks."""
        ...

    def redrive(self, consumer: str, limit: int) -> Iterator[DeadLetter]:
        """Move dead letters back to the consumer's queue, each just before it is yielded.

        A crash leaves at most one message in both queues: a second nudge, which does no harm.
        """
        ...
