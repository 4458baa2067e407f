"""`ecsrunner timeline`: many runners on a time axis, as text, as JSON, as a page or as a trace."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from msgspec.structs import asdict

from cli.chart import page, perfetto
from cli.chart.build import chart, lanes
from cli.chart.model import Chart
from cli.commands.filters import selected, selection_options_since
from cli.commands.options import fleet_of, json_option
from cli.documents.timeline import TimelineDocument
from cli.errors import NotConfigured
from cli.fleet import deployment
from cli.fleet.context import EVENTS_TABLE, RUNNER_TABLE, Fleet
from cli.render import as_json as json
from cli.render import console, progress
from cli.render.charset import ASCII, UNICODE
from cli.render.chart import lines
from cli.selection import Selection
from cli.streams.period import rows_of_period, streams_of
from cli.streams.stored import StoredStream
from shared.domain.unreadable import Unreadable

SHOWN = 50
"""The default limit of rows, as text."""
_FILE = click.Path(path_type=Path, dir_okay=False, writable=True)


@click.command()
@selection_options_since("1h")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help=f"At most so many runners, the newest. By default {SHOWN} as text, and else all.",
)
@click.option(
    "--max-runners",
    type=click.IntRange(min=1),
    help="The limit to show beside the slots in use, if not that of the deployed scheduler.",
)
@click.option("--ascii", "ascii_only", is_flag=True, help="Print no characters but ASCII.")
@click.option(
    "--html", type=_FILE, metavar="FILE", help="Write a page to zoom and to search, instead."
)
@click.option(
    "--perfetto",
    "trace",
    type=_FILE,
    metavar="FILE",
    help="Write a trace for ui.perfetto.dev and chrome://tracing, instead.",
)
@json_option
@click.pass_context
def timeline(
    ctx: click.Context,
    /,
    *,
    limit: int | None,
    max_runners: int | None,
    ascii_only: bool,
    html: Path | None,
    trace: Path | None,
    as_json: bool,
    **period: Any,
) -> None:
    """Show the runners of a period on a time axis.

    A row is one runner, the newest first: what it waited for, its launch, its job and its end, and
    what failed. The axis is the period, without what is empty before and after. The page of --html
    has the events of every job, and loads nothing from a network. Needs EVENTS_TABLE and
    RUNNER_TABLE; the limit of runners is left out without the right to
    lambda:GetFunctionConfiguration.
    """
    fleet = fleet_of(ctx)
    fleet.require(EVENTS_TABLE, RUNNER_TABLE)
    is_text = not (as_json or html or trace)
    made, streams, unreadable = _read(
        fleet,
        selected(ctx, **period),
        limit=limit or (SHOWN if is_text else None),
        max_runners=max_runners or deployment.max_runners(fleet),
    )
    if html:
        _write(html, lambda: page.page(made, page.stories_of(made, streams)), made)
    if trace:
        _write(trace, lambda: perfetto.trace(made), made)
    if as_json:
        json.document(_document(made, unreadable))
    elif is_text:
        _print(made, ascii_only=ascii_only)
    for one in unreadable:
        console.note(f"{one}; it is left out")


def _read(
    fleet: Fleet, selection: Selection, **options: int | None
) -> tuple[Chart, list[StoredStream], list[Unreadable]]:
    """Return the chart, the streams that it is made from, and what can't be read."""
    since, until = selection.since, selection.until
    progress.say("reading the runners of the period")
    rows = list(rows_of_period(fleet.table, since, until, selection.accepts))
    progress.say(f"reading the events of {len(rows)} runners")
    streams = list(streams_of(fleet.log, rows))
    now, unreadable = fleet.clock.now(), list[Unreadable]()
    found = lanes(streams, {row.runner_id for row in rows}, now, unreadable)
    return chart(found, since=since, until=until, now=now, **options), streams, unreadable


def _print(made: Chart, *, ascii_only: bool) -> None:
    if not made.rows:
        console.note("No runners match.")
        return
    console.show(lines(made, console.width(), ASCII if ascii_only else UNICODE))
    if made.left_out:
        count = len(made.rows) + made.left_out
        console.note(f"Only the newest {len(made.rows)} of {count} are shown; --limit shows more.")


def _document(made: Chart, unreadable: list[Unreadable]) -> TimelineDocument:
    return TimelineDocument(
        **asdict(made),
        unreadable=tuple(one.key for one in unreadable),
        complete=not (made.left_out or unreadable),
    )


def _write(path: Path, content: Callable[[], str], made: Chart) -> None:
    """Write a file, and print what it holds to stderr.

    Raises:
        NotConfigured: the file can't be written.
    """
    progress.say(f"writing {path}")
    try:
        path.write_text(content(), encoding="utf-8")
    except OSError as error:
        raise NotConfigured(f"{path} can't be written: {error.strerror or error}") from error
    left = f"; {made.left_out} older ones are left out" if made.left_out else ""
    console.note(f"{path} holds {len(made.rows)} rows{left}.")
