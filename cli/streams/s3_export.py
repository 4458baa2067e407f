"""Reads DynamoDB's own exports to S3, after `aws s3 sync`: folders of compressed JSON Lines.

Items come in no documented order, so they are sorted in a temporary database on disk, not in
memory. Source: Amazon DynamoDB Developer Guide, "DynamoDB table export output format": data files
`*.json.gz`, each line `{"Item": {...}}` in DynamoDB JSON.
"""

import gzip
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from cli.streams.exported import BadExportError, ExportedStream
from cli.streams.stored import StoredStream, stored
from shared.adapters.attributes import Item
from shared.adapters.items import event_of, is_row_key, row_of
from shared.domain.names import home_job
from shared.domain.projection import RunnerRow
from shared.domain.stream import StreamId
from shared.domain.unreadable import Unreadable

_ORDERED = "SELECT stream, seq, item FROM items ORDER BY stream, seq"
_ROW = 0
"""The number of a row among its stream's events, which begin with 1."""


def read(folder: Path) -> Iterator[ExportedStream]:
    """Yield the streams of all data files below a folder: of both tables, or of the events alone.

    Raises:
        BadExportError: the folder has no data files, or a line is not an item of the two tables.
        OSError: a file can't be read.
    """
    files = sorted(folder.rglob("*.json.gz"))
    if not files:
        raise BadExportError(f"{folder} has no *.json.gz, as DynamoDB's exports to S3 have")
    with tempfile.TemporaryDirectory() as room:
        database = sqlite3.connect(Path(room) / "items")
        try:
            database.execute("CREATE TABLE items (stream TEXT, seq INTEGER, item BLOB)")
            for file in files:
                database.executemany("INSERT INTO items VALUES (?, ?, ?)", _items(file))
            found: Iterable[tuple[str, int, bytes]] = database.execute(_ORDERED)
            for name, group in groupby(found, key=lambda one: one[0]):
                yield _stream(name, [(seq, msgspec.json.decode(item)) for _, seq, item in group])
        finally:
            database.close()


def _items(file: Path) -> Iterator[tuple[str, int, bytes]]:
    """Yield stream, number and item of each line."""
    with gzip.open(file) as lines:
        for number, text in enumerate(lines, start=1):
            try:
                item: Item = msgspec.json.decode(text)["Item"]
                place = _place(item)
            except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
                problem = f"{file} line {number} is not an item of the fleet's tables"
                raise BadExportError(problem) from error
            if place:
                yield (*place, msgspec.json.encode(item))


def _place(item: Item) -> tuple[str, int] | None:
    """Return the stream and number of an item; None if it is neither an event nor a row."""
    if "stream" in item:
        return item["stream"]["S"], int(item["seq"]["N"])
    key = item["runner_id"]["S"]
    if not is_row_key(key):
        return None
    return ("" if home_job(key) is None else StreamId.of_runner(key)), _ROW


def _stream(name: str, found: list[tuple[int, Any]]) -> ExportedStream:
    events = [item for seq, item in found if seq != _ROW]
    rows = dict(_rows(item for seq, item in found if seq == _ROW))
    whole = StoredStream(stream=name)
    if events:
        whole = stored(name, lambda: [event_of(item) for item in events])
    return ExportedStream(stored=whole, rows=rows)


def _rows(found: Iterable[Item]) -> Iterator[tuple[str, RunnerRow]]:
    """Yield the rows that can be read. Others are missing, which a comparison shows."""
    for item in found:
        try:
            row = row_of(item)
        except Unreadable:
            continue
        yield row.runner_id, row
