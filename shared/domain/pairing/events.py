"""Which runner a job waits for, and which one it ran on."""

from shared.domain.bounds import Time
from shared.domain.event import Fact


class JobAssigned(Fact, frozen=True, kw_only=True):
    """Job and runner that found each other at GitHub, and the swap that follows from it.

    Appended to the streams of all that it names. `displaced_job_id` waited for the runner; it gets
    `spare_runner_id`, which the placed job no longer needs, if `spare_given`.
    """

    job_id: int
    runner_id: str
    displaced_job_id: int | None = None
    spare_runner_id: str | None = None
    spare_given: bool = False


class PairingEnded(Fact, frozen=True, kw_only=True):
    """Job and runner no longer wait for each other. In the streams of both.

    `check_at` is set if the job may have run on the runner: from then on GitHub is asked.
    """

    job_id: int
    runner_id: str
    reason: str
    check_at: Time | None = None


class RunnerFinished(Fact, frozen=True, kw_only=True):
    """A job ended on a runner that was launched for another job. In the streams of both."""

    job_id: int
    runner_id: str
    conclusion: str
