"""One event: the fact that it records, and the evidence around it."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from msgspec import Raw, Struct


class Fact(Struct, frozen=True, kw_only=True):
    """What one event says happened; the class name is the event's type."""

    SCHEMA: ClassVar[int] = 1


class Unknown(Fact, frozen=True, kw_only=True):
    """A fact that this version of the code does not know, kept as it was stored."""

    type: str
    schema: int
    data: Raw


MAX_ID = 128
"""Characters of an event's id, which becomes the SQS deduplication id of its nudge.

Source: Amazon SQS API Reference, SendMessage, MessageDeduplicationId.
"""
ID = rf"[!-~]{{1,{MAX_ID}}}"
"""The pattern of an event's id."""


class InvalidEventId(ValueError):
    """SQS would not take the id as a deduplication id, so its nudge could never be sent."""


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


def check_ids(events: Iterable[Event]) -> None:
    """Refuse events whose ids could not be SQS deduplication ids.

    Raises:
        InvalidEventId: names the id and what is allowed.
    """
    for event in events:
        if not is_id(event.id):
            raise InvalidEventId(
                f"event id {event.id!r} is not valid; allowed: 1 to {MAX_ID} letters, digits and "
                "ASCII punctuation"
            )


def is_id(text: str) -> bool:
    """Whether the text can be an event's id."""
    return re.fullmatch(ID, text) is not None


class Recorded(Struct, frozen=True, kw_only=True):
    """An event in its place in the log, with the text that is stored there."""

    stream: str
    seq: int
    event: Event
    text: str
