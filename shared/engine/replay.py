"""The runners table against the log: what differs, and how it is put right.

Every stream is folded and its rows are compared with those stored, one stream at a time, so a log
of any length fits into memory: only the runner ids that the log knows are kept. It is safe on a
fleet at work: what looks like drift counts only if the stream did not grow meanwhile, and a row is
written again when it did.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from shared.domain.history import JobHistory, read_job
from shared.domain.names import home_job, stream_job
from shared.domain.projection import RunnerRow
from shared.domain.slots import Shard, Slots, counted
from shared.engine.journal import load_job
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
    """The row is there and can't be read as one."""


class Difference(Struct, frozen=True, kw_only=True):
    """One field of a row, as the log gives it and as the table has it."""

    field: str
    log: object
    table: object


class Drift(Struct, frozen=True, kw_only=True):
    """One row on which the table and the log disagree."""

    runner_id: str
    kind: Kind
    differences: tuple[Difference, ...] = ()
    problem: str = ""


@dataclass
class Tally:
    """What a walk has seen so far; `seen` is told after each stream and each row looked at."""

    streams: int = 0
    rows: int = 0
    drifting: int = 0
    seen: Callable[[], None] = field(default=lambda: None)


def drift(
    log: EventLog, table: RunnersTable, tally: Tally, *, mend: bool = False
) -> Iterator[Drift]:
    """Every row on which log and table disagree; with `mend`, each is put right before it is told.

    Raises:
        Conflict: a stream grew on each of many tries.
        Refused, Unavailable, CodecError: the log or the table can't be read.
    """
    known: set[str] = set()
    before, counter = log.slots(), counted(())
    for stream, recorded in log.streams():
        job_id = stream_job(stream)
        if job_id is None:
            continue
        history, found = _settled(log, table, read_job(job_id, recorded))
        if found and mend:
            history = _write(log, table, history)
        known.update(history.rows)
        counter = _added(counter, counted([history.state]))
        tally.streams += 1
        tally.rows += len(history.rows)
        tally.seen()
        yield from _counted(found, tally)
    yield from _counted(_foreign(log, table, known, tally, mend=mend), tally)
    yield from _counted(_slots(log, table, before, counter, mend=mend), tally)


def _added(one: Shards, other: Shards) -> Shards:
    pairs = zip(one, other, strict=True)
    return tuple(Shard(held=a.held + b.held, awaited=a.awaited + b.awaited) for a, b in pairs)


def _slots(
    log: EventLog, table: RunnersTable, before: Slots, counter: Shards, *, mend: bool
) -> Iterator[Drift]:
    """Whether the fleet's counter is what the streams add up to, if it stood still meanwhile.

    The circuit breaker is not compared: it reflects recent launches only, and expires.
    """
    stored = log.slots()
    differences = tuple(
        Difference(field=f"{name} in shard {number}", log=getattr(one, name), table=value)
        for number, (one, other) in enumerate(zip(counter, stored.shards, strict=True))
        for name, value in (("held", other.held), ("awaited", other.awaited))
        if getattr(one, name) != value
    )
    if not differences or stored.shards != before.shards:
        return
    if mend:
        table.overwrite_slots(Slots(shards=counter), before)
    yield Drift(runner_id="(slots)", kind=Kind.DIFFERS, differences=differences)


def compare(table: RunnersTable, row: RunnerRow) -> Drift | None:
    """How the stored row differs from `row`, which the log gives; None if it does not."""
    try:
        stored = table.get(row.runner_id)
    except msgspec.ValidationError as error:
        return Drift(runner_id=row.runner_id, kind=Kind.UNREADABLE, problem=str(error))
    if stored is None:
        return Drift(runner_id=row.runner_id, kind=Kind.MISSING)
    if stored == row:
        return None
    has = asdict(stored)
    differences = tuple(
        Difference(field=name, log=value, table=has[name])
        for name, value in asdict(row).items()
        if value != has[name]
    )
    return Drift(runner_id=row.runner_id, kind=Kind.DIFFERS, differences=differences)


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
        again = load_job(log, history.state.job_id)
        if again.seq == history.seq:
            return history, found
        history = again
    raise Conflict(f"{history.stream}: grew each time it was compared with its rows")


def _write(log: EventLog, table: RunnersTable, history: JobHistory) -> JobHistory:
    """Write what differs, until the stream did not grow meanwhile: then no newer row was lost."""
    for _ in range(TRIES):
        for row in history.rows.values():
            if compare(table, row):
                table.overwrite(row)
        again = load_job(log, history.state.job_id)
        if again.seq == history.seq:
            return history
        history = again
    raise Conflict(f"{history.stream}: grew each time its rows were written")


def _foreign(
    log: EventLog, table: RunnersTable, known: set[str], tally: Tally, *, mend: bool
) -> Iterator[Drift]:
    try:
        for row in table.all():
            tally.seen()
            if row.runner_id in known or _given(log, row.runner_id):
                continue
            if mend:
                _remove(log, table, row.runner_id)
            yield Drift(runner_id=row.runner_id, kind=Kind.UNKNOWN)
    except msgspec.ValidationError as error:
        # The walk over the table ends here; rows of the log were compared one by one before.
        yield Drift(runner_id="?", kind=Kind.UNREADABLE, problem=f"{error}; rows after it not seen")


def _remove(log: EventLog, table: RunnersTable, runner_id: str) -> None:
    table.delete(runner_id)
    row = _given(log, runner_id)
    if row:
        table.overwrite(row)


def _given(log: EventLog, runner_id: str) -> RunnerRow | None:
    """The row that the log gives by now: the runner may have come after its stream was read."""
    job_id = home_job(runner_id)
    return load_job(log, job_id).rows.get(runner_id) if job_id is not None else None


def _counted(found: Iterator[Drift] | tuple[Drift, ...], tally: Tally) -> Iterator[Drift]:
    for one in found:
        tally.drifting += 1
        yield one
