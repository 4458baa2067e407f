"""`ecsrunner log`: exports streams of the event log to a file, and imports such a file."""

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any

import click

from cli.commands.filters import selected, selection_options
from cli.commands.options import Target, TargetType, fleet_of
from cli.errors import AnswerIsNo
from cli.fleet.context import EVENTS_TABLE, RUNNER_TABLE, Fleet
from cli.render import console, progress
from cli.streams import jsonl
from cli.streams.exported import ExportedStream
from cli.streams.importing import NotEmptyError, import_streams
from cli.streams.period import read_streams, rows_of_period
from cli.streams.stored import StoredStream
from shared.domain.state import State
from shared.domain.stream import StreamId
from shared.domain.unreadable import Unreadable

AT_ONCE = 100
"""Number of streams whose rows are read together."""


@click.group()
def log() -> None:
    """Export streams of the event log to a file, and import them into an empty one."""


@log.command()
@click.argument("jobs", metavar="[RUNNER_OR_JOB]...", type=TargetType(), nargs=-1)
@click.option("--all", "everything", is_flag=True, help="The whole log: a scan of both tables.")
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write, which must not exist. By default stdout.",
)
@selection_options
@click.pass_context
def export(
    ctx: click.Context,
    /,
    *,
    jobs: tuple[Target, ...],
    everything: bool,
    output: Path | None,
    since: datetime,
    until: datetime,
    **filters: Any,
) -> None:
    """Export streams with their rows as JSON Lines, such as for a support ticket.

    Exports the named jobs, or those that had a runner in the period, each with the stream of its
    image. A stream that can't be read is named and left out; the exit code is 1 then. The file has
    whatever is in the log: names of repositories, workflows and jobs, but no secret. Needs
    EVENTS_TABLE and RUNNER_TABLE.
    """
    fleet = fleet_of(ctx)
    fleet.require(EVENTS_TABLE, RUNNER_TABLE)
    if jobs and everything:
        raise click.UsageError("Name jobs, or --all, but not both.")
    if everything:
        streams: Iterable[StoredStream] = fleet.scan.streams()
    else:
        ids: Iterable[StreamId] = (StreamId.of_job(one.job_id) for one in jobs)
        if not jobs:
            selection = selected(ctx, since, until, **filters)
            rows = rows_of_period(fleet.table, selection.since, selection.until, selection.accepts)
            ids = (StreamId.of_job(row.job_id) for row in rows)
        streams = _with_images(fleet, read_streams(fleet.log, dict.fromkeys(ids)))
    unreadable: list[Unreadable] = []
    exported = _exported(fleet, streams, unreadable)
    count = _write(jsonl.write(exported, fleet.clock.now()), output)
    console.note(f"{count} lines exported.")
    if unreadable:
        keys = ", ".join(one.key for one in unreadable[:20])
        raise AnswerIsNo(f"{len(unreadable)} streams can't be read and are left out: {keys}")


@log.command("import")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def import_(ctx: click.Context, *, file: Path, yes: bool) -> None:
    """Import an export into the empty tables of a fleet, such as one of `make up`.

    FILE is one of `ecsrunner log export`, or the folder of DynamoDB's export to S3. Events are
    stored as they are in the file, and nudge nobody; `ecsrunner replay rebuild` then writes the
    rows. A fleet that is at work would act on the jobs, so tables with any event are refused.
    Needs EVENTS_TABLE and RUNNER_TABLE.
    """
    fleet = fleet_of(ctx)
    fleet.require(EVENTS_TABLE, RUNNER_TABLE)
    if not yes:
        click.confirm(f"Write the events of {file} to {fleet.variable(EVENTS_TABLE)}?", abort=True)
    try:
        events = import_streams(fleet.events, file)
    except NotEmptyError as error:
        raise AnswerIsNo(str(error)) from error
    console.say(f"{events} events imported. `ecsrunner replay rebuild` writes their rows.")


def _with_images(fleet: Fleet, streams: Iterable[StoredStream]) -> Iterator[StoredStream]:
    """Yield the streams, and then those of the images that their runners waited for or ran."""
    tags: dict[str, None] = {}
    for one in streams:
        yield one
        if one.problem is None:
            rows = one.history().rows.values()
            tags |= dict.fromkeys(row.image_tag for row in rows if row.image_tag)
    yield from read_streams(fleet.log, map(StreamId.of_image, tags))


def _exported(
    fleet: Fleet, streams: Iterable[StoredStream], unreadable: list[Unreadable]
) -> Iterator[ExportedStream]:
    """Yield the readable streams with their stored rows."""
    rest = iter(streams)
    while batch := list(islice(rest, AT_ONCE)):
        progress.say(f"exporting: up to {batch[-1].stream}")
        unreadable += [one.problem for one in batch if one.problem is not None]
        readable = [(one, _runners(one)) for one in batch if one.problem is None]
        rows = fleet.table.find(list(chain.from_iterable(ids for _, ids in readable)))
        for one, ids in readable:
            found = {runner_id: rows[runner_id] for runner_id in ids if runner_id in rows}
            yield ExportedStream(stored=one, rows=found)


def _runners(stream: StoredStream) -> list[str]:
    state = stream.history().state
    return [runner.id for runner in state.runners] if isinstance(state, State) else []


def _write(lines: Iterable[bytes], output: Path | None) -> int:
    """Write lines to a new file or stdout; return their number without the first."""
    count = -1
    if output is None:
        out = sys.stdout.buffer
        for count, line in enumerate(lines):  # noqa: B007 - the last one is returned
            out.write(line)
        out.flush()
        return max(count, 0)
    if output.exists():
        raise click.UsageError(f"{output} exists already; name another file.")
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("wb") as file:
            for count, line in enumerate(lines):  # noqa: B007
                file.write(line)
        part.rename(output)
    except OSError as error:
        raise click.UsageError(f"{output} can't be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
    return count
