"""The events of a lost job: the loss, the intent to run the job again, and what came of it.

Each is in the streams of the job and of its runner.
"""

from shared.domain.bounds import Time
from shared.domain.event import Fact
from shared.domain.job.events import JobDetails


class JobLost(Fact, frozen=True, kw_only=True):
    """The job failed because its runner's task was taken away or killed.

    `why_not`: why it is not run again, or "" if it is.
    """

    job_id: int
    runner_id: str
    job: JobDetails
    reason: str
    why_not: str = ""


class RerunPostponed(Fact, frozen=True, kw_only=True):
    """The run goes on, and GitHub runs none of its jobs again before it has ended.

    It is read again at `check_at`; `checks` is how often that was so.
    """

    job_id: int
    runner_id: str
    checks: int
    check_at: Time


class RerunIntended(Fact, frozen=True, kw_only=True):
    """GitHub is to be requested to run the job again.

    Attributes:
        number: How often that was intended for the lost job.
        run_attempt: The run's attempt that has ended; the request begins the next one.
        target: GitHub's id of the job to run again; None: all failed jobs of the run.
    """

    job_id: int
    runner_id: str
    number: int
    run_attempt: int
    target: int | None


class RerunRequested(Fact, frozen=True, kw_only=True):
    """GitHub runs the job again in attempt `run_attempt`, under another id.

    `found`: that was seen at GitHub. The request was for another lost job of the run, or of a
    person, or it was the fleet's own and its answer was lost.
    """

    job_id: int
    runner_id: str
    run_attempt: int
    found: bool = False


class RerunAbandoned(Fact, frozen=True, kw_only=True):
    """The lost job is not run again, and why."""

    job_id: int
    runner_id: str
    reason: str
