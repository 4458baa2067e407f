"""The runners table against the log: what differs, and how it is put right.

Every stream is folded and its rows are compared with those stored, one stream at a time, so a log
of any length fits into memory: only the runner ids that the log knows are kept. It is safe on a
fleet at work: what looks like drift counts only if the stream did not grow meanwhile, and a row is
written again when it did.
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
"""How often a stream that grows while it is compared is read again: more than a job's events."""


class Kind(StrEnum):
    """How a stored row and the log disagree."""

    DIFFERS = "differs"
    """The row is there, with other values than the log gives."""
    MISSING = "missing"
    """The log gives a row that is not there."""
    UNKNOWN = "unknown to the log"
    """The row is there, and the log has no such runner."""
    UNREADABLE = "unreadable"
    """It is there and can't be read: a row, an event, a part of the counter."""


class Difference(Struct, frozen=True, kw_only=True):
    """One field of a row, as the log gives it and as the table has it."""

    field: str
    log: object
    table: object


class Drift(Struct, frozen=True, kw_only=True):
    """One row on which the table and the log disagree, or something that can't be read.

    Attributes:
        key: A runner's id, an event's place, a part of the counter, or "(slots)" for all of it.
        repairable: Whether a rebuild puts it right; after one, whether it did.
    """

    key: str
    kind: Kind
    differences: tuple[Difference, ...] = ()
    problem: str = ""
    repairable: bool = True


@dataclass
class Tally:
    """What a walk has seen so far; `seen` is called after each stream and each row looked at.

    `lost` are the keys that no rebuild can put right.
    """

    streams: int = 0
    rows: int = 0
    drifting: int = 0
    lost: list[str] = field(default_factory=list)
    seen: Callable[[], None] = field(default=lambda: None)


def drift(
    log: EventLog, table: RunnersTable, tally: Tally, *, mend: bool = False
) -> Iterator[Drift]:
    """Every row on which log and table disagree; with `mend`, each is put right before it is told.

    A stream that can't be read is a drift of its own: nothing can be said of its rows, which are
    left as they are, or of how many slots it holds.

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
            if found and mend:
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
    yield from _counted(_foreign(log, table, known, tally, mend=mend), tally)
    damaged = tuple(_damaged(table, counter, mend=mend))
    yield from _counted(damaged, tally)
    if whole and (mend or not damaged):  # else the parts that can't be read would count as zero
        yield from _counted(_slots(table, before, counter, mend=mend), tally)


def _lost(error: Unreadable) -> Drift:
    problem = error.problem
    return Drift(key=error.key, kind=Kind.UNREADABLE, problem=problem, repairable=False)


def _added(one: Shards, other: Shards) -> Shards:
    pairs = zip(one, other, strict=True)
    return tuple(Shard(held=a.held + b.held, awaited=a.awaited + b.awaited) for a, b in pairs)


def _damaged(table: RunnersTable, counter: Shards, *, mend: bool) -> Iterator[Drift]:
    """Parts of the counter that can't be read, for which the streams that can be read are counted.

    No launch goes on before they are put right, so that comes before an exact number.
    """
    for error in table.counter()[1]:
        if mend:
            table.overwrite_part(error.key, Slots(shards=counter))
        yield Drift(key=error.key, kind=Kind.UNREADABLE, problem=error.problem)


def _slots(table: RunnersTable, before: Slots, counter: Shards, *, mend: bool) -> Iterator[Drift]:
    """Whether the fleet's counter is what the streams add up to, if it stood still meanwhile."""
    stored, _ = table.counter()
    differences = _miscounted(counter, stored.shards)
    moved = any(
        now != old and (now.held, now.awaited) != (right.held, right.awaited)
        for now, old, right in zip(stored.shards, before.shards, counter, strict=True)
    )
    if moved or not differences:
        return
    if mend:
        table.overwrite_slots(Slots(shards=counter), stored)
    yield Drift(key="(slots)", kind=Kind.DIFFERS, differences=differences)


def _miscounted(counter: Shards, stored: Shards) -> tuple[Difference, ...]:
    """How the shards differ; the circuit breaker reflects recent launches only, and expires."""
    return tuple(
        Difference(field=f"{name} in shard {number}", log=getattr(one, name), table=value)
        for number, (one, other) in enumerate(zip(counter, stored, strict=True))
        for name, value in (("held", other.held), ("awaited", other.awaited))
        if getattr(one, name) != value
    )


def compare(table: RunnersTable, row: RunnerRow) -> Drift | None:
    """How the stored row differs from `row`, which the log gives; None if it does not."""
    try:
        stored = table.get(row.runner_id)
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
    """The drift of a stream's rows, and the history that they were compared with.

    Rows and events change together: if the stream has not grown since, the rows really differ.
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
    """Write what differs, until the stream did not grow meanwhile: then no newer row was lost.

    The drift that was `found` comes back with what became of it: each row is read again.
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
    log: EventLog, table: RunnersTable, known: set[str], tally: Tally, *, mend: bool
) -> Iterator[Drift]:
    """Rows that the log does not know; what an unreadable stream may know is left alone."""
    for runner_id in table.ids():
        tally.seen()
        try:
            if runner_id in known or _given(log, runner_id):
                continue
            if mend:
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
    """The row that the log gives by now: the runner may have come after its stream was read."""
    if home_job(runner_id) is None:
        return None
    return load(log, StreamId.of_runner(runner_id)).rows.get(runner_id)


def _counted(found: Iterable[Drift], tally: Tally) -> Iterator[Drift]:
    for one in found:
        tally.drifting += 1
        tally.lost += [] if one.repairable else [one.key]
        yield one
