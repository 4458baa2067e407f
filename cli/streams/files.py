"""Exports in files: those of `ecsrunner log export`, and DynamoDB's own in a folder."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from cli.streams import jsonl, s3_export
from cli.streams.exported import ExportedStream


def read_exports(paths: Iterable[Path]) -> Iterator[ExportedStream]:
    """Yield the streams of all files and folders, one after the other.

    Raises:
        BadExportError: something is no export.
        OSError: something can't be read.
    """
    for path in paths:
        yield from s3_export.read(path) if path.is_dir() else jsonl.read(path)
