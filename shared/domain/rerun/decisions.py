"""The decision on a lost job: record the loss, and whether the job is run again."""

from shared.domain import events as e
from shared.domain.actions import RecordLoss
from shared.domain.decision import Decided, Given
from shared.domain.history import JobHistory
from shared.domain.job.state import Job
from shared.domain.policy import Policy
from shared.domain.rerun.rules import why_not
from shared.domain.stream import StreamId


def record_loss(given: Given, action: RecordLoss) -> Decided | None:
    """Record the loss in the streams of the runner and of its job; None if no webhook named it."""
    runner = action.runner
    lost: JobHistory = given.load(StreamId.of_job(action.job_id))
    job = lost.state.job
    if job.details is None:
        return None
    fact = e.JobLost(
        job_id=action.job_id,
        runner_id=runner.id,
        job=job.details,
        reason=runner.reason or "",
        why_not=_why_not(job, job.details, given.policy),
    )
    return Decided(id=f"{runner.id}/job-lost", fact=fact, streams=(lost,))


def _why_not(job: Job, details: e.JobDetails, policy: Policy) -> str:
    """Return why the job is not run again, or ""."""
    if job.demands == 0:
        return "it was not queued for this fleet"
    if details.run_id == 0:
        return "GitHub did not name its workflow run"
    return why_not(details.run_attempt, policy)
