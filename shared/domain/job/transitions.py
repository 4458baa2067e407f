"""Changes of a job that several events share."""

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from shared.domain.job.state import JOB_TRANSITIONS, Job, JobSignal
from shared.domain.machine import next_phase
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.runner.transitions import change_runner, never_started
from shared.domain.state import State


def signal_job(job: Job, signal: JobSignal, **changes: Any) -> Job:
    """The job after a signal, with these changes; the same one if its table lacks the signal."""
    phase = next_phase(JOB_TRANSITIONS, job.phase, signal)
    return job if phase is None else replace(job, phase=phase, **changes)


def plan_runner(state: State, runner_id: str, number: int, at: datetime) -> State:
    """Return the state with one more planned runner, which the job waits for."""
    runner = Runner(
        id=runner_id, number=number, phase=RunnerPhase.PLANNED, planned_at=at, serves=state.job_id
    )
    job = replace(state.job, paired=runner_id)
    return replace(state, job=job, runners=(*state.runners, runner))


def assign_job(state: State, runner_id: str) -> State:
    """Return the state in which the job runs on that runner and waits for none."""
    state = replace(state, job=replace(state.job, assigned=runner_id, paired=None))

    def change(runner: Runner) -> Runner:
        return replace(runner, serves=None) if runner.serves == state.job_id else runner

    return change_runner(state, runner_id, change)


def refused(state: State, reason: str, at: datetime) -> State:
    """Return the state in which the job is refused, and its planned runner is closed."""
    job = signal_job(state.job, JobSignal.REFUSED, reason=reason)
    if job is state.job:
        return state
    state = replace(state, job=job)
    runner = state.runner(job.paired)
    if runner is None or runner.phase is not RunnerPhase.PLANNED:
        return state
    return never_started(state, runner, reason, at, failed=True)
