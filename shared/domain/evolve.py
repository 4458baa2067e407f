"""One more fact, the next state. Pure and total: a fact that means nothing here changes nothing.

Every phase change goes through the tables in `state`; a signal that a table does not have is
ignored, which is what makes late and repeated facts harmless.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.names import runner_id as name_runner
from shared.domain.state import DEMAND, SUPPLY, Demand, Job, Runner, Signal, State, Stop, Supply


def evolve(state: State, event: e.Event) -> State:
    """The state after `event`."""
    handler = _HANDLERS.get(type(event.fact))
    return handler(state, event.fact, event.at) if handler else state


def fold(job_id: int, events: Iterable[e.Event]) -> State:
    """The state of a job's stream after all of its events, in order."""
    state = State(job_id=job_id)
    for event in events:
        state = evolve(state, event)
    return state


# --- the job -------------------------------------------------------------------------------------


def _queued(state: State, fact: e.JobQueued, at: datetime) -> State:
    job = _signal_job(state.job, Signal.QUEUED)
    job = replace(job, details=job.details or fact.job, queued_at=job.queued_at or at)
    state = replace(state, fleet=fact.fleet, job=job)
    if job.phase is not Demand.WAITING or state.runners:
        return state
    return _plan(state, name_runner(fact.fleet, state.job_id, 1), 1, at)


def _started(state: State, fact: e.JobStarted, at: datetime) -> State:
    return _ran(state, fact, at, Signal.STARTED)


def _completed(state: State, fact: e.JobCompleted, at: datetime) -> State:
    job = replace(
        state.job,
        completed_at=state.job.completed_at or at,
        conclusion=state.job.conclusion or fact.conclusion,
    )
    state = _ran(replace(state, job=job), fact, fact.started_at or at, Signal.COMPLETED)
    runner = state.runner(state.job.runner_id)
    if runner is None or runner.took != state.job_id:
        return state
    state = replace(state, job=replace(state.job, told_finished=True))
    return _put(state, _left(runner, fact.conclusion, at))


def _ran(
    state: State, fact: e.JobStarted | e.JobCompleted, started_at: datetime, signal: Signal
) -> State:
    """What start and end share: either may be the first that we hear of the job's runner."""
    job = _signal_job(state.job, signal)
    ran = bool(fact.runner_id or fact.runner_name)
    job = replace(
        job,
        details=job.details or fact.job,
        started_at=job.started_at or (started_at if ran else None),
        runner_id=job.runner_id or fact.runner_id,
        runner_name=job.runner_name or fact.runner_name,
    )
    state = replace(state, job=job)
    runner = state.runner(job.runner_id)
    if runner is None:
        return state
    state = _put(state, _taken(runner, state.job_id, started_at))
    waits_for_nobody_else = runner.serves in (None, state.job_id)
    if waits_for_nobody_else and job.paired in (None, runner.id):
        return _place(state, runner.id)
    return state


def _rejected(state: State, fact: e.JobRejected | e.JobGivenUp, at: datetime) -> State:
    job = _signal_job(state.job, Signal.REFUSED)
    if job.phase is not Demand.REFUSED:
        return state
    state = replace(state, job=replace(job, reason=fact.reason))
    runner = state.runner(job.paired)
    if runner is None or runner.phase is not Supply.PLANNED:
        return state
    return _never_started(state, runner, fact.reason, at, failed=True)


# --- launching -----------------------------------------------------------------------------------


def _planned(state: State, fact: e.LaunchPlanned, at: datetime) -> State:
    if state.runner(fact.runner_id):
        return state
    return _plan(state, fact.runner_id, fact.number, at)


def _intended(state: State, fact: e.LaunchIntended, at: datetime) -> State:
    def change(runner: Runner) -> Runner:
        runner = _signal_runner(runner, Signal.INTENDED)
        return replace(runner, plan=fact, intended_at=at)

    return _change(state, fact.runner_id, change)


def _launch_failed(state: State, fact: e.LaunchFailed, at: datetime) -> State:
    runner = state.runner(fact.runner_id)
    if runner is None:
        return state
    runner = replace(runner, attempts=fact.attempt, retry_at=fact.retry_at, reason=fact.reason)
    state = _put(state, runner)
    if fact.retry_at is not None:
        return state
    return _never_started(state, runner, fact.reason, at, failed=True)


def _launch_cancelled(state: State, fact: e.LaunchCancelled, at: datetime) -> State:
    runner = state.runner(fact.runner_id)
    if runner is None:
        return state
    return _never_started(state, runner, fact.reason, at, failed=False)


