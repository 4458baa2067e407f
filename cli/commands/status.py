"""`ecsrunner status`: the state of the whole fleet on one screen, now or at a time in the past."""

from datetime import datetime

import click

from cli.commands.options import fleet_of, json_option
from cli.commands.reading import unreadable_note
from cli.commands.times import ALLOWED, Moment
from cli.commands.watching import check_watch, watch_option, watched
from cli.fleet.context import (
    DEAD_LETTER_URLS,
    EVENTS_TABLE,
    FAILED_EVENTS_URL,
    QUEUE_URLS,
    RUNNER_TABLE,
    Fleet,
)
from cli.render import as_json as json
from cli.render import console, past
from cli.render.status import lines
from cli.render.text import when
from cli.status import past_survey
from cli.status.survey import survey


@click.command()
@click.option(
    "--at",
    type=Moment(),
    metavar="TIME",
    help=f"Show what the event log had recorded by then. TIME is {ALLOWED}.",
)
@watch_option
@json_option
@click.pass_context
def status(ctx: click.Context, *, at: datetime | None, watch: float | None, as_json: bool) -> None:
    """Show the state of the fleet on one screen.

    Runners by what they do or wait for, slots, the circuit breaker, GitHub's rate limits, queues,
    alarms, versions, images and the last failures. It reads the index of live runners, which may
    lag behind by a moment. Alarms, the deployed version and the images are left out without the
    right to cloudwatch:DescribeAlarms, lambda:GetFunctionConfiguration and ecr:DescribeImages.
    Sizes of images are compressed, and a pull is estimated at 10 MB/s.

    With --at it shows the runners, the slots, the circuit breaker, image builds and the last
    failures at that time. It reads the runners that have ended since then and, of those that were
    live, the events. What the log does not have is left out: queues, alarms, versions.

    Needs EVENTS_TABLE, RUNNER_TABLE and, without --at, the URLs of all queues.
    """
    fleet = fleet_of(ctx)
    if at is not None:
        _check_at(fleet, at, watch)
        fleet.require(EVENTS_TABLE, RUNNER_TABLE)
        _show_past(fleet, at, as_json=as_json)
        return
    urls = (*QUEUE_URLS.values(), *DEAD_LETTER_URLS.values(), FAILED_EVENTS_URL)
    check_watch(watch, as_json=as_json)
    fleet.require(EVENTS_TABLE, RUNNER_TABLE, *urls)
    if watch is not None:
        watched(fleet, lambda width: lines(survey(fleet), width), watch)
    elif as_json:
        json.document(survey(fleet))
    else:
        console.show(lines(survey(fleet), console.width()))


def _check_at(fleet: Fleet, at: datetime, watch: float | None) -> None:
    if watch is not None:
        raise click.UsageError("--watch shows what is now; it can't be with --at.")
    if at > fleet.clock.now():
        raise click.UsageError(f"--at ({when(at)} UTC) is in the future.")


def _show_past(fleet: Fleet, at: datetime, *, as_json: bool) -> None:
    found = past_survey.survey(fleet, at)
    if as_json:
        json.document(found)
    else:
        console.show(past.lines(found, console.width()))
    if found.unreadable:
        console.note(unreadable_note(found.unreadable))
