"""Compares the runners table with the log, and repairs differences.

Each stream is folded and its rows are compared with the stored rows. Streams are read one at a time
and only runner ids are kept, so memory does not grow with the events. It is safe while the fleet is
running: a difference counts only if the stream did not grow meanwhile, and if it did, the row is
written again.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import asdict, replace

from shared.domain.history import JobHistory
from shared.domain.names import home_job
from shared.domain.projection import RunnerRow
from shared.domain.slot.counter import Shard, Slots, counted
from shared.domain.state import State
from shared.domain.stream import NoSuchStream, StreamId
from shared.domain.unreadable import Unreadable
from shared.engine.transact import load
from shared.ports import Conflict, EventLog, RunnersTable

Shards = tuple[Shard, ...]
TRIES = 20
"""Maximum number of reads of a stream that grows while it is compared: more than a job's events."""


class Kind(StrEnum):
    """How a stored row differs from the log."""

    DIFFERS = "differs"
    """The stored row has other values than the log gives."""
    MISSING = "missing"
    """The log gives a row that is not stored."""
    UNKNOWN = "unknown to the log"
    """A row is stored, but the log has no such runner."""
    UNREADABLE = "unreadable"
    """A stored row, event or part of the counter can't be read."""


class Difference(Struct, frozen=True, kw_only=True):
    """One field of a row with its value in the log and its value in the table."""

    field: str
    log: object
    table: object


class Drift(Struct, frozen=True, kw_only=True):
    """A row that differs between table and log, or an item that can't be read.

    Attributes:
        key: A runner's id, an event's stream and number, a part of the counter, or "(slots)" for
            the whole counter.
        repairable: Whether a rebuild repairs it; after one, whether it did.
    """

    key: str
    kind: Kind
    differences: tuple[Difference, ...] = ()
    problem: str = ""
    repairable: bool = True


@dataclass
class Tally:
    """The progress of a comparison.

    Attributes:
        lost: The keys that no rebuild can repair.
        seen: Called after each stream and each row.
    """

    streams: int = 0
    rows: int = 0
    drifting: int = 0
    lost: list[str] = field(default_factory=list)
    seen: Callable[[], None] = field(default=lambda: None)


def drift(
    log: EventLog, table: RunnersTable, tally: Tally, *, repair: bool = False
) -> Iterator[Drift]:
    """Yield each row that differs between log and table. With `repair`, each is repaired first.

    A stream that can't be read is one drift. Its rows are neither compared nor changed, and its
    slots are not counted.

    Raises:
        Conflict: a stream grew on each of many tries.
        Refused, Unavailable: the log or the table can't be read.
    """
    known: set[str] = set()
    before, _ = table.counter()
    counter, whole = counted(()), True
    for stream in log.streams():
        try:
            history = load(log, stream)
            if not isinstance(history.state, State):
                continue
            history, found = _settled(log, table, history)
            if found and repair:
                history, found = _write(log, table, history, found)
        except NoSuchStream:
            continue
        except Unreadable as error:
            whole = False
            yield from _counted([_lost(error)], tally)
            continue
        known.update(history.rows)
        counter = _added(counter, counted([history.state]))
        tally.streams += 1
        tally.rows += len(history.rows)
        tally.seen()
        yield from _counted(found, tally)
    yield from _counted(_foreign(log, table, known, tally, repair=repair), tally)
    damaged = tuple(_damaged(table, counter, repair=repair))
    yield from _counted(damaged, tally)
    if whole and (repair or not damaged):  # otherwise unreadable parts would count as zero
        yield from _counted(_slots(table, before, counter, repair=repair), tally)


def _lost(error: Unreadable) -> Drift:
    problem = error.problem
    return Drift(key=error.key, kind=Kind.UNREADABLE, problem=problem, repairable=False)


def _added(one: Shards, other: Shards) -> Shards:
    pairs = zip(one, other, strict=True)
    return tuple(Shard(held=a.held + b.held, awaited=a.awaited + b.awaited) for a, b in pairs)


def _damaged(table: RunnersTable, counter: Shards, *, repair: bool) -> Iterator[Drift]:
    """Yield the unreadable parts of the counter. A repair writes the sum over readable streams.

    Launches wait until the parts are repaired, so that is more important than an exact number.
    """
    for error in table.counter()[1]:
        if repair:
            table.overwrite_part(error.key, Slots(shards=counter))
        yield Drift(key=error.key, kind=Kind.UNREADABLE, problem=error.problem)


