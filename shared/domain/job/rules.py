"""The rules of a job: if webhooks do not determine its status, read it from GitHub's API."""

from datetime import datetime

from shared.domain.actions import Action, CheckJob, Wait
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


def id_per_demand(state: State, what: str) -> str:
    """Return the id of an event that occurs once each time the job is queued."""
    again = f"/{state.job.demands}" if state.job.demands > 1 else ""
    return f"job-{state.job_id}/{what}{again}"
