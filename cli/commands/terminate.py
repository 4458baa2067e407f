"""`ecsrunner runners terminate`: an operator's wish to stop a runner, through the log."""

from datetime import timedelta

import click
from msgspec import Struct

from cli.commands.options import RunnerId, fleet_of, json_option
from cli.context import EVENTS_TABLE, RUNNER_TABLE, Fleet
from cli.errors import AnswerIsNo
from cli.render import as_json as json
from cli.render import console
from cli.render.text import safe, when
from cli.stopping import Wish, wish
from shared.domain.events import Event
from shared.domain.history import JobHistory
from shared.domain.names import home_job
from shared.domain.state import Runner, Supply
from shared.domain.status import status
from shared.engine.journal import Entry, append, load_job
from shared.ports import Conflict

TRIES = 20
"""Of an append that loses races: more than a job has events in a moment."""
POLL_SECONDS = 1.0


class _Asked(Struct, frozen=True, kw_only=True):
    """The answer, as --json prints it. `result` is set by --wait."""

    runner_id: str
    recorded: bool
    event_id: str | None
    outlook: tuple[str, ...]
    result: str | None = None
    status: str | None = None


@click.command()
@click.argument("runner_id", type=RunnerId())
@click.option("--force", is_flag=True, help="Stop it even if it is on a job, which then fails.")
@click.option("--reason", help="Why, for the timeline.", default="asked by an operator")
@click.option("--wait", is_flag=True, help="Wait until it has ended, or was left alone as busy.")
@click.option(
    "--timeout",
    type=click.IntRange(min=1),
    default=180,
    show_default=True,
    help="Seconds to wait at most, with --wait.",
)
@json_option
@click.pass_context
def terminate(
    ctx: click.Context,
    *,
    runner_id: str,
    force: bool,
    reason: str,
    wait: bool,
    timeout: int,
    as_json: bool,
) -> None:
    """Ask for a runner to be stopped.

    The request goes into the log, under your name; the reconciler then removes the runner from
    GitHub and stops its task. A runner that is on a job is left alone, unless --force. Exit code 1
    if the runner has ended already or, with --wait, was left alone or has not ended in time. Needs
    EVENTS_TABLE and RUNNER_TABLE.
    """
    fleet = fleet_of(ctx)
    fleet.require(EVENTS_TABLE, RUNNER_TABLE)
    asked = _ask(fleet, runner_id, reason=reason.strip(), force=force)
    answer = _Asked(
        runner_id=runner_id,
        recorded=asked.event is not None,
        event_id=asked.event.id if asked.event else None,
        outlook=asked.outlook,
    )
    if not as_json:
        _say(answer)
    if not wait:
        if as_json:
            json.document(answer)
        return
    with console.progress(f"waiting for {runner_id}", as_json=as_json) as bar:
        runner, result = _outcome(fleet, runner_id, timeout, bar)
    if as_json:
        known = {"result": result, "status": status(runner).value}
        json.document({**json.fields(answer), **known})
    if result != "ended":
        raise AnswerIsNo(f"{runner_id} {result}; it is {status(runner)}")
    if not as_json:
        click.echo(f"{runner_id} ended: {status(runner)}")


def _ask(fleet: Fleet, runner_id: str, *, reason: str, force: bool) -> Wish:
    """Record the wish; when somebody else was faster, look again whether it still makes sense."""
    for _ in range(TRIES):
        history, runner = _find(fleet, runner_id)
        if runner.phase is Supply.CLOSED and runner.closed_at:
            raise AnswerIsNo(
                f"{runner_id} ended already ({status(runner)} since {when(runner.closed_at)} UTC); "
                "there is nothing to stop"
            )
        now = fleet.clock.now()
        asked = wish(history, runner, reason=reason, force=force, user=fleet.user, now=now)
        if asked.event is None:
            return asked
        try:
            append(fleet.log, [_entry(history, asked.event, asked.route)])
        except Conflict:
            continue
        return asked
    raise Conflict(f"{runner_id}: somebody else was faster, {TRIES} times")


def _entry(history: JobHistory, event: Event, route: str) -> Entry:
    return Entry(history=history, events=(event,), route=lambda _: route)


def _find(fleet: Fleet, runner_id: str) -> tuple[JobHistory, Runner]:
    job_id = home_job(runner_id)
    history = load_job(fleet.log, job_id or 0)
    runner = history.state.runner(runner_id)
    if runner is None:
        raise AnswerIsNo(
            f"there is no runner {runner_id}; `ecsrunner runners list` shows those that there are"
        )
    return history, runner


def _say(answer: _Asked) -> None:
    if answer.recorded:
        click.echo(f"Asked for {answer.runner_id} to be stopped.")
    for line in answer.outlook:
        click.echo(safe(line))
    click.echo(f"Follow it: ecsrunner runners history {answer.runner_id}")


def _outcome(fleet: Fleet, runner_id: str, timeout: int, bar: console.Bar) -> tuple[Runner, str]:
    """The runner and what came of the wish: "ended", or the words for why not."""
    until = fleet.clock.now() + timedelta(seconds=timeout)
    while True:
        _, runner = _find(fleet, runner_id)
        bar.say(status(runner).value)
        if runner.phase is Supply.CLOSED:
            return runner, "ended"
        if runner.stop is None:
            return runner, "was left alone: GitHub says that it is on a job"
        if fleet.clock.now() >= until:
            return runner, f"has not ended within {timeout} s"
        fleet.pause(POLL_SECONDS)
