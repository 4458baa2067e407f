"""What is asked of a run: load, configuration, how long AWS and GitHub take. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

Range = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Delays:
    """Seconds, from and to; each one is drawn anew.

    Attributes:
        transaction: A TransactWriteItems, of which it holds its items for `held`.
        read: Any other call of DynamoDB.
        other: A call of AWS that is not named here.
        stream: From the commit of an event until the outbox is invoked with it.
        event: From a change of a task until ingest is invoked.
        webhook: From GitHub to API Gateway.
        poll: Until a message that can be received is received by a poller that waits.
        cold_start: A new environment of a function.
        provisioning: From RunTask to PENDING; with `pulling` it is the start of a task.
        pulling: From PENDING to RUNNING.
        deprovisioning: From the end of a task's process to STOPPED.
    """

    transaction: Range = (0.010, 0.014)
    held: Range = (0.008, 0.008)
    read: Range = (0.004, 0.006)
    github: Range = (0.300, 0.400)
    s3: Range = (0.025, 0.035)
    ssm: Range = (0.008, 0.012)
    sqs: Range = (0.008, 0.012)
    run_task: Range = (0.200, 0.300)
    other: Range = (0.040, 0.060)
    stream: Range = (0.200, 1.000)
    event: Range = (0.300, 1.000)
    webhook: Range = (0.050, 0.150)
    poll: Range = (0.010, 0.050)
    cold_start: Range = (1.000, 1.400)
    provisioning: Range = (5.0, 10.0)
    pulling: Range = (10.0, 30.0)
    deprovisioning: Range = (5.0, 20.0)

    def draw(self, name: str, rng: Random) -> float:
        """How long this one takes."""
        first, last = getattr(self, name)
        return rng.uniform(first, last)


@dataclass(frozen=True, kw_only=True)
class Consumption:
    """An event source mapping: messages in a batch, batches at once."""

    batch: int
    concurrency: int


@dataclass(frozen=True, kw_only=True)
class Options:
    """One run.

    Attributes:
        rate: Jobs a second for `duration` seconds, one in each slot of 1 / rate; or
        burst: so many jobs at once.
        webhooks: How many a second GitHub sends.
        consumers: The mapping of each consumer, by name.
        timeouts: Seconds that each function may take, by name.
        github_per_minute: Just-in-time configs that one credential may ask for; None: no limit.
        job_seconds: How long each job runs.
        images: Whether the fleet builds its images, as it does when installed with the defaults.
        run_task: RunTask's sustained rate a second and burst.
        pollers: Batches of a mapping at once before it scales up, and by how many a minute it does;
            None: it need not scale up (see `mapping`).
        patience: Seconds after the last job was queued at which the run ends whatever is open.
        settings: The functions' environment, where it differs.
    """

    rate: float = 20.0
    duration: float = 300.0
    burst: int | None = None
    webhooks: float = 200.0
    consumers: Mapping[str, Consumption]
    timeouts: Mapping[str, int]
    github_per_minute: int | None = None
    max_runners: int
    job_seconds: float = 60.0
    images: bool = True
    run_task: tuple[float, float] = (20.0, 100.0)
    pollers: tuple[int, float] | None = None
    patience: float = 3600.0
    seed: int = 0
    delays: Delays = Delays()
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def jobs(self) -> int:
        """How many there are."""
        return self.burst or round(self.rate * self.duration)

    def arrivals(self, rng: Random) -> list[float]:
        """When each job is queued, in seconds from the beginning of the load."""
        if self.burst:
            return [0.0] * self.burst
        return [(number + rng.random()) / self.rate for number in range(self.jobs)]
