"""The message on the consumers' queues: its fields, its encoding, and the queues of a route.

A nudge names a stream. It is not a command: the consumer reads the stream and decides.
"""

from collections.abc import Collection

import msgspec
from msgspec import Struct

from shared.domain.actions import BOTH

_ENCODER = msgspec.json.Encoder(enc_hook=str)  # StreamId is a subclass of str


class Nudge(Struct, frozen=True):
    """The body of a message: the stream, and the id of the event that caused it."""

    stream: str
    event: str | None = None

    def body(self) -> str:
        """Return the nudge as JSON."""
        return _ENCODER.encode(self).decode()


def queues_of(route: str, known: Collection[str]) -> tuple[str, ...]:
    """Return the queues of a route, out of all queues `known`.

    Raises:
        ValueError: there is no such route.
    """
    if route == BOTH:
        return tuple(known)
    if route not in known:
        raise ValueError(f"no route {route!r}; allowed: {', '.join((*sorted(known), BOTH))}")
    return (route,)
