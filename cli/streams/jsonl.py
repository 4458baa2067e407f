"""Exported streams as JSON Lines: one object a line, the lines of a stream in order.

The first line describes the file. Then, for each stream, a line for each of its events, with the
text as it is stored, and a line for each of its rows in the runners table. Rows of runners that no
stream has are at the end, with an empty stream. So a reader needs few streams in memory, at any
size of the file. Files whose names end in `.gz` are compressed.
"""

import gzip
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import IO, Any

import msgspec
from msgspec import Raw, Struct

from cli.streams.exported import BadExportError, ExportedStream
from cli.streams.stored import StoredStream, stored
from shared.domain import codec
from shared.domain.bounds import Time
from shared.domain.projection import RunnerRow

FORMAT = "ecsrunner-log/1"
"""The format and its version, in the first line."""


class Header(Struct, frozen=True, kw_only=True):
    """The first line of an export.

    Attributes:
        format: `ecsrunner-log/1`.
        exported_at: When the export began.
    """

    format: str
    exported_at: Time


class EventLine(Struct, frozen=True, kw_only=True):
    """An event of a stream.

    Attributes:
        event: The event as it is stored.
    """

    stream: str
    seq: int
    event: Raw


class RowLine(Struct, frozen=True, kw_only=True):
    """A row of the runners table.

    Attributes:
        stream: The stream of the runner; "" if no stream has such a runner.
        row: The row as it is stored, without fields that are not set.
    """

    stream: str
    row: RunnerRow


_NO_EVENT = Raw()


class _Line(Struct, frozen=True, kw_only=True):
    """Either of both."""

    stream: str
    seq: int = 0
    event: Raw = _NO_EVENT
    row: RunnerRow | None = None


class Chunk(Struct, frozen=True, kw_only=True):
    """Consecutive lines of a file, of whole streams. `first` is the number of the first line."""

    path: str
    first: int
    lines: list[bytes]


CHUNK = 2000
"""Number of lines from which on a chunk ends with its stream: about 1 MB."""
_NAME = re.compile(rb'\{"stream":"([^"]*)"')
_encoder = msgspec.json.Encoder()
_line = msgspec.json.Decoder(_Line)
_header = msgspec.json.Decoder(Header)


def write(exported: Iterable[ExportedStream], now: datetime) -> Iterator[bytes]:
    """Yield the lines of an export. Streams that can't be read must not be among them."""
    yield _encoder.encode(Header(format=FORMAT, exported_at=now)) + b"\n"
    for one in exported:
        stream = str(one.stored.stream)
        for event in one.stored.recorded:
            text = Raw(event.text.encode())
            yield _encoder.encode(EventLine(stream=stream, seq=event.seq, event=text)) + b"\n"
        for row in one.rows.values():
            yield _encoder.encode(RowLine(stream=stream, row=row)) + b"\n"


def read(path: Path) -> Iterator[ExportedStream]:
    """Yield the streams of a file.

    An event that can't be decoded is its stream's problem.

    Raises:
        BadExportError: the file is no export, or a line is none of one.
        OSError: the file can't be read.
    """
    for chunk in chunks(path):
        yield from streams_of(chunk)


def chunks(path: Path) -> Iterator[Chunk]:
    """Yield the lines of a file in chunks of whole streams.

    Raises:
        BadExportError: the file is no export.
        OSError: the file can't be read.
    """
    with _opened(path) as file:
        _check(path, next(iter(file), b""))
        lines: list[bytes] = []
        first, before = 2, None
        for number, text in enumerate(file, start=2):
            found = _NAME.match(text)
            name = found[1] if found else None
            if len(lines) >= CHUNK and name != before:
                yield Chunk(path=str(path), first=first, lines=lines)
                first, lines = number, []
            lines.append(text)
            before = name
        if lines:
            yield Chunk(path=str(path), first=first, lines=lines)


def streams_of(chunk: Chunk) -> Iterator[ExportedStream]:
    """Yield the streams of a chunk.

    Raises:
        BadExportError: a line is none of an export.
    """
    numbered = enumerate(chunk.lines, start=chunk.first)
    lines = (_decoded(chunk.path, number, text) for number, text in numbered)
    for name, group in groupby(lines, key=lambda line: line.stream):
        yield _stream(name, list(group))


def _opened(path: Path) -> IO[bytes] | gzip.GzipFile:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def _check(path: Path, first: bytes) -> None:
    try:
        header = _header.decode(first)
    except (msgspec.DecodeError, OSError) as error:
        raise BadExportError(
            f"{path} is no file of `ecsrunner log export`: its first line is not {FORMAT}"
        ) from error
    if header.format != FORMAT:
        raise BadExportError(f"{path} has the format {header.format}; this version reads {FORMAT}")


def _decoded(path: str, number: int, text: bytes) -> _Line:
    try:
        return _line.decode(text)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise BadExportError(f"{path} line {number} is not one of an export: {error}") from error


def _stream(name: str, lines: list[_Line]) -> ExportedStream:
    events = [line for line in lines if line.event is not _NO_EVENT]
    rows = {line.row.runner_id: line.row for line in lines if line.row is not None}

    def recorded() -> list[Any]:
        texts = ((one.seq, bytes(one.event).decode()) for one in events)
        return [codec.recorded(name, seq, text) for seq, text in texts]

    found = stored(name, recorded) if events else StoredStream(stream=name)
    return ExportedStream(stored=found, rows=rows)
