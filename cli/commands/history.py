"""`ecsrunner runners history`: what happened to jobs and runners, as timelines or as events."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import click
from rich.text import Text

from cli.commands.options import Target, fleet_of, json_option
from cli.commands.several import Several, targets_argument
from cli.commands.times import ALLOWED, Moment
from cli.commands.webhooks import why_unknown
from cli.documents.runners import StoredEvents
from cli.errors import AnswerIsNo
from cli.fleet.context import EVENTS_TABLE, Fleet
from cli.following import News, followed, has_ended
from cli.history import timeline
from cli.history.stored_events import StoredEvent, recorded_until, stored
from cli.render import as_json as json
from cli.render import console, progress
from cli.render.events import lines
from cli.render.text import when
from cli.render.timeline import added, begun, drawn, summed
from cli.streams.causes import causes_elsewhere
from shared.domain.events import Recorded
from shared.domain.history import read_job
from shared.domain.stream import StreamId


@click.command()
@targets_argument
@click.option(
    "--at",
    type=Moment(),
    metavar="TIME",
    help=f"Show what was recorded by then, as it was shown then. TIME is {ALLOWED}.",
)
@click.option("--events", is_flag=True, help="Show the events as they are stored.")
@click.option(
    "--follow",
    is_flag=True,
    help="Go on printing new events until the job and its runners, or the runner, have ended.",
)
@json_option
@click.pass_context
def history(
    ctx: click.Context,
    *,
    targets: tuple[Target, ...],
    at: datetime | None,
    events: bool,
    follow: bool,
    as_json: bool,
) -> None:
    """Show what happened to a runner or a job, when, by whom and why, and what it waited for.

    RUNNER_OR_JOB is a runner's id, a job's id or a job's URL; of several each is shown in turn. A
    job's history holds all runners launched for it; a job that was refused has one too. Needs
    EVENTS_TABLE; with INGEST_LOG_GROUP it shows why the webhook of an unknown job was ignored.

    With --json several are a list, and with --follow each new event is one line of JSON. Exit code
    1 if one of them is not there.
    """
    fleet = fleet_of(ctx)
    fleet.require(EVENTS_TABLE)
    several = Several(targets)
    if at is not None and at > fleet.clock.now():
        raise click.UsageError(f"--at ({when(at)} UTC) is in the future.")
    if follow:
        _check_follow(several, at=at)
        news = _followed(fleet, several.targets[0])
        if as_json:
            json.lines(_new(several.targets[0], news, events=events))
        else:
            _print(several.targets[0], news, events=events)
        return
    found = several.each(lambda one: _answer(fleet, one, at, events=events))
    if as_json:
        json.answers(found, one=several.is_one)
    else:
        _show(found)
        if at is not None:
            console.note(f"This is what was recorded by {when(at)} UTC.")
    several.judge()


def _check_follow(several: Several, *, at: datetime | None) -> None:
    if not several.is_one:
        raise click.UsageError("--follow takes one RUNNER_OR_JOB.")
    if at is not None:
        raise click.UsageError("--follow shows what happens from now on; it can't be with --at.")


def _answer(
    fleet: Fleet, target: Target, at: datetime | None, *, events: bool
) -> timeline.Timeline | StoredEvents:
    recorded = _recorded(fleet, target, at)
    now = fleet.clock.now() if at is None else at
    return _events(target, recorded) if events else _timeline(fleet, target, recorded, now)


def _show(found: Iterable[timeline.Timeline | StoredEvents]) -> None:
    for number, one in enumerate(found):
        if number:
            console.say("")
        if isinstance(one, StoredEvents):
            console.show([Text(f"{one.subject}: events of {one.stream}", "bold")])
            console.show(lines(one.events, console.width()))
        else:
            console.show(drawn(one, console.width()))


def _followed(fleet: Fleet, target: Target) -> Iterator[tuple[timeline.Timeline, News]]:
    """Yield the timeline whenever there are new events, and these."""
    stream = StreamId.of_job(target.job_id)
    found = followed(
        lambda: _recorded(fleet, target, None),
        lambda recorded: has_ended(stream, recorded, target.runner_id),
        fleet.pause,
    )
    for news in found:
        now = _timeline(fleet, target, news.recorded, fleet.clock.now())
        progress.say(f"following {now.subject}: {now.status or now.state}")
        yield now, news


def _new(
    target: Target, followed: Iterable[tuple[timeline.Timeline, News]], *, events: bool
) -> Iterator[timeline.Entry | StoredEvent]:
    """Yield each new entry of the timeline or, with `events`, each new event as it is stored."""
    for now, (recorded, after) in followed:
        entries = _events(target, recorded).events if events else now.entries
        yield from (one for one in entries if one.seq > after)


def _print(
    target: Target, followed: Iterable[tuple[timeline.Timeline, News]], *, events: bool
) -> None:
    last: timeline.Timeline | None = None
    for last, (recorded, after) in followed:
        if events:
            new = (one for one in _events(target, recorded).events if one.seq > after)
            console.show(lines(tuple(new), console.width()))
        else:
            width = console.width()
            console.show(added(last, width, after) if after else begun(last, width))
    if last is not None and not events:
        console.show(summed(last, console.width()))


def _recorded(fleet: Fleet, target: Target, at: datetime | None) -> list[Recorded]:
    """Return the events of the job's stream that were recorded by that time.

    Raises:
        AnswerIsNo: the job is not in the log, or was not at that time.
    """
    recorded = fleet.log.read(StreamId.of_job(target.job_id))
    if not recorded:
        raise AnswerIsNo(why_unknown(fleet, target.job_id))
    if at is None:
        return recorded
    found = recorded_until(recorded, at)
    if not found:
        first = when(recorded[0].event.recorded_at)
        raise AnswerIsNo(
            f"Job {target.job_id} was not in the log at {when(at)} UTC; its first event was "
            f"recorded at {first} UTC."
        )
    return found


def _timeline(
    fleet: Fleet, target: Target, recorded: Sequence[Recorded], now: datetime
) -> timeline.Timeline:
    stream, causes = StreamId.of_job(target.job_id), causes_elsewhere(fleet.log, recorded)
    if target.runner_id is None:
        return timeline.of_job(stream, recorded, now, causes)
    found = timeline.of_runner(stream, recorded, target.runner_id, now, causes)
    if found is None:
        raise _no_such_runner(target)
    return found


def _events(target: Target, recorded: Sequence[Recorded]) -> StoredEvents:
    stream = StreamId.of_job(target.job_id)
    if target.runner_id is None:
        return _stored(target, recorded)
    if read_job(stream, recorded).state.runner(target.runner_id) is None:
        raise _no_such_runner(target)
    mine = [one for one in recorded if timeline.concerns(one.event.fact, target.runner_id)]
    return _stored(target, mine)


def _stored(target: Target, recorded: Sequence[Recorded]) -> StoredEvents:
    return StoredEvents(
        subject=target.runner_id or f"job {target.job_id}",
        job_id=target.job_id,
        runner_id=target.runner_id,
        stream=StreamId.of_job(target.job_id),
        events=stored(recorded),
    )


def _no_such_runner(target: Target) -> AnswerIsNo:
    return AnswerIsNo(
        f"Job {target.job_id} has no runner {target.runner_id}; `ecsrunner runners history "
        f"{target.job_id}` shows those that it has."
    )
