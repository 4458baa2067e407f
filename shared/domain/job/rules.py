"""The rules of a job: when its status is read from GitHub, and when its run is cancelled there."""

from datetime import datetime

from shared.domain.actions import Action, CancelRun, CheckJob, Wait
from shared.domain.job.state import JobPhase
from shared.domain.policy import Policy
from shared.domain.state import State


def check_job(state: State, now: datetime, _: Policy) -> Action | None:
    """Read the status of a job that may run, have run, or be held, instead of waiting for a runner.

    For a job that is held no message is kept in a queue: the Janitor drives its stream.
    """
    job = state.job
    if job.check_at is None or job.details is None:
        return None
    if job.phase not in (JobPhase.QUEUED, JobPhase.HELD):
        return None
    if job.check_at > now:
        return Wait(job.check_at) if job.phase is JobPhase.QUEUED else None
    return CheckJob(job)


def cancel_run(state: State, _: datetime, policy: Policy) -> Action | None:
    """Cancel the workflow run of a refused job, which would stay queued for a day."""
    job = state.job
    is_refused = job.phase is JobPhase.REFUSED and job.run_cancelled_for < job.demands
    if not policy.cancel_refused_runs or not is_refused:
        return None
    return CancelRun(job) if job.details and job.details.run_id else None


def id_per_demand(state: State, what: str) -> str:
    """Return the id of an event that occurs once each time the job is queued."""
    again = f"/{state.job.demands}" if state.job.demands > 1 else ""
    return f"job-{state.job_id}/{what}{again}"
