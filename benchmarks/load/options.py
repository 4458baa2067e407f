"""The options of a run: load, configuration, latencies of AWS and GitHub."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from local.github.limits import POINTS, points
from shared.domain.slot.rate_limit import LAUNCHES_PER_MINUTE

Range = tuple[float, float]
_UNPACED = 1_000_000
"""More launches a minute than any load has, for a GitHub without a limit."""


@dataclass(frozen=True, kw_only=True)
class Delays:
    """Latencies as ranges in seconds. Each one is drawn from its range.

    Attributes:
        transaction: A TransactWriteItems call, which holds its items for `held`.
        read: Any other call to DynamoDB.
        other: Any other call to AWS.
        stream: From the commit of an event until the outbox is invoked with it.
        event: From a change of a task until ingest is invoked.
        webhook: From GitHub to API Gateway.
        poll: Until a waiting poller receives a visible message.
        cold_start: The start of a new environment.
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
        """Draw a latency."""
        first, last = getattr(self, name)
        return rng.uniform(first, last)


@dataclass(frozen=True, kw_only=True)
class Consumption:
    """Batch size and maximum concurrency of an event source mapping."""

    batch: int
    concurrency: int


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a run.

    Attributes:
        rate: Jobs per second for `duration` seconds, one in each interval of 1 / rate.
        burst: Number of jobs at once, instead of a rate.
        webhooks: Webhooks per second that GitHub sends.
        consumers: The mapping of each consumer, by name.
        timeouts: Timeout of each function in seconds, by name.
        github_per_minute: Just-in-time configs per minute and credential that GitHub allows; None:
            no limit.
        credentials: The number of GitHub tokens.
        job_seconds: Duration of a job.
        images: Whether the fleet builds its images, which is the default of an installation.
        run_task: RunTask's sustained rate per second and burst.
        pollers: Initial number of pollers of a mapping, and how many it adds per minute; None: no
            scaling (see `mapping`).
        patience: Seconds after the last job was queued at which the run ends in any case.
        settings: Environment variables of the functions that differ from the defaults.
    """

    rate: float = 20.0
    duration: float = 300.0
    burst: int | None = None
    webhooks: float = 200.0
    consumers: Mapping[str, Consumption]
    timeouts: Mapping[str, int]
    github_per_minute: int | None = None
    credentials: int = 1
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
        """Number of jobs."""
        return self.burst or round(self.rate * self.duration)

    @property
    def github_points(self) -> int | None:
        """GitHub's points per minute of each credential; None: no limit."""
        return self.github_per_minute and self.github_per_minute * points("POST")

    @property
    def paced(self) -> dict[str, str]:
        """The setting of the functions for GitHub's limit, with the module's share of it."""
        if self.github_per_minute is None:
            return {"GITHUB_LAUNCHES_PER_MINUTE": str(_UNPACED)}
        share = LAUNCHES_PER_MINUTE * points("POST") / POINTS
        return {"GITHUB_LAUNCHES_PER_MINUTE": str(max(1, int(self.github_per_minute * share)))}

    def arrivals(self, rng: Random) -> list[float]:
        """Return the time at which each job is queued, in seconds after the start of the load."""
        if self.burst:
            return [0.0] * self.burst
        return [(number + rng.random()) / self.rate for number in range(self.jobs)]
