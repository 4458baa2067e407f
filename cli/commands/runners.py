"""`ecsrunner runners`: list, details, history, terminate."""

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import islice

import click

from cli import timeline
from cli.commands.options import STATUSES, RunnerId, StatusName, fleet_of, job_of, json_option
from cli.commands.terminate import terminate
from cli.context import EVENTS_TABLE, RUNNER_TABLE, Fleet
from cli.errors import AnswerIsNo
from cli.render import as_json as json
from cli.render import console, rows
from cli.render.timeline import drawn
from shared.domain.names import home_job, job_stream
from shared.domain.projection import RunnerRow

SEE_LIST = "`ecsrunner runners list` shows those that there are"


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
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many."
)
@json_option
@click.pass_context
def list_runners(
    ctx: click.Context,
    *,
    statuses: tuple[str, ...],
    repository: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """List runners, the one whose status changed last first.

    Reads the index by status, which may lag behind by a moment. Needs RUNNER_TABLE.
    """
    fleet = fleet_of(ctx)
    fleet.require(RUNNER_TABLE)
    # One more than is shown tells whether there are more. A filter may need any number of rows.
    most = None if repository else limit + 1
    found = _newest(fleet, dict.fromkeys(statuses or STATUSES), most)
    if repository:
        found = (row for row in found if row.repository.lower() == repository.lower())
    shown = list(islice(found, limit + 1))
    if as_json:
        json.array(shown[:limit])
    elif shown:
        wide = console.is_wide(console.console())
        console.show(rows.listed(shown[:limit], fleet.clock.now(), wide=wide))
    else:
        console.note("no runners match" if statuses or repository else "no runners yet")
    if len(shown) > limit:
        console.note(f"only the newest {limit} are shown; --limit shows more")


@runners.command()
@click.argument("runner_id", type=RunnerId())
@json_option
@click.pass_context
def details(ctx: click.Context, *, runner_id: str, as_json: bool) -> None:
    """Show every field of a runner's row. Needs RUNNER_TABLE."""
    fleet = fleet_of(ctx)
    fleet.require(RUNNER_TABLE)
    row = fleet.table.get(runner_id)
    if row is None:
        raise AnswerIsNo(f"there is no runner {runner_id}; {SEE_LIST}")
    if as_json:
        json.document(row)
    else:
        console.show(rows.detailed(row, fleet.clock.now()))


@runners.command()
@click.argument("runner_or_job_id", metavar="RUNNER_ID_OR_JOB_ID")
@json_option
@click.pass_context
def history(ctx: click.Context, *, runner_or_job_id: str, as_json: bool) -> None:
    """Tell what happened to a runner or a job, when, by whom and why.

    A job's history holds all its runners; a job that was refused has one too. Needs EVENTS_TABLE.
    """
    fleet = fleet_of(ctx)
    found = _timeline(fleet, runner_or_job_id.strip())
    if as_json:
        json.document(found)
    else:
        console.show(*drawn(found, console.console()))


def _newest(fleet: Fleet, statuses: Iterable[str], most: int | None) -> Iterator[RunnerRow]:
    """The rows of these statuses, newest change first, read as far as they are taken."""
    each = [fleet.table.by_status(status, most) for status in statuses]
    return merge(*each, key=lambda row: row.status_at, reverse=True)


def _timeline(fleet: Fleet, wanted: str) -> timeline.Timeline:
    job_id = job_of(wanted)
    runner_id = wanted if job_id is None else None
    home = home_job(wanted) if job_id is None else job_id
    if home is None:
        raise click.UsageError(
            f"{wanted!r} is neither a runner id (<prefix>-<job id>-<number>) nor a job id "
            "(a number)"
        )
    fleet.require(EVENTS_TABLE)
    stream = job_stream(home)
    recorded = fleet.log.read(stream)
    if not recorded:
        raise AnswerIsNo(f"the log knows nothing of job {home}; {SEE_LIST}")
    now = fleet.clock.now()
    if runner_id is None:
        return timeline.of_job(stream, recorded, now)
    found = timeline.of_runner(stream, recorded, runner_id, now)
    if found is None:
        raise AnswerIsNo(
            f"job {home} has no runner {runner_id}; `ecsrunner runners history {home}` tells of "
            "those that it has"
        )
    return found
