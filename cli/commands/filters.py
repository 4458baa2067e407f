"""The options by which commands select jobs and runners, and the streams that they then read."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click
from click.core import ParameterSource

from cli.commands.completing import class_names
from cli.commands.options import STATUSES, StatusName, fleet_of
from cli.commands.times import ALLOWED, Moment
from cli.selection import Selection

_EACH = "Repeatable: any of them."
BEGINNING, END = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
"""A period without a begin or an end."""
_FILTERS = (
    click.option(
        "--status",
        "statuses",
        multiple=True,
        type=StatusName(),
        help=f"Only runners of this status, one of {', '.join(STATUSES)}. {_EACH}",
    ),
    click.option(
        "--class",
        "classes",
        multiple=True,
        shell_complete=class_names,
        help=f"Only this class. {_EACH}",
    ),
    click.option(
        "--repository",
        "repositories",
        multiple=True,
        help=f"Only jobs of this repository (owner/name). {_EACH}",
    ),
    click.option(
        "--workflow", "workflows", multiple=True, help=f"Only jobs of this workflow. {_EACH}"
    ),
    click.option(
        "--label", "labels", multiple=True, help="Only jobs with this label. Repeatable: all."
    ),
)


def selection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a selection to a command, which gets them by the names in `selected`."""
    return selection_options_since("24h")(command)


def selection_options_since(since: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds the options of a selection, which begins there by default."""
    period = period_options_since(since)
    return lambda command: period(filter_options(command))


def period_options_since(since: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds the options of a period, which begins there by default."""
    begin = click.option(
        "--since", type=Moment(), default=since, show_default=True, help=f"Begin: {ALLOWED}."
    )
    end = click.option(
        "--until", type=Moment(), default="now", show_default=True, help="End, likewise."
    )
    return lambda command: begin(end(command))


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a selection without its period to a command."""
    for option in reversed(_FILTERS):
        command = option(command)
    return command


def is_default(ctx: click.Context, name: str) -> bool:
    """Return whether an option of that name was not given."""
    return ctx.get_parameter_source(name) is not ParameterSource.COMMANDLINE


def selected(ctx: click.Context, since: datetime, until: datetime, **others: Any) -> Selection:
    """Return the selection of these options.

    Raises:
        click.UsageError: the period ends before it begins, or begins in the future.
    """
    if since >= until:
        raise click.UsageError(f"--since ({since:%F %T}) has to be before --until ({until:%F %T}).")
    if since > fleet_of(ctx).clock.now():
        raise click.UsageError(f"--since ({since:%F %T}) is in the future.")
    return Selection(since=since, until=until, **others)
