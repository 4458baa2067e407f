"""An event as the JSON text that is stored, and back.

Facts of older schemas pass through `UPCASTERS` on their way in. A type or schema that this version
does not know becomes `Unknown`; stored text is never written anew, so that unknown fields survive
with it.
"""

from collections.abc import Callable
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import astuple

from shared.domain.bounds import Time
from shared.domain.events import TYPES, Event, Fact, Recorded, Unknown
from shared.domain.unreadable import Unreadable


class CodecError(ValueError):
    """The text is not an event; nothing else is ever stored, so something wrote past the log."""


class _Envelope(Struct, frozen=True, kw_only=True):
    id: str
    type: str
    schema: int
    at: Time
    recorded_at: Time
    actor: str
    cause: str | None = None
    data: Raw


UPCASTERS: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""(type, schema) to the function that turns its data into the next schema's."""

_encoder = msgspec.json.Encoder(uuid_format="canonical")
_envelope = msgspec.json.Decoder(_Envelope)
_facts = {name: msgspec.json.Decoder(fact) for name, fact in TYPES.items()}


def encode(event: Event) -> str:
    """The text to store for a new event. A recorded one has its text already."""
    fact = event.fact
    schema, data = (
        (fact.schema, fact.data)
        if isinstance(fact, Unknown)
        else (fact.SCHEMA, Raw(_encoder.encode(fact)))
    )
    envelope = _Envelope(
        id=event.id,
        type=event.type,
        schema=schema,
        at=event.at,
        recorded_at=event.recorded_at,
        actor=event.actor,
        cause=event.cause,
        data=data,
    )
    return _encoder.encode(envelope).decode()


def decode(text: str) -> Event:
    """The event that was stored as `text`.

    Raises:
        CodecError: the text is no event of ours.
    """
    try:
        envelope = _envelope.decode(text)
        fact = _fact(envelope)
        _check_times(envelope, fact)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise CodecError(f"not an event: {error}") from error
    return Event(
        id=envelope.id,
        at=envelope.at,
        recorded_at=envelope.recorded_at,
        actor=envelope.actor,
        cause=envelope.cause,
        fact=fact,
    )


def recorded(stream: str, seq: int, text: str) -> Recorded:
    """The event stored as `text` in its place.

    Raises:
        Unreadable: names its place.
    """
    try:
        return Recorded(stream=stream, seq=seq, event=decode(text), text=text)
    except CodecError as error:
        raise Unreadable(f"{stream} event {seq}", str(error), stream) from error


def _check_times(envelope: _Envelope, fact: Fact) -> None:
    """Refuse times that are not the same in UTC, or to which no deadline can be added."""
    for one in (envelope.at, envelope.recorded_at, *astuple(fact)):
        if isinstance(one, datetime) and not MINYEAR < one.year < MAXYEAR:
            raise CodecError(f"not an event: no time of it may be in the year {one.year}")


def _fact(envelope: _Envelope) -> Any:
    data, schema = envelope.data, envelope.schema
    while upcast := UPCASTERS.get((envelope.type, schema)):
        data = Raw(_encoder.encode(upcast(msgspec.json.decode(data))))
        schema += 1
    known = TYPES.get(envelope.type)
    if known is None or schema != known.SCHEMA:
        return Unknown(type=envelope.type, schema=envelope.schema, data=envelope.data.copy())
    return _facts[envelope.type].decode(data)
