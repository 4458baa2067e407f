"""Folds the events of a runner: its launch and its task."""

from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.job.state import JobPhase
from shared.domain.job.transitions import plan_runner, refused
from shared.domain.runner.conditions import waits_for_github
from shared.domain.runner.state import Runner, RunnerPhase, RunnerSignal
from shared.domain.runner.transitions import (
    CONFIRM_EVERY,
    IDLE_ENOUGH,
    REMOVED,
    ask_github_at,
    change_runner,
    ended_without_webhook,
    never_started,
    put,
    signal_runner,
    signal_slot,
    unpair_own,
)
from shared.domain.slot.rate_limit import Turn
from shared.domain.slot.state import SlotSignal
from shared.domain.state import Handlers, State
from shared.domain.stop.state import Stop

_EXITED = "EssentialContainerExited"
_ENDED_BY_ITSELF = ("", _EXITED)
"""Stop codes of tasks that ended by themselves, not by a Spot interruption or StopTask.
Source: Amazon ECS API Reference, Task, stopCode."""
_TAKEN_AWAY = ("SpotInterruption", "TerminationNotice")
"""Stop codes of tasks that AWS ended. Source: the same."""
_SIGNALLED = range(129, 193)
"""Exit codes of a process that a signal ended: 128 and the signal's number, of which Linux has 64.
SIGKILL, as when memory runs out, gives 137. Source: Bash Reference Manual, "Exit Status"."""
SERVED_CODE, NO_JOB_CODE = 0, 66
"""Exit codes of `runner/entrypoint.sh`: a job was run; the runner ended without one."""
_FAILED_TO_START = "TaskFailedToStart"
_NO_CAPACITY = "capacity is unavailable"
"""Part of the stopped reason. Source: AWS re:Post, "How do I resolve the 'Capacity is unavailable
at this time' error in Amazon ECS on Fargate?"."""


def _planned(state: State, fact: e.LaunchPlanned, at: datetime) -> State:
    if state.runner(fact.runner_id):
        return state
    state = plan_runner(state, fact.runner_id, fact.number, at)
    state = replace(state, job=replace(state.job, turn=None))
    return change_runner(
        state,
        fact.runner_id,
        lambda runner: replace(runner, retry_at=fact.not_before, turn=fact.turn),
    )


def _intended(state: State, fact: e.LaunchIntended, at: datetime) -> State:
    def change(runner: Runner) -> Runner:
        begun = signal_runner(
            runner,
            RunnerSignal.INTENDED,
            intent=fact,
            intended_at=at,
            retry_at=None,
            turn=None,
            uncertain=False,
            leased_until=_lease(fact, at),
        )
        if begun is runner:
            return runner
        return signal_slot(begun, SlotSignal.TAKEN, shard=fact.shard, awaits=None)

    return change_runner(state, fact.runner_id, change)


def _resumed(state: State, fact: e.LaunchResumed, at: datetime) -> State:
    def change(runner: Runner) -> Runner:
        if runner.launched or runner.intent is None:
            return runner
        return signal_runner(
            runner,
            RunnerSignal.RESUMED,
            uncertain=True,
            retry_at=None,
            leased_until=_lease(runner.intent, at),
            resumes=runner.resumes + 1,
        )

    return change_runner(state, fact.runner_id, change)


def _lease(intent: e.LaunchIntended, at: datetime) -> datetime:
    return at + timedelta(seconds=intent.limits.lease)


def _launch_failed(state: State, fact: e.LaunchFailed, at: datetime) -> State:
    runner = state.runner(fact.runner_id)
    if runner is None:
        return state
    tried: dict[str, Any] = {
        "attempts": fact.attempt,
        "moves": runner.moves + fact.no_capacity,
        "leased_until": None,
        "turn": None,
        "registered": runner.registered or fact.registered,
        "reason": fact.reason,
    }
    if fact.retry_at is None:
        job_refused = fact.refused and state.job.paired == runner.id
        state = never_started(state, runner, at=at, failed=True, **tried)
        return refused(state, fact.reason, at) if job_refused else state
    again = tried | {"retry_at": fact.retry_at, "uncertain": fact.uncertain}
    if fact.held_back:
        again["turn"] = Turn(at=fact.retry_at, credential=fact.credential)
    if fact.uncertain:
        return put(state, signal_runner(runner, RunnerSignal.UNCERTAIN, **again))
    return put(state, _postponed(signal_runner(runner, RunnerSignal.POSTPONED, **again)))


def _postponed(runner: Runner) -> Runner:
    """Return the runner after an attempt that left no task: planned again, without a slot."""
    if runner.phase is not RunnerPhase.PLANNED:
        return runner
    return signal_slot(runner, SlotSignal.RETURNED, shard=None, awaits=None)


def _unblocked(state: State, fact: e.LaunchUnblocked, _: datetime) -> State:
    def change(runner: Runner) -> Runner:
        return replace(runner, retry_at=None) if waits_for_github(runner) else runner

    return change_runner(state, fact.runner_id, change)


def _launch_cancelled(state: State, fact: e.LaunchCancelled, at: datetime) -> State:
    runner = state.runner(fact.runner_id)
    if runner is None:
        return state
    return never_started(state, runner, fact.reason, at, failed=False)


