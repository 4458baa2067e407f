"""`ecsrunner runners`: its command list; the others are in modules of their own."""

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import islice

import click

from cli.commands.details import details
from cli.commands.history import history
from cli.commands.options import STATUSES, StatusName, fleet_of, json_option
from cli.commands.terminate import terminate
from cli.fleet.context import RUNNER_TABLE, Fleet
from cli.render import as_json as json
from cli.render import console, rows
from shared.domain.projection import RunnerRow

SHOWN = 50
"""The default limit of runners in a list, unless --json is given."""


@click.group()
def runners() -> None:
    """Look at runners and stop them."""


runners.add_command(details)
runners.add_command(history)
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
