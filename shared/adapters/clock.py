"""The real clock."""

from datetime import UTC, datetime


class SystemClock:
    """`Clock` that reads the system time."""

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC)


SYSTEM = SystemClock()
"""The default clock."""
