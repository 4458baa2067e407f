"""The real clock."""

from datetime import UTC, datetime


class SystemClock:
    """`Clock` of the machine."""

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC)


SYSTEM = SystemClock()
"""The one that everything runs by unless it is given another."""
