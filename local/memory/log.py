"""The event log and the runners table in memory, as strict as the ones in DynamoDB."""

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from shared.adapters import items
from shared.domain.events import Recorded
from shared.domain.projection import RunnerRow
from shared.domain.slots import Change, Slots, applied
from shared.ports import Append, Conflict


class MemoryEventLog:
    """`EventLog` in two dicts under one lock. `rows` is what `MemoryRunnersTable` reads."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.events: dict[str, list[Recorded]] = {}
        self.rows: dict[str, RunnerRow] = {}
        self.counter = Slots()
        self.nudges: list[tuple[str, str, str]] = []
        """(route, stream, event id) of every event that nudges: the outbox of this log."""

    def read(self, stream: str) -> list[Recorded]:
        """See `EventLog.read`."""
        with self.lock:
            return list(self.events.get(stream, ()))

    def slots(self) -> Slots:
        """See `EventLog.slots`."""
        with self.lock:
            return self.counter

    def append(
        self, appends: Sequence[Append], rows: Sequence[RunnerRow], change: Change | None = None
    ) -> None:
        """See `EventLog.append`."""
        new = list(items.event_items(appends))
        items.check_size([*new, *map(items.row_item, rows)])
        with self.lock:
            self._check(appends, rows)
            counter = applied(self.counter, change) if change else self.counter
            if counter is None:
                raise Conflict("the counter has no room, or the circuit breaker has changed")
            self.counter = counter
            for item in new:
                event = items.event_of(item)
                self.events.setdefault(event.stream, []).append(event)
                if "route" in item:
                    self.nudges.append((item["route"]["S"], event.stream, event.event.id))
            self.rows.update((row.runner_id, row) for row in rows)

    def streams(self) -> Iterator[tuple[str, list[Recorded]]]:
        """See `EventLog.streams`."""
        for stream in list(self.events):
            yield stream, self.read(stream)

    def _check(self, appends: Sequence[Append], rows: Sequence[RunnerRow]) -> None:
        for append in appends:
            if len(self.events.get(append.stream, ())) != append.after:
                raise Conflict(f"{append.stream} no longer ends at {append.after}")
        for row in rows:
            stored = self.rows.get(row.runner_id)
            if stored is not None and stored.version >= row.version:
                raise Conflict(f"{row.runner_id} is at version {stored.version} already")


class MemoryRunnersTable:
    """`RunnersTable` over the rows of a `MemoryEventLog`."""

    def __init__(self, log: MemoryEventLog) -> None:
        self._log = log

    def get(self, runner_id: str) -> RunnerRow | None:
        """See `RunnersTable.get`."""
        return self._log.rows.get(runner_id)

    def by_status(
        self, status: str, limit: int | None = None, *, oldest_first: bool = False
    ) -> Iterator[RunnerRow]:
        """See `RunnersTable.by_status`."""
        found = [row for row in self.all() if row.status == status]
        yield from sorted(found, key=lambda row: row.status_at, reverse=not oldest_first)[:limit]

    def due(self, now: datetime, limit: int) -> list[RunnerRow]:
        """See `RunnersTable.due`."""
        found = [(row.deadline, row) for row in self.all() if row.deadline is not None]
        passed = sorted((pair for pair in found if pair[0] <= now), key=lambda pair: pair[0])
        return [row for _, row in passed[:limit]]

    def waiting(self, limit: int) -> list[RunnerRow]:
        """See `RunnersTable.waiting`."""
        found = [(items.row_item(row), row) for row in self.all() if row.awaits is not None]
        return [row for _, row in sorted(found, key=lambda one: one[0]["queued_at"]["S"])[:limit]]

    def all(self) -> Iterator[RunnerRow]:
        """See `RunnersTable.all`."""
        with self._log.lock:
            rows = list(self._log.rows.values())
        yield from rows

    def overwrite(self, row: RunnerRow) -> None:
        """See `RunnersTable.overwrite`."""
        with self._log.lock:
            self._log.rows[row.runner_id] = row

    def overwrite_slots(self, slots: Slots, before: Slots) -> None:
        """See `RunnersTable.overwrite_slots`."""
        with self._log.lock:
            if self._log.counter.shards != before.shards:
                raise Conflict("the counter has changed")
            pairs = zip(slots.shards, before.shards, strict=True)
            shards = tuple(replace(new, changes=old.changes + 1) for new, old in pairs)
            self._log.counter = replace(self._log.counter, shards=shards)

    def delete(self, runner_id: str) -> None:
        """See `RunnersTable.delete`."""
        with self._log.lock:
            self._log.rows.pop(runner_id, None)
