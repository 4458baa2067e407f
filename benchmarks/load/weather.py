"""How long what is outside of the functions takes, as the simulated world's parts ask for it."""

from dataclasses import dataclass
from random import Random

from benchmarks.load.fibers import Fibers
from benchmarks.load.options import Delays
from tests.simulated.weather import Weather


@dataclass(frozen=True, kw_only=True)
class Measured(Weather):
    """A world without misfortune, by the delays that are asked for.

    Attributes:
        arrives: The delay of whatever is delivered: `event`, `stream`.
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

    def working(self, rng: Random) -> float:  # noqa: ARG002 - asked for, not drawn
        """See `Weather.working`."""
        return self.job_seconds

    def delivery(self, rng: Random) -> float:
        """See `Weather.delivery`."""
        return self.delays.draw(self.arrives, rng)


class Pace:
    """Lets so many a second through, in order.

    Attributes:
        next: The earliest time for the next one.
    """

    def __init__(self, fibers: Fibers, rate: float) -> None:
        self._fibers = fibers
        self._rate = rate
        self.next = 0.0

    def wait(self) -> float:
        """How many seconds whoever asks now has to wait."""
        now = self._fibers.seconds
        begins = max(now, self.next)
        self.next = begins + 1 / self._rate
        return begins - now


@dataclass(frozen=True, kw_only=True)
class Paced(Measured):
    """The weather of GitHub's webhooks: sent one after the other, then under way for a while."""

    pace: Pace

    def delivery(self, rng: Random) -> float:
        """See `Weather.delivery`."""
        return self.pace.wait() + super().delivery(rng)
