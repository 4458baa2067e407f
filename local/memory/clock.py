"""A clock that stands still until it is moved."""

from datetime import UTC, datetime, timedelta


class ManualClock:
    """`Clock` for tests and simulations."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        """See `Clock.now`."""
        return self._now

    def advance(self, seconds: float) -> datetime:
        """Move on by that many seconds; the new time."""
        self._now += timedelta(seconds=seconds)
        return self._now