def _launched(state: State, fact: e.RunnerLaunched, _: datetime) -> State:
    def change(runner: Runner) -> Runner:
        return replace(
            _signal_runner(runner, Signal.LAUNCHED),
            launched=True,
            task_arn=fact.task_arn,
            github_runner_id=fact.github_runner_id,
            retry_at=None,
            reason=runner.reason if runner.phase is Supply.CLOSED else None,
        )

    return _change(state, fact.runner_id, change)


def _config_deleted(state: State, fact: e.ConfigDeleted, _: datetime) -> State:
    return _change(state, fact.runner_id, lambda runner: replace(runner, config_deleted=True))


# --- tasks ---------------------------------------------------------------------------------------


def _task_changed(state: State, fact: e.TaskStateChanged, at: datetime) -> State:
    def change(runner: Runner) -> Runner:
        runner = _task_seen(runner, fact.task_arn, fact.status, fact.version)
        if fact.status != "RUNNING":
            return runner
        runner = _signal_runner(runner, Signal.RUNNING)
        return replace(runner, running_at=runner.running_at or at)

    return _change(state, fact.runner_id, change)


def _task_stopped(state: State, fact: e.TaskStopped, at: datetime) -> State:
    runner = state.runner(fact.runner_id)
    if runner is None:
        return state
    runner = _task_seen(runner, fact.task_arn, "STOPPED", fact.version)
    closed = _signal_runner(runner, Signal.STOPPED)
    if closed.phase is runner.phase:
        return _put(state, runner)
    failed = not _clean(runner.stop, fact.exit_code)
    closed = replace(
        closed,
        closed_at=at,
        exit_code=fact.exit_code,
        failed=failed,
        reason=_end_reason(runner.stop, fact) if failed else None,
    )
    return _unpair_own(_put(state, closed), closed)


def _clean(stop: Stop | None, exit_code: int | None) -> bool:
    """Whether a task's end is no failure. It is judged by the stop alone: see ADR 3."""
    if stop is not None:
        return not stop.forced
    return exit_code == 0


def _end_reason(stop: Stop | None, fact: e.TaskStopped) -> str:
    told = ": ".join(text for text in (fact.stop_code, fact.reason) if text) or "task stopped"
    code = "" if fact.exit_code is None else f" (exit code {fact.exit_code})"
    return f"{stop.reason}; {told}{code}" if stop else f"{told}{code}"


def _task_seen(runner: Runner, task_arn: str, status: str, version: int) -> Runner:
    runner = replace(runner, task_arn=runner.task_arn or task_arn)
    if version <= runner.task_version:
        return runner
    return replace(runner, task_status=status, task_version=version)


# --- pairing -------------------------------------------------------------------------------------


def _placed(state: State, fact: e.JobPlaced, at: datetime) -> State:
    if state.job_id == fact.job_id:
        state = _place(state, fact.runner_id)
    if state.job_id == fact.displaced_job_id and state.job.paired == fact.runner_id:
        spare = fact.spare_runner_id if fact.spare_given else None
        state = replace(state, job=replace(state.job, paired=spare))

    def take(runner: Runner) -> Runner:
        return replace(_taken(runner, fact.job_id, at), serves=None)

    def hand_over(runner: Runner) -> Runner:
        return replace(runner, serves=fact.displaced_job_id if fact.spare_given else None)

    state = _change(state, fact.runner_id, take)
    return _change(state, fact.spare_runner_id, hand_over)


def _pairing_ended(state: State, fact: e.PairingEnded, _: datetime) -> State:
    if state.job_id == fact.job_id and state.job.paired == fact.runner_id:
        state = replace(state, job=replace(state.job, paired=None))

    def change(runner: Runner) -> Runner:
        return replace(runner, serves=None) if runner.serves == fact.job_id else runner

    return _change(state, fact.runner_id, change)


def _finished(state: State, fact: e.RunnerFinished, at: datetime) -> State:
    if state.job_id == fact.job_id:
        state = replace(state, job=replace(state.job, told_finished=True))
    return _change(state, fact.runner_id, lambda runner: _left(runner, fact.conclusion, at))


# --- stopping ------------------------------------------------------------------------------------


def _stop_intended(state: State, fact: e.StopIntended, at: datetime) -> State:
    def change(runner: Runner) -> Runner:
        if runner.phase is Supply.CLOSED:
            return runner
        before = runner.stop
        stop = Stop(
            reason=fact.reason,
            forced=fact.forced or (before is not None and before.forced),
            intended_at=at,
            deregistered=before is not None and before.deregistered,
        )
        return replace(runner, stop=stop, stops=runner.stops + 1)

    return _change(state, fact.runner_id, change)


