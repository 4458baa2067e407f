"""`ecsrunner replay`: compares the runners table with the log, rebuilds it, and nudges streams."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from cli.commands.options import Target, TargetType, fleet_of, json_option
from cli.commands.what_if import what_if
from cli.context import EVENTS_TABLE, QUEUE_URLS, RUNNER_TABLE, Fleet
from cli.errors import AnswerIsNo
from cli.render import as_json as json
from cli.render import console, progress
from cli.render.drift import told
from cli.replay.comparison import drift
from cli.replay.drift import Drift, Tally
from cli.replay.exported import drift_of_export
from cli.replay.parallel import WORTH_BYTES, drift_of_files
from cli.streams.files import read_exports
from shared.domain.stream import StreamId

MOST_NAMED = 20
"""Maximum number of keys, out of those that a rebuild can't repair, that are named at the end."""
MOST_STALLED = 1000
"""Maximum number of jobs that --stalled nudges; the oldest deadlines come first."""


@click.group()
def replay() -> None:
    """Check and rebuild what is derived from the log."""


replay.add_command(what_if)


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


@replay.command()
@click.option(
    "--job",
    "jobs",
    multiple=True,
    type=TargetType(),
    help="A job, by its id, its URL or a runner of it. Repeatable.",
)
@click.option("--stream", "streams", multiple=True, help="A stream, by its name. Repeatable.")
@click.option("--stalled", is_flag=True, help="Every stream with a row whose deadline has passed.")
@click.option("--all", "everything", is_flag=True, help="Every stream of the log.")
@click.option(
    "--queue",
    type=click.Choice([*QUEUE_URLS, "both"]),
    default="both",
    show_default=True,
    help="Which consumer is nudged.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be sent, and send nothing.")
@json_option
@click.pass_context
def nudge(
    ctx: click.Context,
    *,
    jobs: tuple[Target, ...],
    streams: tuple[str, ...],
    stalled: bool,
    everything: bool,
    queue: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Send streams through the queues again, for the scheduler and the reconciler to look at.

    A nudge never says what to do, so one too many does no harm. Needs the queues' URLs, and
    EVENTS_TABLE, or RUNNER_TABLE for --stalled.
    """
    fleet = fleet_of(ctx)
    named = dict.fromkeys((*(StreamId.of_job(one.job_id) for one in jobs), *map(_job, streams)))
    if sum((bool(named), stalled, everything)) != 1:
        raise click.UsageError("Name the streams: --job or --stream, or --stalled, or --all.")
    queues = QUEUE_URLS.values() if queue == "both" else (QUEUE_URLS[queue],)
    fleet.require(RUNNER_TABLE if stalled else EVENTS_TABLE, *(() if dry_run else queues))
    due = fleet.table.live(fleet.clock.now()).due if stalled else ()
    if everything:
        chosen: Iterable[str] = fleet.log.streams()
    else:
        chosen = map(StreamId.of_job, due[:MOST_STALLED]) if stalled else _known(fleet, named)
    sent = _send(fleet, chosen, queue, dry_run=dry_run)
    complete = len(due) <= MOST_STALLED
    if as_json:
        nudged = ({"stream": stream, "queue": queue} for stream in sent)
        json.listing("nudged", nudged, lambda: {"complete": complete})
        return
    count = 0
    for count, stream in enumerate(sent, start=1):  # noqa: B007 - the last count is printed
        console.say(stream)
    console.note(f"{count} {_plural(count, 'stream')} {'would be ' if dry_run else ''}nudged.")
    if not complete:
        console.note(f"Only {MOST_STALLED} of {len(due)} stalled jobs are nudged at a time.")


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
        json.array(found)
    else:
        for one in found:
            console.show(told(one, console.width()))


def _known(fleet: Fleet, streams: Iterable[str]) -> list[str]:
    """Return the streams.

    Raises:
        AnswerIsNo: names the streams that are not in the log.
    """
    unknown = [stream for stream in streams if not fleet.log.read(stream)]
    if unknown:
        raise AnswerIsNo(f"Not in the log: {', '.join(unknown)}; nothing was sent.")
    return list(streams)


def _send(fleet: Fleet, streams: Iterable[str], queue: str, *, dry_run: bool) -> Iterator[str]:
    """Nudge each stream, and yield it afterwards."""
    by = re.sub(r"[^A-Za-z0-9._-]", "-", fleet.user)[:32]
    for stream in streams:
        if not dry_run:
            now = fleet.clock.now()
            # Unique for each nudge, since SQS drops duplicates for five minutes.
            fleet.nudges.send(queue, stream, f"replay-nudge/{by}/{stream}/{now:%Y%m%dT%H%M%S.%f}")
        yield stream


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


def _job(text: str) -> StreamId:
    """Return the id of a job's stream.

    Raises:
        click.UsageError: the text is not the id of a job's stream.
    """
    stream = StreamId.parse(text)
    if stream and stream.job_id is not None:
        return stream
    raise click.UsageError(f"{text!r} is not a job's stream; those are named job-<number>")
