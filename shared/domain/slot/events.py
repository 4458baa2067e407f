"""How many runners there may be at once: who holds a slot, who waits for one, and why."""

from shared.domain.event import Fact


class SlotAwaited(Fact, frozen=True, kw_only=True):
    """The launch has to wait, and for what; a later event gives it a slot.

    `circuit`: the circuit breaker holds it back, not the number of slots.
    """

    runner_id: str
    reason: str
    circuit: bool = False


class SlotGranted(Fact, frozen=True, kw_only=True):
    """The runner's launch waits no longer: it holds a slot of `shard`."""

    runner_id: str
    shard: int


class SlotFreed(Fact, frozen=True, kw_only=True):
    """A runner that has ended gave its slot back, or handed it to the job that waited longest.

    In the streams of both. `outcome`: `served` if the runner took a job, `broken` if it ended
    before although nobody stopped it, `unused` else. `circuit_opened`: so many launches in a row
    are broken by now that no more are tried but one at a time.
    """

    runner_id: str
    shard: int
    outcome: str
    granted_job_id: int | None = None
    circuit_opened: bool = False


class CircuitClosed(Fact, frozen=True, kw_only=True):
    """A job started on this runner, so launches are not held back any more."""

    runner_id: str
