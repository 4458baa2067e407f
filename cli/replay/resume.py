"""The progress file of `replay rebuild --resume`: the jobs whose rows are right already.

A resumed rebuild folds all streams again, so that it finds foreign rows and counts slots, but
neither compares nor writes the rows of these jobs. Nothing is lost by that: a stream that grew
since was written together with its rows. The file has some five bytes a job.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from pathlib import Path

import msgspec
from msgspec import Struct

FORMAT = "ecsrunner-rebuild/1"
EVERY = timedelta(seconds=10)
"""How often the file is written while the rebuild goes on; at its end and at an error, too."""


class BadProgressError(ValueError):
    """The file can't be used, or is one of other tables; the message names the reason."""


class _Content(Struct, frozen=True, kw_only=True):
    """The file. `done` has each job's id as its distance to the one before, in their order."""

    format: str
    events_table: str
    runners_table: str
    done: list[int]


class Progress:
    """The jobs that are done.

    Args:
        path: The file. If it does not exist, nothing is done.
        events_table, runners_table: The names of the tables of this rebuild.
        now: Returns the time.

    Raises:
        BadProgressError: the file can't be read, or is not one of a rebuild of these tables.
    """

    def __init__(
        self, path: Path, events_table: str, runners_table: str, now: Callable[[], datetime]
    ) -> None:
        self._path = path
        self._tables = (events_table, runners_table)
        self._now = now
        self._written_at = now()
        self.done: set[int] = set(self._read()) if path.exists() else set()

    def add(self, jobs: Iterable[int]) -> None:
        """Add jobs whose rows are right, and write the file if it is time."""
        self.done.update(jobs)
        if self._now() - self._written_at >= EVERY:
            self.save()

    def save(self) -> None:
        """Write the file. Another process sees the whole old file or the whole new one.

        Raises:
            BadProgressError: the file can't be written.
        """
        events, runners = self._tables
        jobs = sorted(self.done)
        content = _Content(
            format=FORMAT,
            events_table=events,
            runners_table=runners,
            done=[*jobs[:1], *(after - before for before, after in pairwise(jobs))],
        )
        beside = self._path.with_name(f"{self._path.name}.new")
        try:
            with beside.open("wb") as file:
                file.write(msgspec.json.encode(content))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        except OSError as error:
            raise BadProgressError(f"{self._path} can't be written: {error}") from error
        self._written_at = self._now()

    def finish(self) -> None:
        """Remove the file, since there is nothing to resume."""
        self._path.unlink(missing_ok=True)

    def _read(self) -> Iterator[int]:
        try:
            content = msgspec.json.decode(self._path.read_bytes(), type=_Content)
        except OSError as error:
            raise BadProgressError(f"{self._path} can't be read: {error}") from error
        except msgspec.DecodeError as error:
            raise BadProgressError(f"{self._path} is no progress file of a rebuild") from error
        if content.format != FORMAT:
            raise BadProgressError(
                f"{self._path} has the format {content.format}; this version reads {FORMAT}"
            )
        found = (content.events_table, content.runners_table)
        if found != self._tables:
            raise BadProgressError(
                f"{self._path} is the progress of a rebuild from {found[0]} into {found[1]}; this "
                f"one is from {self._tables[0]} into {self._tables[1]}; name another file"
            )
        return accumulate(content.done)
