"""Compares the rows of one stream with the stored ones, and writes those that differ.

It is safe while the fleet is running: a difference counts only if the stream did not grow
meanwhile, and if it did, the row is written again.
"""

from msgspec.structs import asdict, replace

from cli.replay.drift import Drift, FieldDifference, Kind
from shared.domain.history import JobHistory
from shared.domain.projection import RunnerRow
from shared.domain.unreadable import Unreadable
from shared.engine.transact import load
from shared.ports import Conflict, EventLog, RunnersTable

TRIES = 20
"""Maximum number of reads of a stream that grows while it is compared: more than a job's events."""

Found = tuple[JobHistory, tuple[Drift, ...]]


def compare(table: RunnersTable, row: RunnerRow) -> Drift | None:
    """Return how the stored row differs from `row`, which the log gives, or None."""
    try:
        stored = table.get(row.runner_id, expected=row)
    except Unreadable as error:
        return Drift(key=row.runner_id, kind=Kind.UNREADABLE, problem=error.problem)
    return difference(row, stored)


def difference(row: RunnerRow, stored: RunnerRow | None) -> Drift | None:
    """Return how a stored row differs from `row`, which the log gives, or None."""
    if stored is None:
        return Drift(key=row.runner_id, kind=Kind.MISSING)
    if stored == row:
        return None
    has = asdict(stored)
    differences = tuple(
        FieldDifference(field=name, log=value, table=has[name])
        for name, value in asdict(row).items()
        if value != has[name]
    )
    return Drift(key=row.runner_id, kind=Kind.DIFFERS, differences=differences)


def settled(log: EventLog, table: RunnersTable, history: JobHistory) -> Found:
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


def repaired(
    log: EventLog, table: RunnersTable, history: JobHistory, found: tuple[Drift, ...]
) -> Found:
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
