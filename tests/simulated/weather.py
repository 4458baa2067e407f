"""What the simulated AWS and GitHub are like on the whole: rates and delays. Values only."""

from dataclasses import dataclass
from random import Random


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
