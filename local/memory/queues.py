"""Queues kept in memory, for tests of who looks at them and puts dead letters back."""

from collections.abc import Iterator, Sequence
from itertools import count

from msgspec.structs import replace

from shared.ports import Clock, DeadLetter, Depth, FailedEvent
from shared.ports.queues import FAILED_EVENTS, dead_letters_of


class MemoryQueues:
    """`Queues` in lists. What a consumer has in work is a number that the test sets.

    Attributes:
        waiting: The messages of every consumer's queue and of its dead letters, oldest first.
        failed: The events that ingest could not take in.
        in_work: How many messages of a queue are in flight.
        ages: The age in seconds of a queue's oldest message, where it is known.
    """

    def __init__(
        self, clock: Clock, consumers: Sequence[str] = ("scheduler", "reconciler")
    ) -> None:
        names = (*consumers, *map(dead_letters_of, consumers))
        self.waiting: dict[str, list[DeadLetter]] = {name: [] for name in names}
        self.failed: list[FailedEvent] = []
        self.in_work: dict[str, int] = {}
        self.ages: dict[str, float] = {}
        self._clock = clock
        self._ids = count(1)

    def send(self, queue: str, stream: str, event: str | None, *, receives: int = 0) -> None:
        """Put a message on a queue that was received so often elsewhere."""
        now = self._clock.now()
        message = DeadLetter(
            message_id=f"message-{next(self._ids)}",
            stream=stream,
            event=event,
            sent_at=now,
            first_received_at=now if receives else None,
            receives=receives,
        )
        self._of(queue).append(message)

    def depth(self, queue: str) -> Depth:
        """See `Queues.depth`."""
        waiting = len(self.failed if queue == FAILED_EVENTS else self._of(queue))
        in_work = self.in_work.get(queue, 0)
        age = self.ages.get(queue) if waiting + in_work else None
        return Depth(waiting=waiting, in_work=in_work, oldest_seconds=age)

    def dead(self, consumer: str, limit: int) -> list[DeadLetter]:
        """See `Queues.dead`."""
        letters = self._of(dead_letters_of(consumer))
        seen = [self._first_received(one) for one in letters[:limit]]
        letters[:limit] = [replace(one, receives=one.receives + 1) for one in seen]
        return seen

    def failed_events(self, limit: int) -> list[FailedEvent]:
        """See `Queues.failed_events`."""
        return self.failed[:limit]

    def redrive(self, consumer: str, limit: int) -> Iterator[DeadLetter]:
        """See `Queues.redrive`."""
        letters = self._of(dead_letters_of(consumer))
        for _ in range(min(limit, len(letters))):
            letter = self._first_received(letters.pop(0))
            self.send(consumer, letter.stream, letter.event)
            yield letter

    def _first_received(self, letter: DeadLetter) -> DeadLetter:
        first = letter.first_received_at or self._clock.now()
        return replace(letter, first_received_at=first)

    def _of(self, queue: str) -> list[DeadLetter]:
        if queue not in self.waiting:
            known = sorted((*self.waiting, FAILED_EVENTS))
            raise ValueError(f"no queue {queue!r}; known: {', '.join(known)}")
        return self.waiting[queue]
