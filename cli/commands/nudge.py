"""`ecsrunner replay nudge`: sends streams through the consumers' queues again."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any

import click
from msgspec import Struct

from cli.commands.asking import confirm
from cli.commands.filters import filter_options, selected
from cli.commands.options import (
    Target,
    TargetType,
    fleet_of,
    json_option,
)
from cli.commands.times import ALLOWED, Moment
from cli.documents.replay import Nudged, NudgeList
from cli.errors import AnswerIsNo
from cli.fleet.context import EVENTS_TABLE, QUEUE_URLS, RUNNER_TABLE, Fleet
from cli.render import as_json as json
from cli.render import console
from cli.streams.period import rows_of_period
from shared.domain.stream import StreamId

MOST_STALLED = 1000
"""Maximum number of jobs that --stalled nudges; the oldest deadlines come first."""
ASKS_ABOVE = 20
"""Number of streams that are nudged without a question."""
_PERIOD = timedelta(hours=24)


class _Chosen(Struct, frozen=True):
    """The streams to nudge. `count` is None if they are not counted, `of` if some are left out."""

    streams: Iterable[str]
    count: int | None = None
    of: int | None = None


@click.command()
@click.option(
    "--job",
    "jobs",
    multiple=True,
    type=TargetType(),
    help="A job, by its id, its URL or a runner of it. Repeatable.",
)
@click.option("--stream", "streams", multiple=True, help="A stream, by its name. Repeatable.")
@click.option(
    "--since",
    type=Moment(),
    help=f"Every job with a runner that had not ended then: {ALLOWED}. By default 24h, with "
    "--until or a filter.",
)
@click.option("--until", type=Moment(), help="And that was queued by then, likewise.")
@filter_options
@click.option("--stalled", is_flag=True, help="Every stream with a row whose deadline has passed.")
@click.option("--all", "everything", is_flag=True, help="Every stream of the log.")
@click.option(
    "--queue",
    type=click.Choice([*QUEUE_URLS, "both"]),
    default="both",
    show_default=True,
    help="Which consumer is nudged.",
)
@click.option("--yes", is_flag=True, help=f"Do not ask before more than {ASKS_ABOVE} streams.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent, and send nothing.")
@json_option
@click.pass_context
def nudge(
    ctx: click.Context,
    /,
    *,
    jobs: tuple[Target, ...],
    streams: tuple[str, ...],
    stalled: bool,
    everything: bool,
    queue: str,
    yes: bool,
    dry_run: bool,
    as_json: bool,
    **filters: Any,
) -> None:
    """Send streams through the queues again, for the scheduler and the reconciler to look at.

    A nudge never says what to do, so one too many does no harm. The streams are those named by
    --job and --stream, or those of the runners that --since, --until and the filters select
    together, or --stalled, or --all. Needs the queues' URLs, and EVENTS_TABLE, or
    RUNNER_TABLE for a selection and for --stalled.
    """
    fleet = fleet_of(ctx)
    named = dict.fromkeys((*(StreamId.of_job(one.job_id) for one in jobs), *map(_job, streams)))
    selects = any(filters.values())
    if sum((bool(named), selects, stalled, everything)) != 1:
        raise click.UsageError(
            "Name the streams: --job or --stream, or a selection (--since, --until, --status, "
            "--repository and other filters), or --stalled, or --all."
        )
    consumers = tuple(QUEUE_URLS) if queue == "both" else (queue,)
    queues = [QUEUE_URLS[one] for one in consumers]
    table = RUNNER_TABLE if stalled or selects else EVENTS_TABLE
    fleet.require(table, *(() if dry_run else queues))
    if everything:
        chosen = _Chosen(fleet.log.streams())
    elif stalled:
        chosen = _stalled(fleet)
    else:
        found = _selected(ctx, **filters) if selects else _known(fleet, named)
        chosen = _Chosen(found, len(found))
    if not (yes or dry_run):
        chosen = _confirmed(chosen)
    sent = _send(fleet, chosen.streams, queue, dry_run=dry_run)
    if as_json:
        nudged = (Nudged(stream=stream, consumers=consumers) for stream in sent)
        json.listing("nudged", nudged, lambda: NudgeList(complete=chosen.of is None))
        return
    _print(sent, dry_run=dry_run)
    if chosen.of is not None:
        console.note(f"Only {chosen.count} of {chosen.of} stalled jobs are nudged at a time.")


def _print(sent: Iterable[str], *, dry_run: bool) -> None:
    count = 0
    for count, stream in enumerate(sent, start=1):  # noqa: B007 - the last count is printed
        console.say(stream)
    streams = "stream" if count == 1 else "streams"
    console.note(f"{count} {streams} {'would be ' if dry_run else ''}nudged.")


# --- which streams -------------------------------------------------------------------------------


def _stalled(fleet: Fleet) -> _Chosen:
    due = fleet.table.live(fleet.clock.now()).due
    found = list(map(StreamId.of_job, due[:MOST_STALLED]))
    return _Chosen(found, len(found), len(due) if len(due) > len(found) else None)


def _selected(
    ctx: click.Context, /, *, since: datetime | None, until: datetime | None, **filters: Any
) -> list[StreamId]:
    """Return the streams of the jobs that the selected runners were launched for, each once."""
    fleet = fleet_of(ctx)
    end = until or fleet.clock.now()
    selection = selected(ctx, since or end - _PERIOD, end, **filters)
    rows = rows_of_period(fleet.table, selection.since, selection.until, selection.accepts)
    return [StreamId.of_job(job_id) for job_id in dict.fromkeys(row.job_id for row in rows)]


def _known(fleet: Fleet, streams: Iterable[StreamId]) -> list[StreamId]:
    """Return the streams.

    Raises:
        AnswerIsNo: names the streams that are not in the log.
    """
    unknown = [stream for stream in streams if not fleet.log.read(stream)]
    if unknown:
        raise AnswerIsNo(f"Not in the log: {', '.join(unknown)}; nothing was sent.")
    return list(streams)


def _job(text: str) -> StreamId:
    """Return the id of a job's stream.

    Raises:
        click.UsageError: the text is not the id of a job's stream.
    """
    stream = StreamId.parse(text)
    if stream and stream.job_id is not None:
        return stream
    raise click.UsageError(f"{text!r} is not a job's stream; those are named job-<number>")


# --- asking and sending --------------------------------------------------------------------------


def _confirmed(chosen: _Chosen) -> _Chosen:
    """Return the streams, after a question if they are more than `ASKS_ABOVE`.

    Raises:
        AnswerIsNo: the answer was no.
        NotConfigured: there is nobody to answer.
    """
    rest = iter(chosen.streams)
    first = list(islice(rest, ASKS_ABOVE + 1))
    if len(first) > ASKS_ABOVE:
        count = chosen.count if chosen.count is not None else f"more than {ASKS_ABOVE}"
        confirm(f"Nudge {count} streams?", "Nothing was sent")
    return _Chosen(chain(first, rest), chosen.count, chosen.of)


def _send(fleet: Fleet, streams: Iterable[str], queue: str, *, dry_run: bool) -> Iterator[str]:
    """Nudge each stream, and yield it afterwards."""
    by = re.sub(r"[^A-Za-z0-9._-]", "-", fleet.user)[:32]
    for stream in streams:
        if not dry_run:
            now = fleet.clock.now()
            # Unique for each nudge, since SQS drops duplicates for five minutes.
            fleet.nudges.send(queue, stream, f"replay-nudge/{by}/{stream}/{now:%Y%m%dT%H%M%S.%f}")
        yield stream
