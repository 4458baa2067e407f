"""`ecsrunner runners`: its command list; the others are in modules of their own."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import click
from rich.text import Text

from cli.commands.details import details
from cli.commands.filters import BEGINNING, END, filter_options, selected
from cli.commands.history import history
from cli.commands.options import fleet_of, json_option
from cli.commands.terminate import terminate
from cli.commands.times import ALLOWED, Moment
from cli.commands.watching import check_watch, watch_option, watched
from cli.documents.runners import RunnerList
from cli.fleet.context import RUNNER_TABLE, Fleet
from cli.render import as_json as json
from cli.render import console, rows
from cli.render.layout import paragraph
from cli.render.text import when
from cli.selection import Selection
from cli.streams.period import newest_rows
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
    "--since",
    type=Moment(),
    help=f"Only runners that had not ended then: {ALLOWED}. By default all.",
)
@click.option("--until", type=Moment(), help="Only runners whose job was queued by then, likewise.")
@filter_options
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help=f"At most so many. By default {SHOWN}, and with --json all.",
)
@watch_option
@json_option
@click.pass_context
def list_runners(
    ctx: click.Context,
    /,
    *,
    since: datetime | None,
    until: datetime | None,
    limit: int | None,
    watch: float | None,
    as_json: bool,
    **filters: Any,
) -> None:
    """List runners, the one whose status changed last first.

    On less than 140 columns there is one line a runner: columns are left out and notes cut. The
    document of --json has all runners, unless "complete" is false since --limit left some out.
    Reads the index by status, which may lag behind by a moment. Needs RUNNER_TABLE.
    """
    fleet = fleet_of(ctx)
    check_watch(watch, as_json=as_json)
    selection = selected(ctx, since or BEGINNING, until or END, **filters)
    fleet.require(RUNNER_TABLE)
    limit = limit or (None if as_json else SHOWN)
    if watch is not None:
        watched(fleet, lambda width: _screen(fleet, selection, limit, width), watch)
        return
    found = _newest(fleet, selection, limit)
    if as_json:
        shown = islice(found, limit)
        json.listing("runners", shown, lambda: RunnerList(complete=next(found, None) is None))
        return
    _show(fleet, list(islice(found, limit)), selection)
    if next(found, None) is not None:
        console.note(more(limit))


def _newest(fleet: Fleet, selection: Selection, limit: int | None) -> Iterator[RunnerRow]:
    """Yield the selected rows, read lazily.

    One more than is shown is read to find out whether there are more. With a filter any number of
    rows may be needed.
    """
    most = None if limit is None or _selects(selection, by_status=False) else limit + 1
    return newest_rows(fleet.table, selection, most)


def _selects(selection: Selection, *, by_status: bool) -> bool:
    """Return whether there is a filter or a period; that by status counts with `by_status`."""
    is_whole = (selection.since, selection.until) == (BEGINNING, END)
    return not is_whole or (selection if by_status else selection.of_all_statuses()).is_filtered


def _show(fleet: Fleet, found: list[RunnerRow], selection: Selection) -> None:
    if not found:
        console.note(_none(selection))
        return
    listed = rows.listed(found, fleet.clock.now(), console.width())
    console.show(listed.lines)
    if listed.cut:
        console.note(
            "Notes that end with … go on: `ecsrunner runners details RUNNER` shows them, as does a "
            f"terminal of {rows.WIDE} columns."
        )


def _screen(fleet: Fleet, selection: Selection, limit: int | None, width: int) -> Iterator[Text]:
    """Yield the lines of the live table: the time, the runners, and whether there are more."""
    found = _newest(fleet, selection, limit)
    shown, now = list(islice(found, limit)), fleet.clock.now()
    yield Text(f"{when(now)} UTC", style="dim")
    if not shown:
        yield Text(_none(selection))
        return
    yield from rows.listed(shown, now, width).lines
    if next(found, None) is not None:
        yield Text(paragraph(more(limit), width), style="dim")


def _none(selection: Selection) -> str:
    return "No runners match." if _selects(selection, by_status=True) else "No runners yet."


def more(limit: int | None) -> str:
    """Return the note on a list that is not complete."""
    return f"Only the newest {limit} are shown; --limit shows more."
