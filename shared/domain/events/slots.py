"""How many runners there may be at once: who holds a slot, who waits for one, and why."""

from shared.domain.events.fact import Fact


class SlotAwaited(Fact, frozen=True, kw_only=True):
    """The launch has to wait, and for what; a later event gives it a slot."""

    runner_id: str
    reason: str


class SlotFreed(Fact, frozen=True, kw_only=True):
    """A runner that is over gave its slot back, and the jobs that waited longest got slots.

    Appended to the streams of all that it names. `outcome`: `served` if the runner took a job,
    `failed` if its launch or its task ended before, `unused` if it was called off.
    `circuit_opened` says that so many launches in a row have failed by now that no more are tried
    but one at a time.
    """

    runner_id: str
    outcome: str
    granted_job_ids: tuple[int, ...] = ()
    circuit_opened: bool = False


class CircuitClosed(Fact, frozen=True, kw_only=True):
    """The one runner that was tried has taken a job: launches go on for all, the oldest first."""

    runner_id: str
    granted_job_ids: tuple[int, ...] = ()
