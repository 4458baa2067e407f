"""`ecsrunner status`: the state of the whole fleet on one screen."""

import sys
from collections.abc import Iterable

import click
from rich.text import Text

from cli.commands.options import fleet_of, json_option
from cli.errors import foreseen
from cli.fleet.context import (
    DEAD_LETTER_URLS,
    EVENTS_TABLE,
    FAILED_EVENTS_URL,
    QUEUE_URLS,
    RUNNER_TABLE,
    Fleet,
)
from cli.render import as_json as json
from cli.render import console
from cli.render.layout import flow
from cli.render.screen import redrawn
from cli.render.status import lines
from cli.render.text import safe, when
from cli.status.survey import survey

WATCH_SECONDS = 5.0


@click.command()
@click.option(
    "--watch",
    metavar="[SECONDS]",
    is_flag=False,
    flag_value=str(WATCH_SECONDS),
    type=click.FloatRange(min=1, max=3600),
    help=f"Redraw it every SECONDS, by default {WATCH_SECONDS:.0f}, until Ctrl-C.",
)
@json_option
@click.pass_context
def status(ctx: click.Context, *, watch: float | None, as_json: bool) -> None:
    """Show the state of the fleet on one screen.

    Runners by what they do or wait for, slots, the circuit breaker, GitHub's rate limits, queues,
    alarms, versions and the last failures. It reads the index of live runners, which may lag behind
    by a moment. Alarms and the deployed version are left out without the right to
    cloudwatch:DescribeAlarms and lambda:GetFunctionConfiguration.

    Needs EVENTS_TABLE, RUNNER_TABLE and the URLs of all queues.
    """
    fleet = fleet_of(ctx)
    urls = (*QUEUE_URLS.values(), *DEAD_LETTER_URLS.values(), FAILED_EVENTS_URL)
    if watch is not None:
        _check_watch(as_json=as_json)
    fleet.require(EVENTS_TABLE, RUNNER_TABLE, *urls)
    if watch is not None:
        redrawn(_Screen(fleet).draw, lambda: fleet.pause(watch))
    elif as_json:
        json.document(survey(fleet))
    else:
        console.show(lines(survey(fleet), console.width()))


def _check_watch(*, as_json: bool) -> None:
    if as_json:
        raise click.UsageError("--watch draws on a terminal; --json prints one document.")
    if not _is_terminal():
        raise click.UsageError("--watch draws on a terminal, and the output is none.")


def _is_terminal() -> bool:
    return sys.stdout.isatty()


class _Screen:
    """What is drawn: the last overview, and why it could not be read again."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._last: list[Text] | None = None

    def draw(self) -> Iterable[Text]:
        """Return the lines. After an error of AWS they are those from before, below the error."""
        width = console.width()
        try:
            self._last = list(lines(survey(self._fleet), width))
        except Exception as error:
            known = foreseen(error)
            if known is None or self._last is None:
                raise
            now = when(self._fleet.clock.now())
            problem = f"{now} UTC: can't be read: {known.message}"
            return [*(Text(line, style="red") for line in flow(safe(problem), width)), *self._last]
        return self._last
