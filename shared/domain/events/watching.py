"""What the Janitor found: they tell people something and change no state but what people see."""

from shared.domain.events.fact import Fact


class JobStuck(Fact, frozen=True, kw_only=True):
    """Nudges for the job's stream failed too often and lie in the dead-letter queue of `queue`."""

    queue: str
    receives: int
    reason: str


class OrphanStopped(Fact, frozen=True, kw_only=True):
    """A task runs for a runner that is over, or that never had it: ECS is asked to stop it.

    Appended before the first request, and once a task, however often ECS has to be asked.
    """

    runner_id: str
    task_arn: str
    reason: str
