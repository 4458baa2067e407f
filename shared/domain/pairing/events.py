"""The events of pairing: which runner a job waits for, and which one it ran on."""

from shared.domain.bounds import Time
from shared.domain.event import Fact
from shared.domain.slot.rate_limit import Turn


class JobAssigned(Fact, frozen=True, kw_only=True):
    """GitHub assigned the job to the runner, which may cause a swap.

    In the streams of all jobs and runners that it names. `displaced_job_id` waited for the runner.
    If `spare_given`, it gets `spare_runner_id`, which the assigned job no longer needs. If that
    one's launch still waited for its turn at GitHub, the displaced job gets the `turn`.
    """

    job_id: int
    runner_id: str
    displaced_job_id: int | None = None
    spare_runner_id: str | None = None
    spare_given: bool = False
    turn: Turn | None = None


class PairingEnded(Fact, frozen=True, kw_only=True):
    """Job and runner no longer wait for each other. In the streams of both.

    `check_at` is set if the job may have run on the runner: its status is then read from GitHub.
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