def _slots(table: RunnersTable, before: Slots, counter: Shards, *, repair: bool) -> Iterator[Drift]:
    """Compare the counter with the sum over all streams, unless it changed meanwhile."""
    stored, _ = table.counter()
    differences = _miscounted(counter, stored.shards)
    moved = any(
        now != old and (now.held, now.awaited) != (right.held, right.awaited)
        for now, old, right in zip(stored.shards, before.shards, counter, strict=True)
    )
    if moved or not differences:
        return
    if repair:
        table.overwrite_slots(Slots(shards=counter), stored)
    yield Drift(key="(slots)", kind=Kind.DIFFERS, differences=differences)


def _miscounted(counter: Shards, stored: Shards) -> tuple[Difference, ...]:
    """Return how the shards differ.

    The circuit breaker is not compared: it reflects recent launches only, and expires.
    """
    return tuple(
        Difference(field=f"{name} in shard {number}", log=getattr(one, name), table=value)
        for number, (one, other) in enumerate(zip(counter, stored, strict=True))
        for name, value in (("held", other.held), ("awaited", other.awaited))
        if getattr(one, name) != value
    )


def compare(table: RunnersTable, row: RunnerRow) -> Drift | None:
    """Return how the stored row differs from `row`, which the log gives, or None."""
    try:
        stored = table.get(row.runner_id, expected=row)
    except Unreadable as error:
        return Drift(key=row.runner_id, kind=Kind.UNREADABLE, problem=error.problem)
    if stored is None:
        return Drift(key=row.runner_id, kind=Kind.MISSING)
    if stored == row:
        return None
    has = asdict(stored)
    differences = tuple(
        Difference(field=name, log=value, table=has[name])
        for name, value in asdict(row).items()
        if value != has[name]
    )
    return Drift(key=row.runner_id, kind=Kind.DIFFERS, differences=differences)


def _settled(
    log: EventLog, table: RunnersTable, history: JobHistory
) -> tuple[JobHistory, tuple[Drift, ...]]:
    """Return the history that a stream's rows were compared with, and their drift.

    Rows and events change in one transaction. So if the stream has not grown since it was read, the
    rows really differ.
    """
    for _ in range(TRIES):
        found = tuple(filter(None, (compare(table, row) for row in history.rows.values())))
        if not found:
            return history, ()
        again = load(log, history.stream)
        if again.seq == history.seq:
            return history, found
        history = again
    raise Conflict(f"{history.stream}: grew each time it was compared with its rows")


def _write(
    log: EventLog, table: RunnersTable, history: JobHistory, found: tuple[Drift, ...]
) -> tuple[JobHistory, tuple[Drift, ...]]:
    """Write the rows that differ, again if the stream grew meanwhile, so that no newer row is lost.

    Returns the history, and the drift that was `found` with its result: each row is read again.
    """
    for _ in range(TRIES):
        for row in history.rows.values():
            if compare(table, row):
                table.overwrite(row)
        left = {row.runner_id for row in history.rows.values() if compare(table, row)}
        again = load(log, history.stream)
        if again.seq == history.seq:
            return history, tuple(replace(one, repairable=one.key not in left) for one in found)
        history = again
    raise Conflict(f"{history.stream}: grew each time its rows were written")


def _foreign(
    log: EventLog, table: RunnersTable, known: set[str], tally: Tally, *, repair: bool
) -> Iterator[Drift]:
    """Yield rows that are not in the log. Rows of an unreadable stream are left unchanged."""
    for runner_id in table.ids():
        tally.seen()
        try:
            if runner_id in known or _given(log, runner_id):
                continue
            if repair:
                _remove(log, table, runner_id)
        except Unreadable:
            continue
        yield Drift(key=runner_id, kind=Kind.UNKNOWN)


def _remove(log: EventLog, table: RunnersTable, runner_id: str) -> None:
    table.delete(runner_id)
    row = _given(log, runner_id)
    if row:
        table.overwrite(row)


def _given(log: EventLog, runner_id: str) -> RunnerRow | None:
    """Return the row in the log now, since the runner may be newer than the first read."""
    if home_job(runner_id) is None:
        return None
    return load(log, StreamId.of_runner(runner_id)).rows.get(runner_id)


def _counted(found: Iterable[Drift], tally: Tally) -> Iterator[Drift]:
    for one in found:
        tally.drifting += 1
        tally.lost += [] if one.repairable else [one.key]
        yield one
