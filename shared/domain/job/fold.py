"""Folds the events of a job."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.job.state import JobPhase, JobSignal
from shared.domain.job.transitions import assign_job, plan_runner, refused, signal_job
from shared.domain.names import runner_id as name_runner
from shared.domain.runner.transitions import left, put, take_job
from shared.domain.state import Handlers, State

_COMPLETED = "completed"
_RAN = ("in_progress", _COMPLETED)
_QUEUED = ("queued", "pending", "requested")
_HELD = ("waiting",)
"""Statuses of a job. Source: GitHub's OpenAPI description of its REST API, schema `job`, status."""
_FIRST_HELD_CHECK, _LAST_HELD_CHECK = timedelta(seconds=30), timedelta(hours=1)
"""Delays until the job's status is read from GitHub again, while it and the last webhook differ.
The delay doubles each time."""


def _queued(state: State, fact: e.JobQueued, at: datetime) -> State:
    before = state.job.phase
    if state.job.is_webhook_due and not fact.found:
        state = replace(state, job=replace(state.job, is_webhook_due=False))
        if before is JobPhase.REFUSED:  # the webhook is of the queueing that was refused
            return state
    job = signal_job(
        state.job,
        JobSignal.QUEUED,
        details=state.job.details or fact.job,
        queued_at=state.job.queued_at or at,
        is_queued_last=True,
        is_webhook_due=fact.found or state.job.is_webhook_due,
    )
    state = replace(state, fleet=fact.fleet, job=job)
    if job.phase is not JobPhase.QUEUED or before is JobPhase.QUEUED:
        return state
    return _wanted_again(state, before, at)


def _wanted_again(state: State, before: JobPhase, at: datetime) -> State:
    """Return the state of a job that waits for a runner: newly, or after it was held or refused."""
    number = len(state.runners) + 1
    job = replace(state.job, demands=state.job.demands + 1, first=number, reason=None)
    if before is JobPhase.HELD:  # webhooks arrive out of order: it may still be held
        job = replace(job, check_at=at)
    state = replace(state, job=job)
    if job.paired is not None:
        return state
    return plan_runner(state, name_runner(state.fleet, state.job_id, number), number, at)


def _held(state: State, fact: e.JobHeld, at: datetime) -> State:
    job = state.job
    was_queued = job.phase is JobPhase.QUEUED  # webhooks arrive out of order: it may be so again
    job = signal_job(
        job,
        JobSignal.HELD,
        details=job.details or fact.job,
        is_queued_last=False,
        check_at=at if was_queued else job.check_at,
    )
    return replace(state, job=job, fleet=state.fleet or fact.fleet)


def _checked(state: State, fact: e.JobChecked, at: datetime) -> State:
    """Apply the status that was read from GitHub, which overrides the webhooks."""
    job = replace(state.job, check_at=None, checks=state.job.checks + 1)
    state = replace(state, job=job)
    if fact.status in _RAN:
        return _ended(state, fact, at) if fact.status == _COMPLETED else _ran(state, fact, at)
    if fact.status in _HELD:
        return _still_held(state, at)
    if fact.status in _QUEUED and job.phase is JobPhase.HELD and state.fleet:
        job = signal_job(job, JobSignal.QUEUED)
        return _wanted_again(replace(state, job=job), JobPhase.QUEUED, at)
    return replace(state, job=replace(job, held_checks=0))


def _still_held(state: State, at: datetime) -> State:
    """Hold the job. A last webhook that differs may be newer than GitHub's answer: check again."""
    job = signal_job(state.job, JobSignal.HELD)
    if not job.is_queued_last:
        return replace(state, job=replace(job, held_checks=0))
    wait = min(_FIRST_HELD_CHECK * 2**job.held_checks, _LAST_HELD_CHECK)
    job = replace(job, held_checks=job.held_checks + 1, check_at=at + wait)
    return replace(state, job=job)


def _started(state: State, fact: e.JobStarted, at: datetime) -> State:
    return _took(state, fact, at, JobSignal.STARTED)


def _ran(state: State, fact: e.JobChecked, at: datetime) -> State:
    return _took(state, fact, fact.started_at or at, JobSignal.STARTED)


def _completed(state: State, fact: e.JobCompleted, at: datetime) -> State:
    return _ended(state, fact, at)


def _ended(state: State, fact: e.JobCompleted | e.JobChecked, at: datetime) -> State:
    at = (fact.completed_at if isinstance(fact, e.JobChecked) else None) or at
    job = replace(
        state.job,
        completed_at=state.job.completed_at or at,
        conclusion=state.job.conclusion or fact.conclusion,
    )
    state = _took(replace(state, job=job), fact, fact.started_at or at, JobSignal.COMPLETED)
    runner = state.runner(state.job.runner_id)
    if runner is None or runner.took != state.job_id:
        return state
    state = replace(state, job=replace(state.job, finish_recorded=True))
    return put(state, left(runner, fact.conclusion, at))


def _took(
    state: State,
    fact: e.JobStarted | e.JobCompleted | e.JobChecked,
    started_at: datetime,
    signal: JobSignal,
) -> State:
    """Apply what start and end have in common: either may be the first to name the runner."""
    job, ran = state.job, bool(fact.runner_id or fact.runner_name)
    job = signal_job(
        job,
        signal,
        details=job.details or (None if isinstance(fact, e.JobChecked) else fact.job),
        check_at=None,
        started_at=job.started_at or (started_at if ran else None),
        runner_id=job.runner_id or fact.runner_id,
        runner_name=job.runner_name or fact.runner_name,
        github_runner_id=job.github_runner_id or fact.github_runner_id,
    )
    state = replace(state, job=job)
    runner = state.runner(job.runner_id)
    if runner is None:
        return state
    state = put(state, take_job(runner, state.job_id, started_at))
    waits_for_nobody_else = runner.serves in (None, state.job_id)
    if waits_for_nobody_else and job.paired in (None, runner.id):
        return assign_job(state, runner.id)
    return state


def _rejected(state: State, fact: e.JobRejected | e.JobGivenUp, at: datetime) -> State:
    return refused(state, fact.reason, at)


def _run_cancelled(state: State, _: e.RunCancelled, __: datetime) -> State:
    return replace(state, job=replace(state.job, run_cancelled_for=state.job.demands))


HANDLERS: Handlers = {
    e.JobQueued: _queued,
    e.JobHeld: _held,
    e.JobChecked: _checked,
    e.JobStarted: _started,
    e.JobCompleted: _completed,
    e.JobRejected: _rejected,
    e.JobGivenUp: _rejected,
    e.RunCancelled: _run_cancelled,
}
