"""`ecsrunner status`: the state of the whole fleet on one screen."""

import click

from cli.commands.options import fleet_of, json_option
from cli.commands.watching import check_watch, watch_option, watched
from cli.fleet.context import (
    DEAD_LETTER_URLS,
    EVENTS_TABLE,
    FAILED_EVENTS_URL,
    QUEUE_URLS,
    RUNNER_TABLE,
)
from cli.render import as_json as json
from cli.render import console
from cli.render.status import lines
from cli.status.survey import survey


@click.command()
@watch_option
@json_option
@click.pass_context
def status(ctx: click.Context, *, watch: float | None, as_json: bool) -> None:
    """Show the state of the fleet on one screen.

    Runners by what they do or wait for, slots, the circuit breaker, GitHub's rate limits, queues,
    alarms, versions, images and the last failures. It reads the index of live runners, which may
    lag behind by a moment. Alarms, the deployed version and the images are left out without the
    right to cloudwatch:DescribeAlarms, lambda:GetFunctionConfiguration and ecr:DescribeImages.
    Sizes of images are compressed, and a pull is estimated at 10 MB/s.

    Needs EVENTS_TABLE, RUNNER_TABLE and the URLs of all queues.
    """
    fleet = fleet_of(ctx)
    urls = (*QUEUE_URLS.values(), *DEAD_LETTER_URLS.values(), FAILED_EVENTS_URL)
    check_watch(watch, as_json=as_json)
    fleet.require(EVENTS_TABLE, RUNNER_TABLE, *urls)
    if watch is not None:
        watched(fleet, lambda width: lines(survey(fleet), width), watch)
    elif as_json:
        json.document(survey(fleet))
    else:
        console.show(lines(survey(fleet), console.width()))
