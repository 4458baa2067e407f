"""The events of a stream as they are stored, and those that were recorded until some time. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any

import msgspec
from msgspec import Struct

from shared.domain.events import Recorded


class StoredEvent(Struct, frozen=True, kw_only=True):
    """One event as it is stored.

    Attributes:
        schema: The number of the schema of its data.
        data: The JSON of its fact, which later versions may lift.
    """

    seq: int
    type: str
    schema: int
    event_id: str
    cause: str | None
    actor: str
    at: datetime
    recorded_at: datetime
    data: Any


def stored(recorded: Iterable[Recorded]) -> tuple[StoredEvent, ...]:
    """Return the events in the form in which they are stored."""
    return tuple(_stored(one) for one in recorded)


def recorded_until(recorded: Sequence[Recorded], at: datetime) -> list[Recorded]:
    """Return the events that were in the stream at that time: the first ones, by `recorded_at`."""
    return list(takewhile(lambda one: one.event.recorded_at <= at, recorded))


def _stored(one: Recorded) -> StoredEvent:
    envelope = msgspec.json.decode(one.text)
    return StoredEvent(
        seq=one.seq,
        type=envelope["type"],
        schema=envelope["schema"],
        event_id=one.event.id,
        cause=one.event.cause,
        actor=one.event.actor,
        at=one.event.at,
        recorded_at=one.event.recorded_at,
        data=envelope["data"],
    )