def _deregistered(state: State, fact: e.RunnerDeregistered, _: datetime) -> State:
    def change(runner: Runner) -> Runner:
        stop = replace(runner.stop, deregistered=True) if runner.stop else None
        return replace(runner, deregistered=True, stop=stop)

    return _change(state, fact.runner_id, change)


def _found_busy(state: State, fact: e.RunnerFoundBusy, _: datetime) -> State:
    """A forced stop goes on, any other is off. A dead runner is GitHub's to forget."""

    def change(runner: Runner) -> Runner:
        if runner.phase is Supply.CLOSED:
            return replace(runner, deregistered=True)
        if runner.stop and runner.stop.forced:
            return replace(runner, stop=replace(runner.stop, deregistered=True))
        return replace(_signal_runner(runner, Signal.TAKEN), stop=None, found_busy=True)

    return _change(state, fact.runner_id, change)


def _stop_sent(state: State, fact: e.TaskStopSent, at: datetime) -> State:
    def change(runner: Runner) -> Runner:
        if runner.stop is None:
            return runner
        stop = replace(runner.stop, sent=runner.stop.sent + 1, sent_at=at)
        return replace(runner, stop=stop)

    return _change(state, fact.runner_id, change)


# --- shared steps --------------------------------------------------------------------------------


def _signal_job(job: Job, signal: Signal) -> Job:
    return replace(job, phase=DEMAND[job.phase].get(signal, job.phase))


def _signal_runner(runner: Runner, signal: Signal) -> Runner:
    return replace(runner, phase=SUPPLY[runner.phase].get(signal, runner.phase))


def _plan(state: State, runner_id: str, number: int, at: datetime) -> State:
    runner = Runner(
        id=runner_id, number=number, phase=Supply.PLANNED, planned_at=at, serves=state.job_id
    )
    job = replace(state.job, paired=runner_id)
    return replace(state, job=job, runners=(*state.runners, runner))


def _taken(runner: Runner, job_id: int, at: datetime) -> Runner:
    runner = _signal_runner(runner, Signal.TAKEN)
    return replace(runner, took=runner.took or job_id, taken_at=runner.taken_at or at)


def _left(runner: Runner, conclusion: str, at: datetime) -> Runner:
    runner = _signal_runner(runner, Signal.LEFT)
    return replace(runner, conclusion=runner.conclusion or conclusion, left_at=runner.left_at or at)


def _place(state: State, runner_id: str) -> State:
    state = replace(state, job=replace(state.job, placed=runner_id, paired=None))

    def change(runner: Runner) -> Runner:
        return replace(runner, serves=None) if runner.serves == state.job_id else runner

    return _change(state, runner_id, change)


def _never_started(
    state: State, runner: Runner, reason: str, at: datetime, *, failed: bool
) -> State:
    closed = _signal_runner(runner, Signal.NEVER_STARTED)
    if closed.phase is runner.phase:
        return state
    closed = replace(closed, closed_at=at, failed=failed, reason=reason, retry_at=None)
    return _unpair_own(_put(state, closed), closed)


def _unpair_own(state: State, closed: Runner) -> State:
    """A runner that is over serves its own job no more; another job must be told by an event."""
    if closed.serves != state.job_id:
        return state
    job = replace(state.job, paired=None) if state.job.paired == closed.id else state.job
    return _put(replace(state, job=job), replace(closed, serves=None))


def _put(state: State, changed: Runner) -> State:
    runners = tuple(changed if runner.id == changed.id else runner for runner in state.runners)
    return replace(state, runners=runners)


def _change(state: State, runner_id: str | None, change: Callable[[Runner], Runner]) -> State:
    runner = state.runner(runner_id)
    return _put(state, change(runner)) if runner else state


_HANDLERS: dict[type[e.Fact], Callable[[State, Any, datetime], State]] = {
    e.JobQueued: _queued,
    e.JobStarted: _started,
    e.JobCompleted: _completed,
    e.JobRejected: _rejected,
    e.JobGivenUp: _rejected,
    e.LaunchPlanned: _planned,
    e.LaunchIntended: _intended,
    e.LaunchFailed: _launch_failed,
    e.LaunchCancelled: _launch_cancelled,
    e.RunnerLaunched: _launched,
    e.ConfigDeleted: _config_deleted,
    e.TaskStateChanged: _task_changed,
    e.TaskStopped: _task_stopped,
    e.JobPlaced: _placed,
    e.PairingEnded: _pairing_ended,
    e.RunnerFinished: _finished,
    e.StopIntended: _stop_intended,
    e.RunnerDeregistered: _deregistered,
    e.RunnerFoundBusy: _found_busy,
    e.TaskStopSent: _stop_sent,
}
