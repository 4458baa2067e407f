"""What sweeps remember: between the runs of an execution environment, and within one run."""

from dataclasses import dataclass, field
from datetime import datetime

from functions.janitor.delivery_ledger import Kept
from shared.domain.projection import RunnerRow
from shared.domain.runner.status import Status
from shared.ports import Hook, LiveRows


@dataclass(kw_only=True)
class Memory:
    """What sweeps remember in an execution environment, for an hour at most, to save calls.

    Attributes:
        hour: The hour in which it was remembered, since 1970.
        agreed: GitHub's status of each job on which GitHub and the log agreed, by the job's id.
        hooks: The fleet's webhook of each owner, as far as it was looked for.
        deliveries: The ledger of each webhook's deliveries, by the name of its checkpoint.
        statuses: The jobs whose commit status was checked, each with why it may need one.
    """

    hour: int = 0
    agreed: dict[int, str] = field(default_factory=dict)
    hooks: dict[str, Hook | None] = field(default_factory=dict)
    deliveries: dict[str, Kept] = field(default_factory=dict)
    statuses: set[tuple[int, str]] = field(default_factory=set)

    def expire(self, now: datetime) -> None:
        """Forget everything if a new hour has begun."""
        hour = int(now.timestamp() // 3600)
        if hour != self.hour:
            self.hour = hour
            self.agreed.clear()
            self.hooks.clear()
            self.deliveries.clear()
            self.statuses.clear()


@dataclass(kw_only=True)
class SharedRows:
    """The rows that the sweeps of one run share, as far as one of them has read them."""

    live: LiveRows | None = None
    by_status: dict[Status, tuple[RunnerRow, ...]] = field(default_factory=dict)
