"""Encodes events as the JSON text that is stored, and decodes them.

Facts of older schemas are converted by `UPCASTERS` while they are decoded. A type or schema that
this version does not have is decoded as `Unknown`. Stored text is never rewritten, so unknown
fields are kept.
"""

from collections.abc import Callable
from datetime import MAXYEAR, MINYEAR, datetime
from functools import cache
from typing import Any, get_args

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import fields

from shared.domain.bounds import Time
from shared.domain.events import TYPES, Event, Fact, Recorded, Unknown
from shared.domain.unreadable import Unreadable


class CodecError(ValueError):
    """The text is not an event, so other software than the fleet wrote it."""


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
"""Maps (type, schema) to the function that converts its data to the next schema."""

_encoder = msgspec.json.Encoder(uuid_format="canonical")
_envelope = msgspec.json.Decoder(_Envelope)
_facts = {name: msgspec.json.Decoder(fact) for name, fact in TYPES.items()}


def _is_time(annotation: Any) -> bool:
    return annotation is datetime or any(map(_is_time, get_args(annotation)))


@cache
def _times(fact: type[Fact]) -> tuple[str, ...]:
    """Return the names of the fields of a type of fact that are times."""
    return tuple(field.name for field in fields(fact) if _is_time(field.type))


def encode(event: Event) -> str:
    """Return the text to store for a new event. `Recorded` holds the text of a stored one."""
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
    """Return the event that was stored as `text`.

    Raises:
        CodecError: the text is not an event.
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
    """Return the event stored as `text` with its stream and sequence number.

    Raises:
        Unreadable: the text is not an event; names its stream and sequence number.
    """
    try:
        return Recorded(stream=stream, seq=seq, event=decode(text), text=text)
    except CodecError as error:
        raise Unreadable(f"{stream} event {seq}", str(error), stream) from error


def _check_times(envelope: _Envelope, fact: Fact) -> None:
    """Refuse times near datetime's limits, where time zones or added deadlines would overflow."""
    times = (getattr(fact, name) for name in _times(type(fact)))
    for one in (envelope.at, envelope.recorded_at, *times):
        if one is not None and not MINYEAR < one.year < MAXYEAR:
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
