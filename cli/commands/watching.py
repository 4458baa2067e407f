"""The option --watch: what a command shows, redrawn on a terminal until Ctrl-C."""

import sys
from collections.abc import Callable, Iterable

import click
from rich.text import Text

from cli.errors import foreseen
from cli.fleet.context import Fleet
from cli.render import console
from cli.render.layout import flow
from cli.render.screen import redrawn
from cli.render.text import safe, when

WATCH_SECONDS = 5.0
Draw = Callable[[int], Iterable[Text]]
"""Reads what there is, and returns it as lines of that width."""

watch_option = click.option(
    "--watch",
    metavar="[SECONDS]",
    is_flag=False,
    flag_value=str(WATCH_SECONDS),
    type=click.FloatRange(min=1, max=3600),
    help=f"Redraw it every SECONDS, by default {WATCH_SECONDS:.0f}, until Ctrl-C.",
)


def check_watch(watch: float | None, *, as_json: bool) -> None:
    """Check that there is a terminal to draw on, if that is asked for.

    Raises:
        click.UsageError: there is none, or a document is asked for, too.
    """
    if watch is None:
        return
    if as_json:
        raise click.UsageError("--watch draws on a terminal; --json prints one document.")
    if not is_terminal():
        raise click.UsageError("--watch draws on a terminal, and the output is none.")


def is_terminal() -> bool:
    """Return whether stdout is a terminal."""
    return sys.stdout.isatty()


def watched(fleet: Fleet, draw: Draw, seconds: float) -> None:
    """Draw again and again, with a pause of that many seconds. Ctrl-C ends it."""
    redrawn(_Screen(fleet, draw).lines, lambda: fleet.pause(seconds))


class _Screen:
    """What is drawn: the last answer, and why it could not be read again."""

    def __init__(self, fleet: Fleet, draw: Draw) -> None:
        self._fleet = fleet
        self._draw = draw
        self._last: list[Text] | None = None

    def lines(self) -> Iterable[Text]:
        """Return the lines. After an error of AWS they are those from before, below the error."""
        width = console.width()
        try:
            self._last = list(self._draw(width))
        except Exception as error:
            known = foreseen(error)
            if known is None or self._last is None:
                raise
            now = when(self._fleet.clock.now())
            problem = f"{now} UTC: can't be read: {known.message}"
            return [*(Text(line, style="red") for line in flow(safe(problem), width)), *self._last]
        return self._last
