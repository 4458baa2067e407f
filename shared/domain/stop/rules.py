"""The rules of stopping: request it, deregister the runner, stop its task."""

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
    """A limit has passed, or nobody waits for the runner."""
    for runner in state.runners:
        passed = limit(runner)
        if passed and passed.at <= now:
            return stop(runner, passed.reason, forced=passed.forced)
        unclaimed = runner.phase in _UNCLAIMED and runner.serves is None
        if unclaimed and runner.stop is None:
            return stop(runner, REMOVED if runner.removed else SURPLUS)
    return None


def deregister(state: State, _: datetime, __: Policy) -> Action | None:
    """A runner is to take no more jobs, or ended without one and is still registered."""
    for runner in state.runners:
        stopping = runner.phase in _TASK_LIVES and runner.stop and not runner.stop.deregistered
        if stopping or left_registration(runner):
            return Deregister(runner)
    return None


def stop_task(state: State, now: datetime, _: Policy) -> Action | None:
    """A runner that is deregistered is to stop, or should have stopped by now.

    A job may be heard of before the task that it runs on: its launch has to be finished first.
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
    """The wish to stop the runner; the same event for all who wish it at once."""
    fact = e.StopIntended(runner_id=runner.id, reason=reason, forced=forced)
    return Record(f"{runner.id}/stop-intended/{runner.stops + 1}", fact)
