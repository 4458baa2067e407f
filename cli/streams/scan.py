"""Reads every stream of the events table by a parallel scan, which no function does.

DynamoDB stores the items of a partition key close together, sorted by their sort key. Source:
Amazon DynamoDB API Reference, KeySchemaElement. So a scan returns the events of a stream one after
the other. That is not promised: a group of items that is no whole stream is read again by a query.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from cli.streams.stored import StoredStream, stored
from shared.adapters.attributes import Item
from shared.adapters.aws_errors import DYNAMODB, translated
from shared.adapters.items import event_of
from shared.domain.events import Recorded

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SEGMENTS = 8
"""Number of concurrent requests. Each returns up to 1 MB: some 250 jobs."""

Pages = Iterator[list[Item]]


class LogScan:
    """The streams of an events table.

    Args:
        read: Reads one stream consistently; see `EventLog.read`.
    """

    def __init__(
        self, client: "DynamoDBClient", events: str, read: Callable[[str], list[Recorded]]
    ) -> None:
        self._client = client
        self._events = events
        self._read = read

    def streams(self, segments: int = SEGMENTS) -> Iterator[StoredStream]:
        """Yield every stream once, in no particular order.

        At most two pages of each segment are in memory.

        Raises:
            Unavailable, Refused: the table can't be read.
        """
        for group in _groups([self._pages(number, segments) for number in range(segments)]):
            found = self._stream(group)
            if found is not None:
                yield found

    def _stream(self, group: list[Item]) -> StoredStream | None:
        """Return the stream of consecutive items; None if another group of it has its begin."""
        name = group[0]["stream"]["S"]
        numbers = sorted(int(item["seq"]["N"]) for item in group)
        if numbers == list(range(1, len(group) + 1)):
            ordered = sorted(group, key=lambda item: int(item["seq"]["N"]))
            return stored(name, lambda: [event_of(item) for item in ordered])
        again = stored(name, partial(self._read, name))
        begins_elsewhere = numbers[0] > 1 and again.recorded and again.recorded[0].seq == 1
        return None if begins_elsewhere else again

    def _pages(self, segment: int, segments: int) -> Pages:
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._events, ConsistentRead=True, Segment=segment, TotalSegments=segments
        )
        with translated(DYNAMODB):
            yield from (page["Items"] for page in pages)


def _groups(segments: list[Pages]) -> Iterator[list[Item]]:
    """Yield the items of each stream, while the next page of each segment is being read."""
    rest: list[list[Item]] = [[] for _ in segments]
    with ThreadPoolExecutor(len(segments)) as pool:

        def request(number: int) -> Future[list[Item] | None]:
            return pool.submit(next, segments[number], None)

        reads = {request(number): number for number in range(len(segments))}
        while reads:
            done, _ = wait(reads, return_when=FIRST_COMPLETED)
            for read in done:
                number, page = reads.pop(read), read.result()
                if page is not None:
                    reads[request(number)] = number
                *whole, rest[number] = _by_stream([*rest[number], *(page or [])])
                yield from whole
                if page is None and rest[number]:
                    yield rest[number]


def _by_stream(found: list[Item]) -> list[list[Item]]:
    def name(item: Item) -> Any:
        return item["stream"]["S"]

    return [list(group) for _, group in groupby(found, key=name)] or [[]]
