"""The checks of the tables: the log with its stream, the projection, the counter of slots."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from cli.doctor.context import Context
from cli.doctor.errors import is_missing
from cli.doctor.finding import Finding, problem, warning
from cli.render.text import when
from cli.replay.drift import Drift, Kind
from cli.replay.rows import compare
from shared.adapters.runners_table import BY_DEADLINE, BY_STATUS
from shared.adapters.waiting_jobs import BY_ARRIVAL
from shared.domain.history import JobHistory
from shared.domain.names import home_job
from shared.domain.projection import RunnerRow
from shared.domain.stream import StreamId
from shared.domain.unreadable import Unreadable
from shared.engine.transact import load

_INDEXES = (BY_STATUS, BY_DEADLINE, BY_ARRIVAL)
_APPLY = "terraform apply"
_REBUILD = "`ecsrunner replay verify` names all rows, `ecsrunner replay rebuild` repairs them."


def tables(context: Context) -> Iterator[Finding]:
    """Yield tables and indexes that are missing or not active.

    Source: Amazon DynamoDB API Reference, TableDescription.
    """
    mine = context.settings
    for name in (mine.events_table, mine.runner_table):
        found = table(context, name)
        if found is None:
            lost = (
                "events are lost: restore them from a backup" if name == mine.events_table else ""
            )
            how = f"{_APPLY} creates it; `ecsrunner replay rebuild` fills the runners table. {lost}"
            yield problem(name, "the table does not exist", how.strip())
        elif found["TableStatus"] not in ("ACTIVE", "UPDATING"):
            status = found["TableStatus"]
            yield problem(name, f"the table is {status}", "Wait, or restore it from a backup.")
        elif name == mine.runner_table:
            yield from _indexes(name, found)
        else:
            yield from _stream(name, found)


def table(context: Context, name: str) -> dict[str, Any] | None:
    """Return the description of a table, or None if it does not exist."""
    return context.once(("table", name), lambda: _described(context, name))


def _described(context: Context, name: str) -> dict[str, Any] | None:
    try:
        found = context.client("dynamodb").describe_table(TableName=name)["Table"]
    except ClientError as error:
        if is_missing(error):
            return None
        raise
    return dict(found)


def _indexes(name: str, table: dict[str, Any]) -> Iterator[Finding]:
    found = {one["IndexName"]: one for one in table.get("GlobalSecondaryIndexes", [])}
    for index in _INDEXES:
        status = found.get(index, {}).get("IndexStatus", "missing")
        if status not in ("ACTIVE", "UPDATING"):
            yield problem(f"{name}/{index}", f"the index is {status}", f"{_APPLY} creates it.")


def _stream(name: str, table: dict[str, Any]) -> Iterator[Finding]:
    stream = table.get("StreamSpecification", {})
    if not stream.get("StreamEnabled"):
        yield problem(
            name,
            "its stream is off, so the outbox sends no nudges and jobs wait for the Janitor",
            f"Enable it: {_APPLY}, which also maps the new stream.",
        )
    elif stream.get("StreamViewType") != "NEW_AND_OLD_IMAGES":
        view = stream.get("StreamViewType")
        yield problem(name, f"its stream has {view} only", f"{_APPLY} replaces the stream.")


def backups(context: Context) -> Iterator[Finding]:
    """Yield tables without point-in-time recovery.

    Source: Amazon DynamoDB API Reference, DescribeContinuousBackups.
    """
    name = context.settings.events_table
    found = context.client("dynamodb").describe_continuous_backups(TableName=name)
    recovery = found["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    if recovery.get("PointInTimeRecoveryStatus") != "ENABLED":
        yield warning(
            name,
            "has no point-in-time recovery: lost events could not be restored",
            f"Enable it: {_APPLY}.",
        )


def slots(context: Context) -> Iterator[Finding]:
    """Yield an open circuit breaker, used up slots, damage, and a rate limit that holds."""
    mine = context.settings
    found, damage = context.table.counter()
    for one in damage:
        yield problem(one.key, f"can't be read, so launches wait: {one.problem}", _REBUILD)
    if found.circuit.broken >= mine.circuit_failures:
        yield problem(
            "circuit breaker",
            f"it is open: the last {found.circuit.broken} launches were broken, one is tried at a "
            "time",
            "`ecsrunner runners list` names the failed runners, `ecsrunner runners history` why. "
            "It closes when a job starts.",
        )
    elif found.held >= mine.max_runners and found.awaited:
        yield warning(
            "slots",
            f"all {mine.max_runners} of max_runners are in use, and {found.awaited} jobs wait",
            "Wait, or raise max_runners (and the quota of vCPUs).",
        )
    for name, until in found.rate_limits.holding(context.now):
        yield warning(
            f"GitHub's rate limit of credential {name}" if name else "GitHub's rate limit",
            f"it holds until {when(until)} UTC; it registers no runner before",
            "Wait; if it recurs, add a credential of another GitHub App or user: "
            "github_additional_credentials.",
        )


def rows(context: Context) -> Iterator[Finding]:
    """Yield drift between the log and the newest rows of each status."""
    found_rows, damaged = context.recent_rows()
    for one in damaged:
        yield problem(one.key, f"can't be read: {one.problem}", _REBUILD)
    for row in found_rows:
        try:
            found = _drift(context, row)
        except Unreadable as error:
            yield problem(error.key, f"can't be read: {error.problem}", _REBUILD)
            continue
        if found is not None:
            yield problem(found.key, _words(found), _REBUILD)


def _drift(context: Context, row: RunnerRow) -> Drift | None:
    """Return how the row differs from the log, unless its stream grew meanwhile."""
    if home_job(row.runner_id) is None:
        return Drift(key=row.runner_id, kind=Kind.UNKNOWN)
    stream = StreamId.of_runner(row.runner_id)
    history = load(context.log, stream)
    found = _compared(context, history, row)
    if found is None or load(context.log, stream).seq != history.seq:
        return None
    return found


def _compared(context: Context, history: JobHistory, row: RunnerRow) -> Drift | None:
    given = history.rows.get(row.runner_id)
    if given is None:
        return Drift(key=row.runner_id, kind=Kind.UNKNOWN)
    return compare(context.table, given)


def _words(drift: Drift) -> str:
    fields = ", ".join(one.field for one in drift.differences)
    return f"the row drifts from the log: {drift.kind}" + (f" in {fields}" if fields else "")
