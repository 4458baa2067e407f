"""The rules of pairing: a job that runs or a runner that ends no longer waits for the other."""

from datetime import datetime

from shared.domain.actions import (
    Action,
    AssignJob,
    EndPairing,
    RecordFinish,
    Wait,
)
from shared.domain.job.state import JobPhase
from shared.domain.names import home_job
from shared.domain.policy import Policy
from shared.domain.runner.state import RunnerPhase
from shared.domain.runner.transitions import REMOVED, ask_github_at, ended_without_webhook
from shared.domain.state import State


def assign(state: State, _: datetime, __: Policy) -> Action | None:
    """Assign a job to the runner that it runs on, unless the runner's own stream records it."""
    job = state.job
    if job.runner_id is None or job.assigned == job.runner_id or job.started_at is None:
        return None
    spare = job.paired if job.paired != job.runner_id else None
    return AssignJob(state.job_id, job.runner_id, spare, job.started_at)


def record_finish(state: State, _: datetime, __: Policy) -> Action | None:
    """Record the end of a job that ran on another job's runner."""
    job = state.job
    elsewhere = job.assigned is not None and home_job(job.assigned) != state.job_id
    if job.phase is not JobPhase.COMPLETED or job.finish_recorded or not elsewhere:
        return None
    if job.assigned is None or job.completed_at is None:
        return None
    return RecordFinish(state.job_id, job.assigned, job.conclusion or "", job.completed_at)


def end_pairing_of_job(state: State, _: datetime, __: Policy) -> Action | None:
    """End the pairing of a job that no longer waits."""
    job = state.job
    if job.paired is None or job.phase is JobPhase.QUEUED or job.check_at is not None:
        return None
    why = {
        JobPhase.STARTED: "the job started on another runner",
        JobPhase.REFUSED: "the job gets no runner",
        JobPhase.HELD: "GitHub holds the job, such as for an approval",
    }.get(job.phase, f"the job ended ({job.conclusion}) before a runner took it")
    return EndPairing(state.job_id, job.paired, why)


def end_pairing_of_runner(state: State, now: datetime, _: Policy) -> Action | None:
    """End the pairing of a runner that can no longer serve its job."""
    waiting: Wait | None = None
    for runner in state.runners:
        if runner.serves is None:
            continue
        if runner.phase is RunnerPhase.CLOSED:
            check_at = ask_github_at(runner)
            if ended_without_webhook(runner) and check_at and check_at > now:
                waiting = waiting or Wait(check_at)
                continue
            return EndPairing(runner.serves, runner.id, "the runner ended", check_at)
        if runner.removed:
            return EndPairing(runner.serves, runner.id, REMOVED, now)
        if runner.busy_at and runner.took is None:
            return EndPairing(runner.serves, runner.id, "GitHub reports it as busy", now)
    return waiting
