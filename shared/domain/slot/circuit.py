"""The circuit breaker: limits launches while launches keep failing.

After `circuit_failures` broken launches in a row one launch is tried at a time, until a job starts
on one. A launch is broken if its runner came up, or should have, and ended before it took a job.
Missing capacity, quotas and refusals by GitHub do not count.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from shared.domain.bounds import Time
from shared.domain.policy import Policy


class Circuit(Struct, frozen=True, kw_only=True):
    """The state of the circuit breaker.

    Attributes:
        version: Increments with each change. A change is refused if another one came before it.
        broken: The number of broken launches in a row.
        try_after: When the next trial may begin.
    """

    version: int = 0
    broken: int = 0
    try_after: Time | None = None

    def is_open(self, policy: Policy) -> bool:
        """Return whether launches are tried one at a time."""
        return self.broken >= policy.circuit_failures

    def admits_trial(self, now: datetime) -> bool:
        """Return whether no trial is under way, and the pause since the last one has passed."""
        return self.try_after is None or self.try_after <= now

    def tried(self, until: datetime) -> "Circuit":
        """Return the breaker after a trial began, which blocks others until `until` at most."""
        return Circuit(version=self.version + 1, broken=self.broken, try_after=until)

    def after_break(self, now: datetime, policy: Policy) -> "Circuit":
        """Return the breaker after one more broken launch."""
        pause = timedelta(seconds=policy.circuit_pause)
        return Circuit(version=self.version + 1, broken=self.broken + 1, try_after=now + pause)

    def closed(self) -> "Circuit":
        """Return the breaker after a job started on a runner."""
        return Circuit(version=self.version + 1)
