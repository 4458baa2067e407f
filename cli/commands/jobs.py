"""`ecsrunner jobs`: the commands list, why and history."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import click
from msgspec.structs import replace
from rich.text import Text

from cli.analysis.jobs import job_records
from cli.analysis.listed import STATES, ListedJob, listed_job, newest_jobs
from cli.commands.filters import END, is_default, selected, selection_options
from cli.commands.history import history
from cli.commands.options import fleet_of, json_option
from cli.commands.runners import SHOWN, more
from cli.commands.watching import check_watch, watch_option, watched
from cli.commands.why import why
from cli.documents.jobs import JobList
from cli.fleet.context import EVENTS_TABLE, RUNNER_TABLE, Fleet
from cli.render import as_json as json
from cli.render import console, progress
from cli.render.jobs import listed
from cli.render.layout import paragraph
from cli.render.rows import WIDE
from cli.render.text import when
from cli.selection import Selection
from cli.streams.period import read_streams, rows_of_period
from shared.domain.stream import StreamId
from shared.domain.unreadable import Unreadable

AT_ONCE = 64
"""Number of streams that are read together, so that a limited list reads few more than it shows."""
_NONE = "No jobs match."


@click.group()
def jobs() -> None:
    """List jobs, and show why one waits or waited."""


jobs.add_command(why)
jobs.add_command(history)


@jobs.command("list")
@selection_options
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(STATES, case_sensitive=False),
    help="Only jobs in this state. Repeatable: any of them.",
)
@click.option(
    "--conclusion",
    "conclusions",
    multiple=True,
    help="Only jobs with this conclusion, such as failure. Repeatable: any of them.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help=f"At most so many. By default {SHOWN}, and with --json all.",
)
@watch_option
@json_option
@click.pass_context
def list_jobs(
    ctx: click.Context,
    /,
    *,
    since: datetime,
    until: datetime,
    states: tuple[str, ...],
    conclusions: tuple[str, ...],
    limit: int | None,
    watch: float | None,
    as_json: bool,
    **filters: Any,
) -> None:
    """List the jobs that waited or ran in a period, the one that was queued last first.

    Each with its state or conclusion, how long it waited and ran, and what it waits for or why it
    was refused. On less than 140 columns there is one line a job: names and notes are cut, and
    repositories are left out if there is no room. The document of --json has all jobs, unless
    "complete" is false since --limit left some out; jobs whose stream can't be read are in
    "unreadable". A job that GitHub has held from the beginning is not listed, since no runner was
    planned for it; `ecsrunner jobs why` shows it. Needs EVENTS_TABLE and RUNNER_TABLE.
    """
    fleet = fleet_of(ctx)
    check_watch(watch, as_json=as_json)
    selection = selected(ctx, since, until, **filters)
    fleet.require(EVENTS_TABLE, RUNNER_TABLE)
    limit = limit or (None if as_json else SHOWN)
    accepts = _accepts(states, conclusions)
    if watch is not None:
        follows_now = is_default(ctx, "until")
        selection = replace(selection, until=END) if follows_now else selection
        watched(fleet, lambda width: _screen(fleet, selection, accepts, limit, width), watch)
        return
    unreadable: list[Unreadable] = []
    found = _found(fleet, selection, accepts, limit, unreadable)
    if as_json:
        shown = islice(found, limit)
        json.listing("jobs", shown, lambda: _rest(found, unreadable))
        return
    _show(list(islice(found, limit)))
    if next(found, None) is not None:
        console.note(more(limit))
    for problem in unreadable:
        console.note(f"{problem}; it is left out, `ecsrunner replay verify` lists such streams.")


def _found(
    fleet: Fleet,
    selection: Selection,
    accepts: Callable[[ListedJob], bool],
    limit: int | None,
    unreadable: list[Unreadable],
) -> Iterator[ListedJob]:
    """Yield the selected jobs that are accepted. What can't be read is added to `unreadable`."""
    rows = rows_of_period(fleet.table, selection.since, selection.until, selection.accepts)
    return filter(accepts, _listed(fleet, newest_jobs(rows), limit, unreadable))


def _listed(
    fleet: Fleet, job_ids: Iterable[int], limit: int | None, unreadable: list[Unreadable]
) -> Iterator[ListedJob]:
    """Yield the jobs, whose streams are read in batches of about what is shown."""
    rest, size, now = iter(job_ids), min(AT_ONCE, (limit or AT_ONCE) + 1), fleet.clock.now()
    while batch := list(islice(rest, size)):
        progress.say(f"reading jobs: {batch[0]}")
        streams = read_streams(fleet.log, map(StreamId.of_job, batch))
        yield from (listed_job(one, now) for one in job_records(streams, now, unreadable))


def _accepts(states: tuple[str, ...], conclusions: tuple[str, ...]) -> Callable[[ListedJob], bool]:
    """Return whether a job has one of the states and one of the conclusions, if any are given."""
    lower = {one.lower() for one in conclusions}

    def accepts(job: ListedJob) -> bool:
        by_state = not states or job.state in states
        return by_state and (not lower or job.conclusion.lower() in lower)

    return accepts


def _rest(found: Iterator[ListedJob], unreadable: list[Unreadable]) -> JobList:
    complete = next(found, None) is None
    return JobList(complete=complete, unreadable=tuple(one.key for one in unreadable))


def _screen(
    fleet: Fleet,
    selection: Selection,
    accepts: Callable[[ListedJob], bool],
    limit: int | None,
    width: int,
) -> Iterator[Text]:
    """Yield the lines of the live table: the time, the jobs, and whether there are more."""
    found = _found(fleet, selection, accepts, limit, [])
    shown = list(islice(found, limit))
    yield Text(f"{when(fleet.clock.now())} UTC", style="dim")
    yield from listed(shown, width).lines if shown else [Text(_NONE)]
    if next(found, None) is not None:
        yield Text(paragraph(more(limit), width), style="dim")


def _show(found: list[ListedJob]) -> None:
    if not found:
        console.note(_NONE)
        return
    shown = listed(found, console.width())
    console.show(shown.lines)
    if shown.cut:
        console.note(
            "Notes that end with … go on: `ecsrunner jobs why JOB` shows them, as does a terminal "
            f"of {WIDE} columns."
        )
