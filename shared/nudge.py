"""The message on the consumers' queues: its fields, its encoding, and which queues a route names.

A nudge names the stream to look at. It is not a command: whoever receives it reads the stream.
"""

from collections.abc import Collection

import msgspec
from msgspec import Struct

from shared.domain.actions import BOTH

_ENCODER = msgspec.json.Encoder(enc_hook=str)  # a StreamId is a str of its own kind


class Nudge(Struct, frozen=True):
    """The body of a message: the stream, and the id of the event that led to it."""

    stream: str
    event: str | None = None

    def body(self) -> str:
        """As JSON."""
        return _ENCODER.encode(self).decode()


def queues_of(route: str, known: Collection[str]) -> tuple[str, ...]:
    """The queues that a route names; `known` are all.

    Raises:
        ValueError: there is no such route.
    """
    if route == BOTH:
        return tuple(known)
    if route not in known:
        raise ValueError(f"no route {route!r}; allowed: {', '.join((*sorted(known), BOTH))}")
    return (route,)
