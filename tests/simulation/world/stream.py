"""The event source mapping of the events table's stream: new events to the outbox, at least once.

Source of what it does: AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB" and
"Configuring partial batch response with DynamoDB and Lambda".
"""

from bisect import insort
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import Any
from zlib import crc32

from local.description import MAX_RECORD_AGE_SECONDS, STREAM_BATCH
from tests.simulated.agenda import Agenda
from tests.simulated.aws.expressions import Item
from tests.simulated.weather import Weather
from tests.simulation.world.functions import FailedError, Functions

RETRY = 60.0
"""Seconds until a record is handed over again after a failure. AWS documents no limit of its
backoff."""


@dataclass
class Shard:
    """Records that the mapping has not handed over yet, and whether an invocation has some."""

    waiting: list["Waiting"] = field(default_factory=list)
    is_busy: bool = False


@dataclass(order=True)
class Waiting:
    """A stream record, and from when on it can be read, in seconds; `since` when it first was."""

    ready: float
    number: int
    since: float = field(compare=False)
    record: dict[str, Any] = field(compare=False)


class StreamSource:
    """The event source mapping of the events table's stream: batches of a shard, in its order.

    Attributes:
        followed: The items that passed the mapping's filter.
        discarded: The items whose records it gave up.

    Args:
        shards: How many the stream has. None: each event stream is a shard of its own, so that
            records of different streams overtake each other more freely than on AWS.
        is_down: Whether nothing reads the stream at that time, in seconds.
    """

    def __init__(
        self,
        agenda: Agenda,
        weather: Weather,
        functions: Functions,
        *,
        shards: int | None = None,
        is_down: Callable[[float], bool] = lambda _seconds: False,
    ) -> None:
        self._agenda = agenda
        self._weather = weather
        self._functions = functions
        self._count = shards
        self._is_down = is_down
        self._ready: dict[str, float] = {}
        self._shards: defaultdict[str, Shard] = defaultdict(Shard)
        self._numbers = count(1)
        self.pending = 0
        self.followed: list[Item] = []
        self.discarded: list[Item] = []

    def follow(self, item: Item) -> None:
        """An event was put into the log."""
        if "route" not in item and "notices" not in item:  # as the mapping filters
            return
        self.followed.append(item)
        stream, now = item["stream"]["S"], self._agenda.seconds
        at = now + self._weather.delivery(self._agenda.rng)
        at = self._ready[stream] = max(at, self._ready.get(stream, 0.0) + 0.000_002)
        copies = 2 if self._agenda.rng.random() < self._weather.doubled else 1
        for copy in range(copies):
            ready, number = at + 400 * copy, next(self._numbers)  # beyond SQS's deduplication
            record = stream_record(item, str(number))
            self._add(self._shard(stream), Waiting(ready, number, ready, record))

    def undelivered(self) -> list[Item]:
        """Return the items whose records will be handed over later, or again."""
        waiting = (one for shard in self._shards.values() for one in shard.waiting)
        return [one.record["dynamodb"]["NewImage"] for one in waiting]

    def _shard(self, stream: str) -> Shard:
        if self._count is None:
            return self._shards[stream]
        return self._shards[str(crc32(stream.encode()) % self._count)]

    def _add(self, shard: Shard, one: Waiting) -> None:
        self.pending += 1
        insort(shard.waiting, one)
        self._agenda.after(one.ready - self._agenda.seconds, partial(self._poll, shard))

    def _poll(self, shard: Shard) -> None:
        now = self._agenda.seconds + 1e-6
        batch = [one for one in shard.waiting[:STREAM_BATCH] if one.ready <= now]
        if shard.is_busy or not batch:
            return
        shard.is_busy = True
        del shard.waiting[: len(batch)]
        try:
            self._again(shard, self._failed(batch))
        finally:
            shard.is_busy = False
            self.pending -= len(batch)
        self._agenda.after(0.0, partial(self._poll, shard))

    def _failed(self, batch: list[Waiting]) -> list[Waiting]:
        """Hand the batch over; the records to hand over again: from the first failure on."""
        if self._is_down(self._agenda.seconds):
            return batch
        try:
            first = self._functions.forward({"Records": [one.record for one in batch]})
        except FailedError:
            return batch
        numbers = [str(one.number) for one in batch]
        return batch[numbers.index(first) :] if first else []

    def _again(self, shard: Shard, failed: list[Waiting]) -> None:
        """Nothing behind a failed record is handed over before it, unless it is given up."""
        at = self._agenda.seconds + RETRY
        kept = [one for one in failed if at - one.since <= MAX_RECORD_AGE_SECONDS]
        self.discarded += [one.record["dynamodb"]["NewImage"] for one in failed if one not in kept]
        for one in kept:
            self._add(shard, replace(one, ready=at))
        if kept:
            shard.waiting = sorted(
                replace(one, ready=max(one.ready, at)) if one.number > kept[0].number else one
                for one in shard.waiting
            )


def stream_record(item: Item, sequence_number: str) -> dict[str, Any]:
    """A new item as an event source mapping hands it to its function."""
    return {
        "eventID": sequence_number,
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "Keys": {"stream": item["stream"], "seq": item["seq"]},
            "NewImage": dict(item),
            "SequenceNumber": sequence_number,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/simulated/stream/one",
    }
