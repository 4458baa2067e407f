"""The rules of stopping a runner: intend the stop, deregister the runner, stop its task."""

from datetime import datetime

from shared.domain import events as e
from shared.domain.actions import (
    Action,
    CheckTask,
    Deregister,
    Record,
    StopTask,
)
from shared.domain.policy import Policy
from shared.domain.runner.conditions import left_registration
from shared.domain.runner.deadlines import limit, stop_limit
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.runner.transitions import REMOVED
from shared.domain.state import State

_TASK_LIVES = (RunnerPhase.LAUNCHED, RunnerPhase.IDLE, RunnerPhase.BUSY, RunnerPhase.FINISHED)
_UNCLAIMED = (RunnerPhase.LAUNCHED, RunnerPhase.IDLE)


def intend_stop(state: State, now: datetime, _: Policy) -> Action | None:
    """Stop a runner that has passed a limit, or that no job waits for."""
    for runner in state.runners:
        passed = limit(runner)
        if passed and passed.at <= now:
            return stop(runner, passed.reason, forced=passed.forced)
        unclaimed = runner.phase in _UNCLAIMED and runner.serves is None
        if unclaimed and runner.stop is None:
            return stop(runner, REMOVED if runner.removed else SURPLUS)
    return None


def deregister(state: State, _: datetime, __: Policy) -> Action | None:
    """Deregister a runner that is being stopped, or that ended without a job."""
    for runner in state.runners:
        stopping = runner.phase in _TASK_LIVES and runner.stop and not runner.stop.deregistered
        if stopping or left_registration(runner):
            return Deregister(runner)
    return None


def stop_task(state: State, now: datetime, _: Policy) -> Action | None:
    """Stop the task of a deregistered runner, and check a task that should have stopped by now.

    A job's webhook may arrive before its runner's launch has an outcome. Without a task ARN the
    launch has to finish first.
    """
    for runner in state.runners:
        if runner.phase not in _TASK_LIVES or not runner.stop or not runner.stop.deregistered:
            continue
        if runner.task_arn is None:
            continue
        if runner.stop.sent == 0:
            return StopTask(runner)
        overdue = stop_limit(runner)
        if overdue and overdue <= now:
            return CheckTask(runner)
    return None


SURPLUS = "no waiting job needs it"


def stop(runner: Runner, reason: str, *, forced: bool = False) -> Record:
    """Return the intent to stop the runner. Concurrent intents have the same event id."""
    fact = e.StopIntended(runner_id=runner.id, reason=reason, forced=forced)
    return Record(f"{runner.id}/stop-intended/{runner.stops + 1}", fact)
