"""`ecsrunner replay rebuild`: writes the runners table anew from the log, or another table."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from msgspec.structs import asdict

from cli.commands.asking import confirm_at_a_terminal
from cli.commands.options import fleet_of, json_option
from cli.documents.replay import Repaired, RepairList
from cli.errors import AnswerIsNo
from cli.fleet.context import EVENTS_TABLE, RUNNER_TABLE, Fleet
from cli.render import as_json as json
from cli.render import console, progress
from cli.render.drift import beyond_repair, counted, repairing, repairs
from cli.replay.comparison import Options, drift
from cli.replay.drift import Drift, Tally
from cli.replay.pace import Pace
from cli.replay.resume import Progress
from shared.ports import RunnersTable

WORKERS = 8
"""How many batches of rows are compared and repaired concurrently."""


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--into", metavar="TABLE", help="Write another table with the same keys, not the live one."
)
@click.option(
    "--rows-per-second",
    type=click.IntRange(min=1),
    metavar="N",
    help="Compare, and so write, at most that many rows a second.",
)
@click.option(
    "--resume",
    "resume_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the progress in this file, and go on where it ends. Removed when all is done.",
)
@json_option
@click.pass_context
def rebuild(
    ctx: click.Context,
    *,
    dry_run: bool,
    yes: bool,
    into: str | None,
    rows_per_second: int | None,
    resume_file: Path | None,
    as_json: bool,
) -> None:
    """Write the runners table anew from the log.

    Writes rows that are missing or differ, deletes rows that the log does not know, leaves the
    others. It asks first, unless --yes. Safe while the fleet is at work, and to repeat. With --into
    it writes to another table, which has to exist, and never to the live one; `ecsrunner replay
    verify --table` compares that table. Exit code 1 if something can't be repaired: it is named.
    Needs EVENTS_TABLE and RUNNER_TABLE.
    """
    if dry_run and resume_file:
        raise click.UsageError("--dry-run writes nothing, so --resume has no progress to keep.")
    fleet = fleet_of(ctx)
    fleet.require(EVENTS_TABLE, RUNNER_TABLE)
    table = _table(fleet, into)
    target = into or fleet.variable(RUNNER_TABLE)
    kept = _progress(fleet, resume_file, target)
    if not (dry_run or yes):
        confirm_at_a_terminal(_question(fleet, target), "Nothing was written")
    tally = Tally()
    options = Options(
        repair=not dry_run,
        workers=WORKERS,
        pace=Pace(fleet.clock, fleet.pause, rows_per_second) if rows_per_second else None,
        progress=kept,
    )
    with _resumable(kept, resume_file, tally, dry_run=dry_run):
        found = drift(fleet.scan.streams(), fleet.log, table, tally, options=options)
        _print(found, tally, dry_run=dry_run, as_json=as_json)
    if not as_json:
        console.say(f"{counted(tally)} compared: {repairs(tally, dry_run=dry_run)}")
    if tally.lost:
        raise AnswerIsNo(beyond_repair(tally))


def _table(fleet: Fleet, into: str | None) -> RunnersTable:
    if into is None:
        return fleet.table
    from cli.fleet.other_table import other_table  # noqa: PLC0415 - botocore takes a while

    return other_table(fleet, into)


def _question(fleet: Fleet, target: str) -> str:
    return (
        f"Write the rows of {target} anew from the events of {fleet.variable(EVENTS_TABLE)}, and "
        "delete those that the log does not know?"
    )


def _progress(fleet: Fleet, path: Path | None, target: str) -> Progress | None:
    if path is None:
        return None
    return Progress(path, fleet.variable(EVENTS_TABLE), target, fleet.clock.now)


@contextmanager
def _resumable(
    kept: Progress | None, path: Path | None, tally: Tally, *, dry_run: bool
) -> Iterator[None]:
    """Keep the progress if the block is interrupted or fails, and print how to go on."""
    if kept is not None:
        kept.save()  # a file that can't be written is an error before the first row
    try:
        yield
    except BaseException:
        if kept is not None:
            kept.save()
            console.note(
                f"Stopped after {counted(tally)}. The same command with --resume {path} goes on "
                "from there."
            )
        elif not dry_run:
            console.note(
                f"Stopped after {counted(tally)}. What was written is right, and the same command "
                "is safe to repeat; with --resume FILE it could go on where it stopped."
            )
        raise
    if kept is not None:
        kept.finish()


def _print(found: Iterable[Drift], tally: Tally, *, dry_run: bool, as_json: bool) -> None:
    """Print each repair when it is done, so that the memory does not grow with the log."""
    tally.seen = lambda: progress.say(
        f"replaying the log: {counted(tally)}, {tally.drifting} drifting"
    )
    if as_json:
        repaired = (Repaired(action=one.repair, **asdict(one)) for one in found)
        json.listing(
            "drift",
            repaired,
            lambda: RepairList(stream_count=tally.streams, row_count=tally.rows),
        )
        return
    for one in found:
        console.show(repairing(one, console.width(), dry_run=dry_run))
