"""What people are told: these change no state but what they see, and that they were told."""

from shared.domain.events.fact import Fact


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
