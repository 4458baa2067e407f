"""The circuit breaker: how many launches are tried while launches keep breaking.

After `circuit_failures` broken launches in a row one launch is tried at a time, until a job starts
on one. Only a runner that came up, or should have, and ended before it took a job counts; capacity,
quotas and GitHub's refusals say nothing of whether launches work.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from shared.domain.bounds import Time
from shared.domain.policy import Policy


class Circuit(Struct, frozen=True, kw_only=True):
    """`broken`: launches in a row that broke. `try_after`: when the next trial may begin.

    `version` rises with each change: a change is refused if another one came between.
    """

    version: int = 0
    broken: int = 0
    try_after: Time | None = None

    def is_open(self, policy: Policy) -> bool:
        """Whether launches are tried one at a time."""
        return self.broken >= policy.circuit_failures

    def admits_trial(self, now: datetime) -> bool:
        """Whether no trial is under way, and the pause since the last one is over."""
        return self.try_after is None or self.try_after <= now

    def tried(self, until: datetime) -> "Circuit":
        """After a trial began, which keeps others waiting until then at the latest."""
        return Circuit(version=self.version + 1, broken=self.broken, try_after=until)

    def after_break(self, now: datetime, policy: Policy) -> "Circuit":
        """After one more launch broke."""
        pause = timedelta(seconds=policy.circuit_pause)
        return Circuit(version=self.version + 1, broken=self.broken + 1, try_after=now + pause)

    def closed(self) -> "Circuit":
        """After a job started on a runner."""
        return Circuit(version=self.version + 1)
