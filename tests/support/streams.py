"""All streams of a log, read one after the other: what `LogScan` yields, without threads."""

from collections.abc import Iterator
from functools import partial

from cli.streams.stored import StoredStream, stored
from shared.ports import EventLog


def all_streams(log: EventLog) -> Iterator[StoredStream]:
    """Yield every stream once."""
    for stream in log.streams():
        yield stored(stream, partial(log.read, stream))