def _launched(state: State, fact: e.RunnerLaunched, at: datetime) -> State:
    def change(runner: Runner) -> Runner:
        return signal_runner(
            runner,
            RunnerSignal.LAUNCHED,
            launched_at=at,
            task_arn=fact.task_arn,
            github_runner_id=fact.github_runner_id,
            retry_at=None,
            uncertain=False,
            leased_until=None,
            reason=runner.reason if runner.phase is RunnerPhase.CLOSED else None,
        )

    return change_runner(state, fact.runner_id, change)


def _task_started(state: State, fact: e.TaskStarted, at: datetime) -> State:
    def change(runner: Runner) -> Runner:
        if _is_anothers(runner, fact.task_arn):
            return runner
        return signal_runner(
            runner,
            RunnerSignal.RUNNING,
            **_task_seen(runner, fact),
            running_at=runner.running_at or at,
            confirm_at=runner.confirm_at or at + CONFIRM_EVERY,
        )

    return change_runner(state, fact.runner_id, change)


def _task_stopped(state: State, fact: e.TaskStopped, at: datetime) -> State:
    runner = state.runner(fact.runner_id)
    if runner is None or _is_anothers(runner, fact.task_arn):
        return state
    removed = runner.removed or _was_removed(runner, fact, at)
    served = runner.stop is None and _has_served(runner, fact)
    failed = not (removed or served or (runner.stop is not None and not runner.stop.forced))
    closed = signal_runner(
        runner,
        RunnerSignal.STOPPED,
        **_task_seen(runner, fact),
        closed_at=at,
        exit_code=fact.exit_code,
        failed=failed,
        lost=_is_lost(fact),
        interrupted_at=fact.stopping_at if _is_interrupted(fact) else None,
        served=served,
        removed=removed,
        reason=_end_reason(runner.stop, fact) if failed else REMOVED if removed else None,
    )
    return state if closed is runner else _unpair_closed(put(state, closed), closed)


def _unpair_closed(state: State, closed: Runner) -> State:
    """End the pairing with the runner's own job, and check the job's status if it may have run."""
    if ended_without_webhook(closed):
        return state
    check_at = ask_github_at(closed) if closed.serves == state.job_id else None
    state = unpair_own(state, closed)
    if check_at is not None and state.job.phase is JobPhase.QUEUED:
        state = replace(state, job=replace(state.job, check_at=check_at))
    return state


def _is_anothers(runner: Runner, task_arn: str) -> bool:
    """Return whether the task has the runner's name but is not its own: an orphan."""
    return runner.task_arn not in (None, task_arn)


def _has_served(runner: Runner, fact: e.TaskStopped) -> bool:
    """Return whether it ran a job. A job that failed before its hook ran leaves no mark."""
    unmarked = runner.took is not None and _ended_with(fact, NO_JOB_CODE)
    return unmarked or _ended_with(fact, SERVED_CODE)


def _ended_with(fact: e.TaskStopped, exit_code: int) -> bool:
    return fact.exit_code == exit_code and fact.stop_code in _ENDED_BY_ITSELF


def _was_removed(runner: Runner, fact: e.TaskStopped, at: datetime) -> bool:
    """Return whether GitHub removed the registration of a runner that was idle for long enough.

    A runner that ends sooner is broken.
    """
    idle_since = runner.running_at
    was_idle = idle_since is not None and at - idle_since >= IDLE_ENOUGH
    return runner.stop is None and was_idle and _ended_with(fact, NO_JOB_CODE)


def _is_lost(fact: e.TaskStopped) -> bool:
    """Return whether AWS ended the task, or had no capacity to start it."""
    no_capacity = fact.stop_code == _FAILED_TO_START and _NO_CAPACITY in fact.reason.lower()
    return no_capacity or fact.stop_code in _TAKEN_AWAY


def _is_interrupted(fact: e.TaskStopped) -> bool:
    """Return whether AWS ended the task while it ran, or a signal killed its process.

    The entrypoint ends with a code of its own if the runner has ended by itself.
    """
    killed = fact.stop_code == _EXITED and fact.exit_code in _SIGNALLED
    return fact.stop_code in _TAKEN_AWAY or killed


def _end_reason(stop: Stop | None, fact: e.TaskStopped) -> str:
    reason = ": ".join(text for text in (fact.stop_code, fact.reason) if text) or "task stopped"
    code = "" if fact.exit_code is None else f" (exit code {fact.exit_code})"
    return f"{stop.reason}; {reason}{code}" if stop else f"{reason}{code}"


def _task_seen(runner: Runner, fact: e.TaskStarted | e.TaskStopped) -> dict[str, Any]:
    """Return the changes that follow from any event of the runner's task."""
    return {
        "task_arn": runner.task_arn or fact.task_arn,
        "task_version": max(runner.task_version, fact.version),
    }


HANDLERS: Handlers = {
    e.LaunchPlanned: _planned,
    e.LaunchIntended: _intended,
    e.LaunchResumed: _resumed,
    e.LaunchFailed: _launch_failed,
    e.LaunchUnblocked: _unblocked,
    e.LaunchCancelled: _launch_cancelled,
    e.RunnerLaunched: _launched,
    e.TaskStarted: _task_started,
    e.TaskStopped: _task_stopped,
}
