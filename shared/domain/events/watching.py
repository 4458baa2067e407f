"""What the fleet looked up at GitHub, and what people are told."""

from shared.domain.bounds import Time
from shared.domain.events.fact import Fact


class JobChecked(Fact, frozen=True, kw_only=True):
    """GitHub's own status of the job, read where webhooks left it open.

    `status` is GitHub's (`queued`, `waiting`, `in_progress`, `completed`, …), or empty if GitHub
    refused to tell. The other fields are set as in `JobStarted` and `JobCompleted`.
    """

    status: str
    reason: str = ""
    conclusion: str = ""
    runner_name: str = ""
    runner_id: str | None = None
    github_runner_id: int | None = None
    started_at: Time | None = None
    completed_at: Time | None = None


class RunnerConfirmed(Fact, frozen=True, kw_only=True):
    """GitHub has the idle runner registered, so that it can take a job."""

    runner_id: str


class JobStuck(Fact, frozen=True, kw_only=True):
    """Nudges for the job's stream failed too often and lie in the dead-letter queue of `queue`."""

    queue: str
    receives: int
    reason: str


class NoticeSent(Fact, frozen=True, kw_only=True):
    """The operator's subscribers were told: something of this `kind`, about this `subject`."""

    kind: str
    subject: str


class OrphanStopped(Fact, frozen=True, kw_only=True):
    """A task runs for a runner that is over, or that never had it: ECS is asked to stop it.

    Appended before the first request, and once a task, however often ECS has to be asked.
    """

    runner_id: str
    task_arn: str
    reason: str
