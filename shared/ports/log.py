"""The port to the event log, and to the projection that is written in the same transaction."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from shared.domain.events import Event, Recorded
from shared.domain.notices import Notice
from shared.domain.projection import RunnerRow
from shared.domain.slot.counter import Change, Slots
from shared.domain.slot.rate_limit import RateLimits
from shared.domain.unreadable import Unreadable


class Append(Struct, frozen=True, kw_only=True):
    """New events for one stream, on condition that it still ends at `after`.

    `routes[i]` names the queue that `events[i]` nudges, or is None. The `notices` are of what has
    failed with the last event.
    """

    stream: str
    after: int
    events: tuple[Event, ...]
    routes: tuple[str | None, ...]
    notices: tuple[Notice, ...] = ()


class EventLog(Protocol):
    """The log of immutable events and, in the same transaction, the rows of the projection."""

    def read(self, stream: str) -> list[Recorded]:
        """Return all events of a stream in order, read consistently; empty if there is no stream.

        Raises:
            Unreadable: names the stored event that can't be decoded.
        """
        ...

    def slots(self) -> Slots:
        """Return the slot counter, circuit breaker and rate limits, read consistently.

        Raises:
            Unreadable: names the part of the counter that can't be read.
        """
        ...

    def replace_rate_limits(self, seen: RateLimits, new: RateLimits) -> RateLimits | None:
        """Replace GitHub's rate limits, which are stored beside the counter.

        Returns:
            None if they were replaced; otherwise what they are by now instead of `seen`.

        Raises:
            Unavailable: they may not have been replaced.
            Unreadable: they can't be read.
        """
        ...

    def append(
        self, appends: Sequence[Append], rows: Sequence[RunnerRow], change: Change | None = None
    ) -> None:
        """Append to all streams, write all rows and change the counter, or do nothing.

        Raises:
            Conflict: a stream no longer ends at `after`, a stored row is not older, or a condition
                of the change on the counter does not hold.
            AppendTooLarge: more than 100 items, or an item over 400 KB.
            Unavailable: throttled; nothing was written.
        """
        ...

    def streams(self) -> Iterator[str]:
        """Yield the id of every stream, in no particular order. A scan, which no function uses."""
        ...


class LiveRows(Struct, frozen=True, kw_only=True):
    """What one look at the runners that have not ended has found.

    Attributes:
        rows: The rows that can be read, in no particular order.
        due: The ids of jobs with a row whose deadline has passed, the oldest deadline first. Only
            the rows' keys decide, so damaged rows are included.
    """

    rows: tuple[RunnerRow, ...] = ()
    due: tuple[int, ...] = ()


class RunnersTable(Protocol):
    """The projection that people and the Janitor read. No decision is made from it.

    A listing leaves out each row that can't be read, and reports it.
    """

    def get(self, runner_id: str, expected: RunnerRow | None = None) -> RunnerRow | None:
        """Return one row, read consistently, or None.

        Args:
            expected: A stored row that equals it also has to be where listings look for it.

        Raises:
            Unreadable: the stored row can't be decoded, or is not there.
        """
        ...

    def find(self, runner_ids: Sequence[str]) -> dict[str, RunnerRow]:
        """Return the rows with these ids that there are, read consistently, 100 with a request.

        Raises:
            Unavailable: not all could be read now.
        """
        ...

    def stored_as(self, rows: Sequence[RunnerRow]) -> frozenset[str]:
        """Return the ids of the rows that are stored as given, and where listings look for them.

        Read consistently, 100 with a request. Rows that could not be read now are not among them.
        """
        ...

    def by_status(
        self,
        status: str,
        limit: int | None = None,
        *,
        oldest_first: bool = False,
        until: datetime | None = None,
    ) -> Iterator[RunnerRow]:
        """Yield the rows of a status, newest change first unless `oldest_first`.

        Args:
            limit: The maximum number of rows.
            until: The time of the newest change.
        """
        ...

    def live(self, now: datetime) -> LiveRows:
        """Return the rows of runners that have not ended, and of others that will be due."""
        ...

    def waiting(self, limit: int) -> list[int]:
        """Return the ids of jobs that wait for a slot, in order of arrival.

        At most `limit` rows are read. Only their keys are read, so damaged rows are included.
        """
        ...

    def all(self) -> Iterator[RunnerRow]:
        """Yield every row, in no particular order. A scan, which no function uses."""
        ...

    def ids(self) -> Iterator[str]:
        """Yield the key of every row, readable or not, in no particular order. A scan, too."""
        ...

    def overwrite(self, row: RunnerRow) -> None:
        """Write the row unconditionally. Only `replay rebuild` uses it."""
        ...

    def overwrite_slots(self, slots: Slots, before: Slots) -> None:
        """Replace the counter's shards, which were `before`. Only `replay rebuild` uses it.

        Raises:
            Conflict: the shards have changed since they were read.
        """
        ...

    def counter(self) -> tuple[Slots, tuple[Unreadable, ...]]:
        """Return the stored counter, and its unreadable parts, which are zero in the counter."""
        ...

    def overwrite_part(self, key: str, slots: Slots) -> None:
        """Replace a part of the counter that can't be read. Only `replay rebuild` uses it.

        No append can change such a part, so the sum over the streams is correct.
        """
        ...

    def delete(self, runner_id: str) -> None:
        """Delete a row that is not in the log. Only `replay rebuild` uses it."""
        ...
