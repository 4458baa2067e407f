"""`ecsrunner queues`: shows the queues and their dead letters, and redrives these."""

from collections import Counter
from collections.abc import Iterable, Iterator

import click
from click.core import ParameterSource
from msgspec.structs import asdict
from rich.text import Text

from cli.backlog import survey
from cli.commands.options import fleet_of, json_option
from cli.documents.fleet import MovedLetter, QueuesDocument, RedriveDocument
from cli.errors import AnswerIsNo
from cli.fleet.context import DEAD_LETTER_URLS, EVENTS_TABLE, FAILED_EVENTS_URL, QUEUE_URLS, Fleet
from cli.render import as_json as json
from cli.render import console
from cli.render import queues as words
from shared.ports import DeadLetter

CONSUMERS = tuple(QUEUE_URLS)


@click.group(invoke_without_command=True)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Show at most so many dead letters of a queue, the oldest.",
)
@click.option("--check", is_flag=True, help="Exit code 1 if any message failed (for cron).")
@json_option
@click.pass_context
def queues(ctx: click.Context, *, limit: int, check: bool, as_json: bool) -> None:
    """Show how full the queues are, and what failed too often.

    A nudge that its consumer could not handle in many tries is a dead letter: its job is stuck
    while others go on. An event from AWS that ingest could not take in is a failed event. They are
    looked at, which hides them from others for a moment and counts as a receive, and left there.

    Needs EVENTS_TABLE and the URLs of all queues.
    """
    if ctx.invoked_subcommand is not None:
        _refuse_options_before(ctx, ctx.invoked_subcommand)
        return
    fleet = fleet_of(ctx)
    urls = (*QUEUE_URLS.values(), *DEAD_LETTER_URLS.values(), FAILED_EVENTS_URL)
    fleet.require(EVENTS_TABLE, *urls)
    backlog = survey(fleet.queues, fleet.log, fleet.clock, CONSUMERS, limit)
    if as_json:
        json.document(QueuesDocument(**asdict(backlog), complete=backlog.complete))
    else:
        console.show(map(Text, words.lines(backlog, console.width())))
        for advice in words.advice(backlog):
            console.note(advice) if isinstance(advice, str) else console.commands(advice)
    if check and backlog.lost:
        raise AnswerIsNo(
            f"{backlog.lost} {_plural(backlog.lost, 'message')} failed and will not be retried."
        )


@queues.command()
@click.argument("queue", type=click.Choice([*CONSUMERS, "all"]), default="all")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="Move at most so many of each queue, the oldest.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be moved, and move nothing.")
@json_option
@click.pass_context
def redrive(ctx: click.Context, *, queue: str, limit: int, dry_run: bool, as_json: bool) -> None:
    """Move dead letters back to the queue that they came from, QUEUE or all.

    Each is sent and then deleted, one by one: a crash between the two leaves a second nudge, which
    does no harm. First fix what made them fail, or they fail again. Failed events are not moved;
    `ecsrunner queues` shows how to deliver them again.

    Needs the URLs of the dead-letter queues and, unless --dry-run, of the queues.
    """
    fleet = fleet_of(ctx)
    chosen = CONSUMERS if queue == "all" else (queue,)
    sources = () if dry_run else [QUEUE_URLS[one] for one in chosen]
    fleet.require(*sources, *(DEAD_LETTER_URLS[one] for one in chosen))
    count = Counter[str]()
    moved = _counting(_redrive(fleet, chosen, limit, dry_run=dry_run), count)

    def is_limited() -> bool:
        return max(count.values(), default=0) >= limit

    if as_json:
        json.listing("moved", moved, lambda: RedriveDocument(complete=not is_limited()))
        return
    does = "would go" if dry_run else "went"
    for one in moved:
        console.say(f"{words.subject(one.stream)} {does} back to the {one.consumer}'s queue")
    total = count.total()
    console.note(
        f"{total} {_plural(total, 'dead letter')} {'would be ' if dry_run else ''}moved back."
    )
    if is_limited():
        console.note(f"There may be more: at most {limit} of a queue are moved (--limit).")


def _refuse_options_before(ctx: click.Context, command: str) -> None:
    """Refuse options before the subcommand, where they have no effect."""
    options = {one.name: one.opts[0] for one in ctx.command.params}
    given = [
        option
        for name, option in options.items()
        if name and ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    if given:
        raise click.UsageError(f"{', '.join(given)}: give options after `{command}`, not before.")


def _redrive(
    fleet: Fleet, consumers: Iterable[str], limit: int, *, dry_run: bool
) -> Iterator[MovedLetter]:
    """Yield each letter once it was moved, so that it is printed even if the next one fails."""
    for consumer in consumers:
        look = fleet.queues.dead if dry_run else fleet.queues.redrive
        for letter in look(consumer, limit):
            yield _moved(consumer, letter, moved=not dry_run)


def _counting(moved: Iterable[MovedLetter], count: Counter[str]) -> Iterator[MovedLetter]:
    for one in moved:
        count[one.consumer] += 1
        yield one


def _moved(consumer: str, letter: DeadLetter, *, moved: bool) -> MovedLetter:
    return MovedLetter(
        consumer=consumer,
        stream=letter.stream,
        message_id=letter.message_id,
        event_id=letter.event,
        receives=letter.receives,
        moved=moved,
    )


def _plural(count: int, what: str) -> str:
    return what if count == 1 else f"{what}s"
