"""Compares the rows of exported files with their streams in several processes.

This process only reads lines. Each worker decodes and folds one chunk of them at a time, and few
chunks are under way, so memory does not grow with the files.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from msgspec import Struct

from cli.replay.drift import Drift, Tally
from cli.replay.exported import drift_of_export
from cli.streams.jsonl import Chunk, chunks, streams_of

WORTH_BYTES = 64 * 1024 * 1024
"""Size of the files from which on the start of processes, half a second each, is worth it."""


class Part(Struct, frozen=True, kw_only=True):
    """What a chunk adds to the comparison."""

    found: list[Drift]
    streams: int
    rows: int


def drift_of_files(paths: Iterable[Path], tally: Tally, processes: int) -> Iterator[Drift]:
    """Yield each row that differs from what its stream gives, in the order of the files.

    Raises:
        BadExportError: a file is no export of `ecsrunner log export`.
        OSError: a file can't be read.
    """
    under_way: deque[Future[Part]] = deque()
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        try:
            for chunk in (chunk for path in paths for chunk in chunks(path)):
                under_way.append(pool.submit(compared, chunk))
                if len(under_way) > 2 * processes:
                    yield from _added(under_way.popleft().result(), tally)
            while under_way:
                yield from _added(under_way.popleft().result(), tally)
        finally:
            for one in under_way:
                one.cancel()


def compared(chunk: Chunk) -> Part:
    """Compare the streams of a chunk. A worker runs this."""
    tally = Tally()
    found = list(drift_of_export(streams_of(chunk), tally))
    return Part(found=found, streams=tally.streams, rows=tally.rows)


def _added(part: Part, tally: Tally) -> Iterator[Drift]:
    tally.streams += part.streams
    tally.rows += part.rows
    tally.seen()
    for one in part.found:
        tally.add(one)
        yield one
