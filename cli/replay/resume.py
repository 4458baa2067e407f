"""The progress file of `replay rebuild --resume`: the jobs whose rows are right already.

A resumed rebuild folds all streams again, so that it finds foreign rows and counts slots, but
neither compares nor writes the rows of these jobs, unless their streams have grown since: another
table than the live one does not get the rows of new events. The file has some seven bytes a job.
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
    """The file.

    Attributes:
        jobs: Each job's id as its distance to the one before, in their order.
        events: The number of events of each of these jobs.
    """

    format: str
    events_table: str
    runners_table: str
    jobs: list[int]
    events: list[int]


class Progress:
    """The jobs that are done, each with the number of events that its rows were compared at.

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
        self.done: dict[int, int] = dict(self._read()) if path.exists() else {}

    def add(self, jobs: Iterable[tuple[int, int]]) -> None:
        """Add jobs whose rows are right, with their numbers of events; write the file if due."""
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
            jobs=[*jobs[:1], *(after - before for before, after in pairwise(jobs))],
            events=[self.done[job] for job in jobs],
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

    def _read(self) -> Iterator[tuple[int, int]]:
        try:
            content = msgspec.json.decode(self._path.read_bytes(), type=_Content)
        except OSError as error:
            raise BadProgressError(f"{self._path} can't be read: {error}") from error
        except msgspec.DecodeError as error:
            raise BadProgressError(f"{self._path} is no progress file of a rebuild") from error
        if len(content.jobs) != len(content.events):
            raise BadProgressError(f"{self._path} is damaged: it has not as many events as jobs")
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
        return zip(accumulate(content.jobs), content.events, strict=True)
