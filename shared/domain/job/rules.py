"""The rules of a job: where webhooks leave its status open, GitHub is asked."""

from datetime import datetime

from shared.domain.actions import Action, CheckJob, Wait
from shared.domain.job.state import JobPhase
from shared.domain.policy import Policy
from shared.domain.state import State


def check_job(state: State, now: datetime, _: Policy) -> Action | None:
    """It is open whether the job still waits for a runner: it may run, have run, or be held.

    A job that is held waits for no message: the Janitor comes back to it.
    """
    job = state.job
    if job.check_at is None or job.details is None:
        return None
    if job.phase not in (JobPhase.WAITING, JobPhase.HELD):
        return None
    if job.check_at > now:
        return Wait(job.check_at) if job.phase is JobPhase.WAITING else None
    return CheckJob(job)


def once_a_demand(state: State, what: str) -> str:
    """The id of an event that a job has once, and once again each time it is queued again."""
    again = f"/{state.job.demands}" if state.job.demands > 1 else ""
    return f"job-{state.job_id}/{what}{again}"
