"""`ecsrunner runners`: the commands list, details, history and terminate."""

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import islice

import click

from cli import timeline
from cli.commands.options import (
    STATUSES,
    StatusName,
    Target,
    fleet_of,
    json_option,
    target_argument,
)
from cli.commands.terminate import terminate
from cli.commands.webhooks import why_unknown
from cli.context import EVENTS_TABLE, RUNNER_TABLE, Fleet
from cli.errors import AnswerIsNo
from cli.reach import runners_of
from cli.render import as_json as json
from cli.render import console, rows
from cli.render.timeline import drawn
from shared.domain.history import read_job
from shared.domain.projection import RunnerRow
from shared.domain.stream import StreamId

SHOWN = 50
"""The default limit of runners in a list, unless --json is given."""


@click.group()
def runners() -> None:
    """Look at runners and stop them."""


runners.add_command(terminate)


@runners.command("list")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=StatusName(),
    help=f"Only runners of this status. Repeatable. One of {', '.join(STATUSES)}.",
)
@click.option("--repository", help="Only runners for jobs of this repository (owner/name).")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help=f"At most so many. By default {SHOWN}, and with --json all.",
)
@json_option
@click.pass_context
def list_runners(
    ctx: click.Context,
    *,
    statuses: tuple[str, ...],
    repository: str | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """List runners, the one whose status changed last first.

    On less than 140 columns there is one line a runner: columns are left out and notes cut. The
    document of --json has all runners, unless "complete" is false since --limit left some out.
    Reads the index by status, which may lag behind by a moment. Needs RUNNER_TABLE.
    """
    fleet = fleet_of(ctx)
    fleet.require(RUNNER_TABLE)
    limit = limit or (None if as_json else SHOWN)
    # One more than is shown is read to find out whether there are more. With a filter any number of
    # rows may be needed.
    most = None if repository or limit is None else limit + 1
    found = _newest(fleet, dict.fromkeys(statuses or STATUSES), most)
    if repository:
        found = (row for row in found if row.repository.lower() == repository.lower())
    if as_json:
        shown = islice(found, limit)
        json.listing("runners", shown, lambda: {"complete": next(found, None) is None})
        return
    _show(fleet, list(islice(found, limit)), filtered=bool(statuses or repository))
    if next(found, None) is not None:
        console.note(f"Only the newest {limit} are shown; --limit shows more.")


@runners.command()
@target_argument
@json_option
@click.pass_context
def details(ctx: click.Context, *, target: Target, as_json: bool) -> None:
    """Show every field of a runner's row, or of each runner of a job.

    RUNNER_OR_JOB is a runner's id, a job's id or a job's URL. A job's runners are those that were
    launched for it and the one that it runs on or waits for. Needs RUNNER_TABLE and, for a job,
    EVENTS_TABLE. With --json a runner is its row, a job an object with its rows in "runners".
    """
    fleet = fleet_of(ctx)
    fleet.require(*([] if target.runner_id else [EVENTS_TABLE]), RUNNER_TABLE)
    if target.runner_id:
        row = _row(fleet, target.runner_id)
        if as_json:
            json.document(row)
        else:
            console.show(rows.detailed(row, fleet.clock.now(), console.width()))
        return
    found = [_row(fleet, one) for one in _runners_of(fleet, target.job_id)]
    if as_json:
        json.document({"job_id": target.job_id, "runners": [json.fields(row) for row in found]})
        return
    console.say(_counted(target.job_id, found))
    for row in found:
        console.say("")
        console.show(rows.detailed(row, fleet.clock.now(), console.width()))


@runners.command()
@target_argument
@json_option
@click.pass_context
def history(ctx: click.Context, *, target: Target, as_json: bool) -> None:
    """Show what happened to a runner or a job, when, by whom and why, and what it waited for.

    RUNNER_OR_JOB is a runner's id, a job's id or a job's URL. A job's history holds all runners
    launched for it; a job that was refused has one too. Needs EVENTS_TABLE; with INGEST_LOG_GROUP
    it shows why the webhook of an unknown job was ignored.
    """
    fleet = fleet_of(ctx)
    fleet.require(EVENTS_TABLE)
    found = _timeline(fleet, target)
    if as_json:
        json.document(found)
    else:
        console.show(drawn(found, console.width()))


def _show(fleet: Fleet, found: list[RunnerRow], *, filtered: bool) -> None:
    if not found:
        console.note("No runners match." if filtered else "No runners yet.")
        return
    listed = rows.listed(found, fleet.clock.now(), console.width())
    console.show(listed.lines)
    if listed.cut:
        console.note(
            "Notes that end with … go on: `ecsrunner runners details RUNNER` shows them, as does a "
            f"terminal of {rows.WIDE} columns."
        )


def _newest(fleet: Fleet, statuses: Iterable[str], most: int | None) -> Iterator[RunnerRow]:
    """Yield the rows of these statuses, newest change first, read lazily."""
    each = [fleet.table.by_status(status, most) for status in statuses]
    return merge(*each, key=lambda row: row.status_at, reverse=True)


def _row(fleet: Fleet, runner_id: str) -> RunnerRow:
    row = fleet.table.get(runner_id)
    if row is None:
        raise AnswerIsNo(
            f"There is no runner {runner_id}; `ecsrunner runners list` shows those that there are."
        )
    return row


def _runners_of(fleet: Fleet, job_id: int) -> list[str]:
    stream = StreamId.of_job(job_id)
    recorded = fleet.log.read(stream)
    if not recorded:
        raise AnswerIsNo(why_unknown(fleet, job_id))
    found = runners_of(read_job(stream, recorded).state)
    if not found:
        raise AnswerIsNo(
            f"Job {job_id} never had a runner of this fleet; `ecsrunner runners history {job_id}` "
            "shows why."
        )
    return found


def _counted(job_id: int, found: list[RunnerRow]) -> str:
    ids = ", ".join(row.runner_id for row in found)
    return f"Job {job_id} has {len(found)} {'runner' if len(found) == 1 else 'runners'}: {ids}."


def _timeline(fleet: Fleet, target: Target) -> timeline.Timeline:
    stream = StreamId.of_job(target.job_id)
    recorded = fleet.log.read(stream)
    if not recorded:
        raise AnswerIsNo(why_unknown(fleet, target.job_id))
    now = fleet.clock.now()
    if target.runner_id is None:
        return timeline.of_job(stream, recorded, now)
    found = timeline.of_runner(stream, recorded, target.runner_id, now)
    if found is None:
        raise AnswerIsNo(
            f"Job {target.job_id} has no runner {target.runner_id}; `ecsrunner runners history "
            f"{target.job_id}` shows those that it has."
        )
    return found
