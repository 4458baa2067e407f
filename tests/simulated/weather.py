"""The behaviour of the simulated AWS and GitHub: latencies and probabilities of faults."""

from dataclasses import dataclass
from random import Random

TARDY = frozenset({"in_progress", "completed"})
TARDY_SECONDS = (240.0, 360.0)
"""Delay in seconds of the webhooks that are late by minutes."""


@dataclass(frozen=True, kw_only=True)
class Weather:
    """Latencies in seconds, and probabilities and numbers of faults, of AWS and GitHub.

    Attributes:
        late: Probability that a webhook, an event or a nudge takes up to `late_seconds`.
        lost: Probability that GitHub's delivery fails, and is listed as failed.
        missing: Probability that a webhook is never sent, and is not listed.
        killed: Probability that a runner is killed at a random time.
        hung: Probability that a runner never takes a job, never exits, or a job never ends.
        terminations: Number of times that an operator stops a runner.
        spot_storms: Number of times that all Spot tasks can be interrupted at once.
        outage: Start and end of the time in which no runner program can start.
        builds_broken: Probability that an image build fails.
        builds_hung: Probability that a build runs until it is stopped.
        builds_untold: Probability that the event of a build's end is lost.
        thieves: Probability of an additional job of the repository that the fleet ignores.
        strangers: The same for a job of a repository that the fleet does not serve.
        approvals: Probability that a job waits for an approval.
        requeued: Probability that GitHub sends a second `queued` webhook of a queued job.
        assignments_lost: Probability that a job is lost on the way to a runner.
        stalled: Probability that GitHub delays the assignment of a job for some minutes.
        removed: Probability that GitHub removes a runner after some idle minutes.
        tardy: Probability that the webhook of a job's start or end takes about five minutes.
        failing: Probability that a job fails by itself, also shortly before a Spot interruption.
        shut_down: Probability that a busy runner fails its job as soon as Spot takes its task,
            and exits; otherwise it works on until it is killed.
        beside: Probability that a job is of the same run as the one before.
    """

    latency: float = 0.003
    late: float = 0.0
    late_seconds: float = 120.0
    lost: float = 0.0
    missing: float = 0.0
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
    failing: float = 0.0
    shut_down: float = 0.0
    beside: float = 0.0
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
        """From the start of a build's commands to its push."""
        return rng.uniform(30, 240) * self.slow

    def working(self, rng: Random) -> float:
        """From the start of a job to its end."""
        return rng.uniform(5, 180)

    def delivery(self, rng: Random) -> float:
        """Until a webhook, an event or a nudge arrives, in any order and sometimes late."""
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
        """Return whether GitHub has any faults in the assignment or the webhooks of jobs."""
        stolen = self.thieves or self.strangers
        again = self.approvals or self.requeued or self.assignments_lost
        unheard = self.tardy or self.missing
        return bool(stolen or again or self.stalled or self.removed or unheard)
