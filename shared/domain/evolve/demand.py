"""What GitHub says of the job, and when it gets no runner."""

from datetime import datetime

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.evolve.steps import (
    Handlers,
    left,
    place_job,
    plan_runner,
    put,
    refused,
    signal_job,
    taken,
)
from shared.domain.names import runner_id as name_runner
from shared.domain.state import Demand, Signal, State


def _queued(state: State, fact: e.JobQueued, at: datetime) -> State:
    job = signal_job(state.job, Signal.QUEUED)
    job = replace(job, details=job.details or fact.job, queued_at=job.queued_at or at)
    state = replace(state, fleet=fact.fleet, job=job)
    if job.phase is not Demand.WAITING or state.runners:
        return state
    return plan_runner(state, name_runner(fact.fleet, state.job_id, 1), 1, at)


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
    return put(state, left(runner, fact.conclusion, at))


def _ran(
    state: State, fact: e.JobStarted | e.JobCompleted, started_at: datetime, signal: Signal
) -> State:
    """What start and end share: either may be the first that we hear of the job's runner."""
    job = signal_job(state.job, signal)
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
    state = put(state, taken(runner, state.job_id, started_at))
    waits_for_nobody_else = runner.serves in (None, state.job_id)
    if waits_for_nobody_else and job.paired in (None, runner.id):
        return place_job(state, runner.id)
    return state


def _rejected(state: State, fact: e.JobRejected | e.JobGivenUp, at: datetime) -> State:
    return refused(state, fact.reason, at)


HANDLERS: Handlers = {
    e.JobQueued: _queued,
    e.JobStarted: _started,
    e.JobCompleted: _completed,
    e.JobRejected: _rejected,
    e.JobGivenUp: _rejected,
}
