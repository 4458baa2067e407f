"""The events of slots and of the circuit breaker."""

from shared.domain.event import Fact


class SlotAwaited(Fact, frozen=True, kw_only=True):
    """The launch has to wait, and why. A later event grants it a slot.

    `circuit`: it waits because of the circuit breaker, not of the number of slots.
    """

    runner_id: str
    reason: str
    circuit: bool = False


class SlotGranted(Fact, frozen=True, kw_only=True):
    """The runner's launch no longer waits: it holds a slot of `shard`."""

    runner_id: str
    shard: int


class SlotFreed(Fact, frozen=True, kw_only=True):
    """The slot of an ended runner was released, or granted to the job that waited longest.

    In the streams of both. `outcome` is `served` if the runner took a job, `broken` if it ended
    without one although it was not stopped, and `unused` otherwise. `circuit_opened`: with this
    broken launch the circuit breaker opened, so launches are tried one at a time.
    """

    runner_id: str
    shard: int
    outcome: str
    granted_job_id: int | None = None
    circuit_opened: bool = False


class CircuitClosed(Fact, frozen=True, kw_only=True):
    """A job started on this runner, so the circuit breaker closed."""

    runner_id: str
