"""The port to inspect the queues: their depth, their dead letters, and the redrive.

Lambda consumes the queues for the functions. An operator sends nudges through `runtime.Nudges`.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

FAILED_EVENTS = "failed-events"
"""The queue of the events from outside that ingest failed to record on all attempts."""


def dead_letters_of(consumer: str) -> str:
    """Return the name of a consumer's dead-letter queue. Its main queue has the consumer's name."""
    return f"{consumer}-dead"


class Depth(Struct, frozen=True, kw_only=True):
    """The approximate number of messages in a queue, and the age of the oldest, if known."""

    waiting: int
    in_work: int
    delayed: int = 0
    oldest_seconds: float | None = None

    @property
    def total(self) -> int:
        """The number of all messages."""
        return self.waiting + self.in_work + self.delayed


class DeadLetter(Struct, frozen=True, kw_only=True):
    """A nudge for `stream` that failed too often.

    Attributes:
        event: The id of the event that caused the nudge; null if the message has none.
        sent_at: When it was sent to the queue that holds it, as SQS reports it.
        receives: SQS's receive count before this read, which includes all earlier reads.
    """

    message_id: str
    stream: str
    event: str | None
    sent_at: datetime
    first_received_at: datetime | None
    receives: int


class FailedEvent(Struct, frozen=True, kw_only=True):
    """An event from outside that a function failed to record, with Lambda's invocation record.

    Attributes:
        function: The function that failed.
        condition: Lambda's reason to give it up, such as `RetriesExhausted`.
        attempts: How often it was tried.
        error: The last error.
        payload: The event, to invoke the function again with; null if the message has none.
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

    Every method raises ValueError for an unknown name, and Refused or Unavailable.
    """

    def depth(self, queue: str) -> Depth:
        """Return the depth of the queue, without receiving any message."""
        ...

    def dead(self, consumer: str, limit: int) -> list[DeadLetter]:
        """Return the oldest dead letters of a consumer. They are invisible during this call."""
        ...

    def failed_events(self, limit: int) -> list[FailedEvent]:
        """Return events that ingest failed to record. They are invisible during this call."""
        ...

    def redrive(self, consumer: str, limit: int) -> Iterator[DeadLetter]:
        """Move dead letters back to the consumer's queue. Each is moved just before it is yielded.

        After a crash at most one message is in both queues; a duplicate nudge is harmless.
        """
        ...
