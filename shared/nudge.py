"""The message on the consumers' queues: its fields, its encoding, and the queues of a route.

A nudge names a stream. It is not a command: the consumer reads the stream and decides. Only the
first event of a stream comes with its nudge, which spares the read: the append is refused if the
stream has grown since, and the stream is then read.
"""

import json
from collections.abc import Collection

from msgspec import Struct

from shared.domain.actions import BOTH

MAX_FIRST = 8192
"""Maximum number of characters of a first event that comes with its nudge. In ASCII JSON each takes
at most 12 bytes, so ten messages stay below the 1 MiB that SQS allows a batch. Source: Amazon SQS
API Reference, SendMessageBatch."""


class Nudge(Struct, frozen=True):
    """The body of a message.

    Attributes:
        event: The id of the event that caused it.
        first: The event as it is stored, if it is the first one of its stream.
    """

    stream: str
    event: str | None = None
    first: str | None = None

    def body(self) -> str:
        """Return the nudge as JSON in ASCII: SQS rejects some characters that an event can contain.

        Source: Amazon SQS API Reference, SendMessage, InvalidMessageContents.
        """
        fields = {"stream": str(self.stream), "event": self.event}
        if self.first is not None and len(self.first) <= MAX_FIRST:
            fields["first"] = self.first
        return json.dumps(fields)


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
