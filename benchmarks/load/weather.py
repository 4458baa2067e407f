"""The latencies outside of the functions, for the simulated services."""

from dataclasses import dataclass
from random import Random

from benchmarks.load.fibers import Fibers
from benchmarks.load.options import Delays
from tests.simulated.weather import Weather


@dataclass(frozen=True, kw_only=True)
class Measured(Weather):
    """Latencies of the options, without faults.

    Attributes:
        arrives: Latency of a delivery: `event` or `stream`.
    """

    delays: Delays
    job_seconds: float
    arrives: str

    def provisioning(self, rng: Random) -> float:
        """See `Weather.provisioning`."""
        return self.delays.draw("provisioning", rng)

    def pulling(self, rng: Random) -> float:
        """See `Weather.pulling`."""
        return self.delays.draw("pulling", rng)

    def deprovisioning(self, rng: Random) -> float:
        """See `Weather.deprovisioning`."""
        return self.delays.draw("deprovisioning", rng)

    def working(self, rng: Random) -> float:  # noqa: ARG002 - a constant from the options
        """See `Weather.working`."""
        return self.job_seconds

    def delivery(self, rng: Random) -> float:
        """See `Weather.delivery`."""
        return self.delays.draw(self.arrives, rng)


class Pace:
    """Limits the rate of deliveries per second, in order.

    Attributes:
        next: The earliest time for the next delivery.
    """

    def __init__(self, fibers: Fibers, rate: float) -> None:
        self._fibers = fibers
        self._rate = rate
        self.next = 0.0

    def wait(self) -> float:
        """Reserve the next time and return the seconds until then."""
        now = self._fibers.seconds
        begins = max(now, self.next)
        self.next = begins + 1 / self._rate
        return begins - now


@dataclass(frozen=True, kw_only=True)
class Paced(Measured):
    """Latencies of GitHub's webhooks, which are sent at a limited rate and then take some time."""

    pace: Pace

    def delivery(self, rng: Random) -> float:
        """See `Weather.delivery`."""
        return self.pace.wait() + super().delivery(rng)
