"""One event: the fact that it records, and its envelope."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from msgspec import Raw, Struct


class Fact(Struct, frozen=True, kw_only=True):
    """What happened, as one event records it. The class name is the event's type."""

    SCHEMA: ClassVar[int] = 1


class Unknown(Fact, frozen=True, kw_only=True):
    """A fact of a type or schema that this version does not have, kept as it was stored."""

    type: str
    schema: int
    data: Raw


MAX_ID = 128
"""Maximum length of an event's id, which becomes the SQS deduplication id of its nudge.

Source: Amazon SQS API Reference, SendMessage, MessageDeduplicationId.
"""
ID = rf"[!-~]{{1,{MAX_ID}}}"
"""The pattern of an event's id."""


class InvalidEventId(ValueError):
    """SQS does not accept the id as a deduplication id, so its nudge could never be sent."""


class Event(Struct, frozen=True, kw_only=True):
    """One fact in its envelope.

    Attributes:
        id: Deterministic and derived from the source, so that a redelivery is recognised.
        at: When it happened, by the clock of its source.
        recorded_at: When it was appended.
        actor: The source of the fact: a function, a system or an operator.
        cause: The id of the event that led to it.
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
    """Check that all ids are valid SQS deduplication ids.

    Raises:
        InvalidEventId: names the first invalid id, and what is allowed.
    """
    for event in events:
        if not is_id(event.id):
            raise InvalidEventId(
                f"event id {event.id!r} is not valid; allowed: 1 to {MAX_ID} letters, digits and "
                "ASCII punctuation"
            )


def is_id(text: str) -> bool:
    """Return whether the text is a valid event id."""
    return re.fullmatch(ID, text) is not None


class Recorded(Struct, frozen=True, kw_only=True):
    """An event with its stream, its sequence number and the text that is stored."""

    stream: str
    seq: int
    event: Event
    text: str
