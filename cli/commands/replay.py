"""`ecsrunner replay`: compares the runners table with the log, rebuilds it, and nudges streams."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from cli.commands.check import check
from cli.commands.nudge import nudge
from cli.commands.options import fleet_of, json_option
from cli.commands.what_if import what_if
from cli.documents.replay import DriftList
from cli.errors import AnswerIsNo
from cli.fleet.context import EVENTS_TABLE, RUNNER_TABLE, Fleet
from cli.render import as_json as json
from cli.render import console, progress
from cli.render.drift import told
from cli.replay.comparison import drift
from cli.replay.drift import Drift, Tally
from cli.replay.exported import drift_of_export
from cli.replay.parallel import WORTH_BYTES, drift_of_files
from cli.streams.files import read_exports

MOST_NAMED = 20
"""Maximum number of keys, out of those that a rebuild can't repair, that are named at the end."""


@click.group()
def replay() -> None:
    """Check and rebuild what is derived from the log."""


replay.add_command(check)
replay.add_command(what_if)
replay.add_command(nudge)


@replay.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--processes",
    type=click.IntRange(min=1, max=64),
    help="How many processes compare FILES. By default one, and for large files one a core.",
)
@json_option
@click.pass_context
def verify(
    ctx: click.Context, *, files: tuple[Path, ...], processes: int | None, as_json: bool
) -> None:
    """Fold every stream and compare the outcome with the runners table, or with exported rows.

    Names each row that drifts, field by field, rows that are missing, and rows that the log does
    not know. Changes nothing. Exit code 1 if there is drift. Needs EVENTS_TABLE and RUNNER_TABLE,
    or reads only FILES: of `ecsrunner log export`, or folders of DynamoDB's exports to S3.
    """
    tally = Tally()
    if files:
        _print(_drift_of_files(files, tally, processes), tally, as_json=as_json)
    else:
        _walk(fleet_of(ctx), tally, repair=False, as_json=as_json)
    if not as_json:
        console.say(f"{_counted(tally)} compared, {_drifting(tally)}")
    if tally.drifting:
        raise AnswerIsNo(_advice(tally))


@replay.command()
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@json_option
@click.pass_context
def rebuild(ctx: click.Context, *, dry_run: bool, as_json: bool) -> None:
    """Write the runners table anew from the log.

    Writes rows that are missing or differ, deletes rows that the log does not know, leaves the
    others. Safe while the fleet is at work, and to repeat. Exit code 1 if something can't be
    repaired: it is named. Needs EVENTS_TABLE and RUNNER_TABLE.
    """
    tally = Tally()
    _walk(fleet_of(ctx), tally, repair=not dry_run, as_json=as_json)
    if not as_json:
        done = "would be put right" if dry_run else "put right"
        repaired = tally.drifting - len(tally.lost)
        console.say(f"{_counted(tally)} compared, {repaired} {done}")
    if tally.lost:
        raise AnswerIsNo(_beyond_repair(tally))


def _drift_of_files(
    files: tuple[Path, ...], tally: Tally, processes: int | None
) -> Iterator[Drift]:
    """Compare files in several processes. A folder of DynamoDB's export is sorted in this one."""
    plain = not any(path.is_dir() for path in files)
    if processes is None:
        large = plain and sum(path.stat().st_size for path in files) >= WORTH_BYTES
        processes = os.cpu_count() or 1 if large else 1
    if plain and processes > 1:
        return drift_of_files(files, tally, processes)
    return drift_of_export(read_exports(files), tally)


def _walk(fleet: Fleet, tally: Tally, *, repair: bool, as_json: bool) -> None:
    fleet.require(EVENTS_TABLE, RUNNER_TABLE)
    streams = fleet.scan.streams()
    found = drift(streams, fleet.log, fleet.table, tally, repair=repair)
    _print(found, tally, as_json=as_json)


def _print(found: Iterable[Drift], tally: Tally, *, as_json: bool) -> None:
    """Print each drift as it is found, so that the memory does not grow with the log."""
    tally.seen = lambda: progress.say(
        f"replaying the log: {_counted(tally)}, {tally.drifting} drifting"
    )
    if as_json:
        json.listing(
            "drift",
            found,
            lambda: DriftList(stream_count=tally.streams, row_count=tally.rows),
        )
    else:
        for one in found:
            console.show(told(one, console.width()))


def _counted(tally: Tally) -> str:
    return (
        f"{tally.streams} {_plural(tally.streams, 'stream')} with "
        f"{tally.rows} {_plural(tally.rows, 'row')}"
    )


def _advice(tally: Tally) -> str:
    advice = "the table is not what the log gives"
    if tally.drifting > len(tally.lost):
        advice += "; `ecsrunner replay rebuild` repairs it"
    return f"{advice}; {_beyond_repair(tally)}" if tally.lost else advice


def _beyond_repair(tally: Tally) -> str:
    """Return the advice on what a rebuild can't repair: events, which are derived from nothing."""
    more = len(tally.lost) - MOST_NAMED
    keys = ", ".join(tally.lost[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return (
        f"a rebuild can't repair {keys}: restore such events from a backup of the events table "
        "(point-in-time recovery)"
    )


def _drifting(tally: Tally) -> str:
    return f"{tally.drifting} drifting" if tally.drifting else "no drift"


def _plural(count: int, what: str) -> str:
    return what if count == 1 else f"{what}s"
