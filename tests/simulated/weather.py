"""What the simulated AWS and GitHub are like on the whole: rates and delays. Values only."""

from dataclasses import dataclass
from random import Random

TARDY = frozenset({"in_progress", "completed"})
TARDY_SECONDS = (240.0, 360.0)
"""How long those take that are late by minutes, while all others arrive at once."""


@dataclass(frozen=True, kw_only=True)
class Weather:
    """What AWS and GitHub are like on the whole. Seconds and probabilities.

    Attributes:
        late: How likely a webhook, an event or a nudge takes up to `late_seconds`.
        lost: How likely GitHub's delivery fails; it is redelivered some minutes later.
        killed: How likely a runner is killed at a random moment of its life.
        hung: How likely a runner never takes a job, never exits, or a job never ends.
        terminations: How often an operator wants a runner stopped.
        spot_storms: How often all Spot tasks may be interrupted at once.
        outage: From when until when no runner's program can start.
        builds_broken: How likely a build of an image fails.
        builds_hung: How likely a build goes on until it is stopped.
        builds_untold: How likely nobody hears of a build's end.
        thieves: How likely there is, beside a job, one of its repository that the fleet ignores.
        strangers: The same of a repository that the fleet does not serve.
        approvals: How likely a job waits for an approval.
        requeued: How likely GitHub sends a second `queued` webhook of a queued job.
        assignments_lost: How likely a job is lost on its way to a runner.
        stalled: How likely GitHub delays the assignment of a job for some minutes.
        removed: How likely GitHub removes a runner after some idle minutes.
        tardy: How likely the webhook of a job's begin or end takes about five minutes.
    """

    latency: float = 0.003
    late: float = 0.0
    late_seconds: float = 120.0
    lost: float = 0.0
    doubled: float = 0.0
    killed: float = 0.0
    hung: float = 0.0
    cancelled: float = 0.0
    no_capacity: float = 0.0
    spot_storms: int = 0
    terminations: int = 0
    outage: tuple[float, float] = (0.0, 0.0)
    builds_broken: float = 0.0
    builds_hung: float = 0.0
    builds_untold: float = 0.0
    thieves: float = 0.0
    strangers: float = 0.0
    approvals: float = 0.0
    requeued: float = 0.0
    assignments_lost: float = 0.0
    stalled: float = 0.0
    removed: float = 0.0
    tardy: float = 0.0
    meanwhile: float = 0.1
    slow: float = 1.0

    def provisioning(self, rng: Random) -> float:
        """From RunTask to PENDING."""
        return rng.uniform(3, 15) * self.slow

    def pulling(self, rng: Random) -> float:
        """From PENDING to RUNNING."""
        return rng.uniform(10, 40) * self.slow

    def deprovisioning(self, rng: Random) -> float:
        """From the end of the process to STOPPED."""
        return rng.uniform(1, 20) * self.slow

    def building(self, rng: Random) -> float:
        """From the beginning of a build's own commands to its push."""
        return rng.uniform(30, 240) * self.slow

    def working(self, rng: Random) -> float:
        """From the beginning of a job to its end."""
        return rng.uniform(5, 180)

    def delivery(self, rng: Random) -> float:
        """Until a webhook, an event or a nudge arrives: in any order, sometimes late."""
        if rng.random() < self.late:
            return rng.uniform(1, self.late_seconds)
        return rng.uniform(0.05, 1.5)

    def webhook(self, action: str, rng: Random) -> float:
        """Until a `workflow_job` webhook of that action arrives."""
        if self.tardy > 0 and action in TARDY and rng.random() < self.tardy:
            return rng.uniform(*TARDY_SECONDS)
        return self.delivery(rng)

    @property
    def has_whims(self) -> bool:
        """Whether GitHub does more than assign each job and announce it soon."""
        stolen = self.thieves or self.strangers
        again = self.approvals or self.requeued or self.assignments_lost
        return bool(stolen or again or self.stalled or self.removed or self.tardy)
