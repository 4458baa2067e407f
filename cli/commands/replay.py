"""`ecsrunner replay`: commands that reprocess the log, and `verify`, which compares rows."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from cli.commands.check import check
from cli.commands.nudge import nudge
from cli.commands.options import fleet_of, json_option
from cli.commands.rebuild import rebuild
from cli.commands.what_if import what_if
from cli.documents.replay import DriftList
from cli.errors import AnswerIsNo
from cli.fleet.context import EVENTS_TABLE, RUNNER_TABLE, Fleet
from cli.render import as_json as json
from cli.render import console, progress
from cli.render.drift import beyond_repair, counted, drift_lines
from cli.replay.comparison import drift
from cli.replay.drift import Drift, Tally
from cli.replay.exported import drift_of_export
from cli.replay.parallel import WORTH_BYTES, drift_of_files
from cli.streams.files import read_exports


@click.group()
def replay() -> None:
    """Check and rebuild what is derived from the log."""


replay.add_command(check)
replay.add_command(rebuild)
replay.add_command(what_if)
replay.add_command(nudge)


@replay.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--processes",
    type=click.IntRange(min=1, max=64),
    help="How many processes compare FILES. By default one, and for large files one a core.",
)
@click.option("--table", help="Compare this table, such as one of `replay rebuild --into`.")
@json_option
@click.pass_context
def verify(
    ctx: click.Context,
    *,
    files: tuple[Path, ...],
    processes: int | None,
    table: str | None,
    as_json: bool,
) -> None:
    """Fold every stream and compare the outcome with the runners table, or with exported rows.

    Names each row that drifts, field by field, rows that are missing, and rows that the log does
    not know. Changes nothing. Exit code 1 if there is drift. Needs EVENTS_TABLE and RUNNER_TABLE,
    or reads only FILES: of `ecsrunner log export`, or folders of DynamoDB's exports to S3.
    """
    if files and table:
        raise click.UsageError("Name FILES, or --table, but not both.")
    tally = Tally()
    if files:
        found = _drift_of_files(files, tally, processes)
    else:
        found = _drift_of_table(fleet_of(ctx), table, tally)
    _print(found, tally, as_json=as_json)
    if not as_json:
        console.say(f"{counted(tally)} compared, {_drifting(tally)}")
    if tally.drifting:
        raise AnswerIsNo(_advice(tally, table))


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


def _drift_of_table(fleet: Fleet, name: str | None, tally: Tally) -> Iterator[Drift]:
    """Compare the runners table, or another one of that name."""
    fleet.require(EVENTS_TABLE, RUNNER_TABLE)
    table = fleet.table
    if name is not None:
        from cli.fleet.other_table import other_table  # noqa: PLC0415 - botocore takes a while

        table = other_table(fleet, name)
    return drift(fleet.scan.streams(), fleet.log, table, tally)


def _print(found: Iterable[Drift], tally: Tally, *, as_json: bool) -> None:
    """Print each drift as it is found, so that the memory does not grow with the log."""
    tally.seen = lambda: progress.say(
        f"replaying the log: {counted(tally)}, {tally.drifting} drifting"
    )
    if as_json:
        json.listing(
            "drift",
            found,
            lambda: DriftList(stream_count=tally.streams, row_count=tally.rows),
        )
    else:
        for one in found:
            console.show(drift_lines(one, console.width()))


def _advice(tally: Tally, table: str | None) -> str:
    advice = "the table is not what the log gives"
    if tally.drifting > len(tally.lost):
        into = f" --into {table}" if table else ""
        advice += f"; `ecsrunner replay rebuild{into}` repairs it"
    return f"{advice}; {beyond_repair(tally)}" if tally.lost else advice


def _drifting(tally: Tally) -> str:
    return f"{tally.drifting} drifting" if tally.drifting else "no drift"
