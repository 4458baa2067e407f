"""A recording: the demands of its jobs in order of time, and the policy that it shows.

The demands are sorted in a temporary database on disk, so memory does not grow with their number.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

import msgspec

from cli.streams.stored import StoredStream
from cli.whatif.assumed import Durations, Medians
from cli.whatif.baseline import Baseline
from cli.whatif.observed import Demand, demand_of
from shared.domain.policy import Policy
from shared.domain.state import State
from shared.domain.stream import NoSuchStream
from shared.domain.unreadable import Unreadable

_ORDERED = "SELECT demand FROM demands INDEXED BY by_time ORDER BY queued_at, job_id"
"""Reads them in the order of an index. Sorting them would write all of them once more."""
_PAGES = "PRAGMA page_size = 32768"
"""Demands take about 2 kB, and two would not fit in a page of the default size."""


def stored_demands(path: Path) -> Iterator[Demand]:
    """Yield the demands of a recording's database in the order in which GitHub queued the jobs."""
    decode = msgspec.msgpack.Decoder(Demand).decode
    with closing(sqlite3.connect(path)) as database:
        found: Iterable[tuple[bytes]] = database.execute(_ORDERED)
        yield from (decode(demand) for (demand,) in found)


class Recording:
    """The jobs of some streams. Use it as a context manager.

    Attributes:
        jobs: How many there are.
        unfinished: How many of them had not ended.
        unreadable: What could not be read, and is left out.
        ends_at: The time of the last event.
        path: The database.
    """

    def __init__(self) -> None:
        self.jobs = 0
        self.unfinished = 0
        self.unreadable: list[Unreadable] = []
        self.ends_at: datetime | None = None
        self._begins_at: datetime | None = None
        self._medians = Medians()
        self._baseline = Baseline()
        self._room = TemporaryDirectory()
        self.path = Path(self._room.name) / "demands"
        self._database = sqlite3.connect(self.path)
        self._database.execute(_PAGES)
        self._database.execute("CREATE TABLE demands (queued_at REAL, job_id INTEGER, demand BLOB)")

    def __enter__(self) -> Self:
        """Return the recording."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Delete the database."""
        self._database.close()
        self._room.cleanup()

    def read(self, streams: Iterable[StoredStream]) -> None:
        """Add the jobs of all streams. Streams of images are left out."""
        self._database.executemany("INSERT INTO demands VALUES (?, ?, ?)", self._rows(streams))
        self._database.execute("CREATE INDEX IF NOT EXISTS by_time ON demands (queued_at, job_id)")
        self._database.commit()

    def period(self) -> tuple[datetime, datetime]:
        """Return when the first job was queued, and the time of the last event.

        Raises:
            ValueError: there are no jobs.
        """
        if self._begins_at is None or self.ends_at is None:
            raise ValueError("a recording without jobs has no period")
        return self._begins_at, self.ends_at

    @property
    def durations(self) -> Durations:
        """The medians of its durations."""
        return self._medians.durations()

    @property
    def policy(self) -> Policy:
        """The policy under which the jobs ran, as far as the recording shows it."""
        return self._baseline.policy()

    @property
    def regions(self) -> tuple[str, ...]:
        """The Regions of the tasks."""
        return self._baseline.regions

    @property
    def region(self) -> str:
        """The Region in which a run launches its tasks; empty if the recording has no task."""
        return self.regions[-1] if self.regions else ""

    @property
    def unknown(self) -> tuple[str, ...]:
        """What the recording does not show of the policy, and what is assumed."""
        return self._baseline.assumptions()

    def demands(self) -> Iterator[Demand]:
        """Return the demands in the order in which GitHub queued the jobs."""
        return stored_demands(self.path)

    def _rows(self, streams: Iterable[StoredStream]) -> Iterator[tuple[float, int, bytes]]:
        for stream in streams:
            demand = self._demand(stream)
            if demand is not None:
                self.jobs += 1
                self.unfinished += not demand.has_ended
                self._begins_at = min(demand.queued_at, self._begins_at or demand.queued_at)
                self._medians.add(demand)
                at = demand.queued_at.timestamp()
                yield at, demand.job_id, msgspec.msgpack.encode(demand)

    def _demand(self, stream: StoredStream) -> Demand | None:
        try:
            history: Any = stream.history()
        except NoSuchStream:
            return None
        except Unreadable as error:
            self.unreadable.append(error)
            return None
        if not isinstance(history.state, State) or not stream.recorded:
            return None
        last = max(one.event.recorded_at for one in stream.recorded)
        self.ends_at = max(last, self.ends_at or last)
        self._baseline.add(history, stream.recorded)
        return demand_of(history, stream.recorded)
