"""The event log, and the projection that is written in the same transaction."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from shared.domain.events import Event, Recorded
from shared.domain.projection import RunnerRow
from shared.domain.slot.counter import Change, RateLimit, Slots
from shared.domain.unreadable import Unreadable


class Append(Struct, frozen=True, kw_only=True):
    """New events for one stream, on condition that it still ends at `after`.

    `routes[i]` names the queue that `events[i]` nudges, or is None.
    """

    stream: str
    after: int
    events: tuple[Event, ...]
    routes: tuple[str | None, ...]


class EventLog(Protocol):
    """The log of immutable events and, in the same transaction, the rows of the projection."""

    def read(self, stream: str) -> list[Recorded]:
        """All events of a stream in order, read consistently; empty if there is no such stream.

        Raises:
            Unreadable: names the event that is not one.
        """
        ...

    def slots(self) -> Slots:
        """The fleet's counter of slots and its circuit breaker, read consistently.

        Raises:
            Unreadable: names the part of the counter.
        """
        ...

    def limit_launches(self, limit: RateLimit) -> None:
        """Store GitHub's rate limit beside the counter, unless a later one is stored.

        Raises:
            Unavailable: maybe it was not stored.
        """
        ...

    def append(
        self, appends: Sequence[Append], rows: Sequence[RunnerRow], change: Change | None = None
    ) -> None:
        """Append to all streams, write all rows and change the counter; or do nothing.

        Raises:
            Conflict: a stream no longer ends where its `Append` says, a row is not older than
                the one stored, or what the change demands of the counter does not hold.
            AppendTooLarge: more than 100 items, or an item over 400 KB.
            Unavailable: throttled; nothing was written.
        """
        ...

    def streams(self) -> Iterator[str]:
        """Every stream's name, in no particular order. For tools: no function scans."""
        ...


class RunnersTable(Protocol):
    """The projection that people and the Janitor read. Nothing is decided from it.

    A listing leaves out a row that can't be read and reports it; the others follow.
    """

    def get(self, runner_id: str) -> RunnerRow | None:
        """One row, read consistently.

        Raises:
            Unreadable: the row is there and can't be read.
        """
        ...

    def by_status(
        self, status: str, limit: int | None = None, *, oldest_first: bool = False
    ) -> Iterator[RunnerRow]:
        """Rows of a status, newest change first unless `oldest_first`."""
        ...

    def due(self, now: datetime, limit: int) -> list[int]:
        """Jobs with a row whose deadline is not after `now`, the oldest deadline first.

        At most `limit` rows are looked at. Only their keys are read, so a damaged one counts, too.
        """
        ...

    def waiting(self, limit: int) -> list[int]:
        """Jobs that wait for a slot, in order of arrival. See `due`."""
        ...

    def all(self) -> Iterator[RunnerRow]:
        """Every row, in no particular order. For tools: no function scans."""
        ...

    def ids(self) -> Iterator[str]:
        """The key of every row, readable or not, in no particular order. For tools."""
        ...

    def overwrite(self, row: RunnerRow) -> None:
        """Write the row unconditionally (the replay tool's rebuild)."""
        ...

    def overwrite_slots(self, slots: Slots, before: Slots) -> None:
        """Write the counter's shards in place of those `before` (the replay tool's rebuild).

        Raises:
            Conflict: they have changed meanwhile.
        """
        ...

    def counter(self) -> tuple[Slots, tuple[Unreadable, ...]]:
        """The fleet's counter as stored, and those of its parts that can't be read: zero there."""
        ...

    def overwrite_part(self, key: str, slots: Slots) -> None:
        """Write one part of the counter in place of one that can't be read (rebuild).

        No append can change such a part, so it is what the streams add up to.
        """
        ...

    def delete(self, runner_id: str) -> None:
        """Remove a row that the log does not know (the replay tool's rebuild)."""
        ...
