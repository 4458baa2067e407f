"""Reads what a selection is about, for the commands that sum it up."""

from collections.abc import Sequence

import click

from cli.analysis.found import Found
from cli.commands.options import fleet_of
from cli.fleet.context import EVENTS_TABLE, RUNNER_TABLE
from cli.render import console, progress
from cli.selection import Selection
from cli.streams.selected import read_selected

_MOST_NAMED = 10


def read(ctx: click.Context, selection: Selection) -> Found:
    """Return what the selection is about."""
    fleet = fleet_of(ctx)
    fleet.require(EVENTS_TABLE, RUNNER_TABLE)
    progress.say("reading the streams of the period")
    return read_selected(fleet.log, fleet.table, fleet.clock, selection)


def name_unreadable(found: Found) -> None:
    """Print to stderr which streams are left out, if any."""
    if found.unreadable:
        console.note(unreadable_note(found.unreadable))


def unreadable_note(names: Sequence[str]) -> str:
    """Return which streams are left out, of which there is at least one."""
    more = len(names) - _MOST_NAMED
    listed = ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    one = len(names) == 1
    what = (
        f"{len(names)} {'stream' if one else 'streams'} can't be read and {'is' if one else 'are'}"
    )
    return f"{what} left out: {listed}; `ecsrunner replay verify` shows why."
