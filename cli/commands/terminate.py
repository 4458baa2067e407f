"""`ecsrunner runners terminate`: records an operator's request to stop runners in the log."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import click
from msgspec.structs import replace

from cli.commands.options import Target, fleet_of, json_option, target_argument
from cli.commands.webhooks import why_unknown
from cli.documents.runners import JobStops, StopAnswer
from cli.errors import AnswerIsNo
from cli.fleet.context import EVENTS_TABLE, RUNNER_TABLE, Fleet
from cli.reach import stoppable
from cli.render import as_json as json
from cli.render import console, progress
from cli.render.text import when
from cli.stopping import StopRequest, request_stop
from shared.domain.decision import Decided
from shared.domain.history import JobHistory
from shared.domain.names import home_job
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.runner.status import status
from shared.domain.stream import StreamId
from shared.engine.transact import Snapshot, Transactor, load

POLL_SECONDS = 1.0
ENDED = "ended"


@click.command()
@target_argument
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
    target: Target,
    force: bool,
    reason: str,
    wait: bool,
    timeout: int,
    as_json: bool,
) -> None:
    """Ask for a runner, or for the live runners of a job, to be stopped.

    RUNNER_OR_JOB is a runner's id, a job's id or a job's URL. A job's live runners are those that
    it runs on or waits for; one that was launched for it and is another job's by now is left alone.

    The request goes into the log, under your name; the reconciler then removes the runner from
    GitHub and stops its task. A runner that is on a job is left alone, unless --force. The job
    itself stays queued at GitHub and gets another runner; to be rid of it, cancel it there. Exit
    code 1 if there is nothing to stop or, with --wait, a runner was left alone or has not ended in
    time. Needs EVENTS_TABLE and RUNNER_TABLE.

    With --json a runner is an object, a job an object with its answers in "runners".
    """
    fleet = fleet_of(ctx)
    fleet.require(EVENTS_TABLE, RUNNER_TABLE)
    ids = [target.runner_id] if target.runner_id else _live(fleet, target.job_id, quiet=as_json)
    answers = [_ask(fleet, one, reason=reason.strip(), force=force) for one in ids]
    if not as_json:
        _say(answers)
    if wait:
        answers = _awaited(fleet, answers, timeout)
    if as_json:
        job = JobStops(job_id=target.job_id, runners=tuple(answers))
        json.document(answers[0] if target.runner_id else job)
    if wait:
        _judge(answers, quiet=as_json)


def _live(fleet: Fleet, job_id: int, *, quiet: bool) -> list[str]:
    """Return the ids of the job's live runners.

    Raises:
        AnswerIsNo: the job is not in the log, or has no live runner.
    """
    history = load(fleet.log, StreamId.of_job(job_id))
    if not history.seq:
        raise AnswerIsNo(why_unknown(fleet, job_id))
    ids, taken = stoppable(history.state)
    live = [one for one in ids if _find(fleet, one).phase is not RunnerPhase.CLOSED]
    if not quiet:
        for one in taken:
            console.say(f"{one.id} is job {one.took or one.serves}'s by now: it is left alone.")
    if not live:
        raise AnswerIsNo(
            f"Job {job_id} has no live runner, so there is nothing to stop; `ecsrunner runners "
            f"history {job_id}` shows what became of those that it had."
        )
    if not quiet:
        console.say(f"Live runners of job {job_id}: {', '.join(live)}.")
    return live


def _ask(fleet: Fleet, runner_id: str, *, reason: str, force: bool) -> StopAnswer:
    """Record the request. After a conflict it is decided again on the runner's new state."""
    asked: list[StopRequest] = []

    def decide(snapshot: Snapshot) -> Decided | None:
        runner = _runner(snapshot.history, runner_id)
        if runner.phase is RunnerPhase.CLOSED and runner.closed_at:
            raise AnswerIsNo(
                f"{runner_id} ended already ({status(runner)} since {when(runner.closed_at)} UTC); "
                "there is nothing to stop."
            )
        asked.append(request_stop(snapshot.history, runner, reason=reason, force=force))
        return asked[-1].decided

    transactor = Transactor(
        log=fleet.log, clock=fleet.clock, actor=f"operator:{fleet.user}", pause=fleet.pause
    )
    done = transactor.transact(_home(runner_id), decide, route=lambda _: asked[-1].route)
    return StopAnswer(
        runner_id=runner_id,
        recorded=done.event is not None,
        event_id=done.event.id if done.event else None,
        outlook=asked[-1].outlook,
    )


def _find(fleet: Fleet, runner_id: str) -> Runner:
    return _runner(load(fleet.log, _home(runner_id)), runner_id)


def _home(runner_id: str) -> str:
    if home_job(runner_id) is None:
        raise _unknown(runner_id)
    return StreamId.of_runner(runner_id)


def _runner(history: JobHistory, runner_id: str) -> Runner:
    runner = history.state.runner(runner_id)
    if runner is None:
        raise _unknown(runner_id)
    return runner


def _unknown(runner_id: str) -> AnswerIsNo:
    return AnswerIsNo(
        f"There is no runner {runner_id}; `ecsrunner runners list` shows those that there are."
    )


def _say(answers: Iterable[StopAnswer]) -> None:
    for answer in answers:
        if answer.recorded:
            console.say(f"Asked for {answer.runner_id} to be stopped.")
        for line in answer.outlook:
            console.say(line)
        console.say(f"Follow it: ecsrunner runners history {answer.runner_id}")


def _awaited(fleet: Fleet, answers: Iterable[StopAnswer], timeout: int) -> list[StopAnswer]:
    """Return the answers with the result of each request. All share the same timeout."""
    until = fleet.clock.now() + timedelta(seconds=timeout)
    return [_outcome(fleet, one, until, timeout) for one in answers]


def _outcome(fleet: Fleet, asked: StopAnswer, until: datetime, timeout: int) -> StopAnswer:
    """Return the answer with `result`: "ended", or why the runner has not ended."""
    while True:
        runner = _find(fleet, asked.runner_id)
        now = status(runner).value
        progress.say(f"waiting for {asked.runner_id}: {now}")
        if runner.phase is RunnerPhase.CLOSED:
            return replace(asked, result=ENDED, status=now)
        if runner.stop is None:
            result = "was left alone: GitHub says that it is on a job"
            return replace(asked, result=result, status=now)
        if fleet.clock.now() >= until:
            return replace(asked, result=f"has not ended within {timeout} s", status=now)
        fleet.pause(POLL_SECONDS)


def _judge(answers: Iterable[StopAnswer], *, quiet: bool) -> None:
    """Print which runners have ended.

    Raises:
        AnswerIsNo: names those that have not, and why.
    """
    failed = [one for one in answers if one.result != ENDED]
    if not quiet:
        for one in answers:
            if one.result == ENDED:
                console.say(f"{one.runner_id} ended: {one.status}")
    if failed:
        raise AnswerIsNo(
            "; ".join(f"{one.runner_id} {one.result}; it is {one.status}" for one in failed) + "."
        )
