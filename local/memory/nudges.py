"""Nudges kept in memory, for tests of who sends by hand."""

from collections.abc import Sequence

from msgspec import Struct

from shared.nudge import queues_of


class Sent(Struct, frozen=True, kw_only=True):
    """One message as it lies on a queue."""

    stream: str
    event: str


class MemoryNudges:
    """`Nudges` in lists. A deduplication id lies on a queue once, as on a FIFO queue of AWS."""

    def __init__(self, names: Sequence[str] = ("scheduler", "reconciler")) -> None:
        self.queues: dict[str, list[Sent]] = {name: [] for name in names}

    def send(self, route: str, stream: str, deduplication_id: str) -> None:
        """See `Nudges.send`."""
        message = Sent(stream=stream, event=deduplication_id)
        for one in queues_of(route, self.queues):
            if all(sent.event != deduplication_id for sent in self.queues[one]):
                self.queues[one].append(message)
