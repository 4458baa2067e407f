"""Limits how many rows a second are compared, and so written."""

from collections.abc import Callable
from datetime import timedelta

from shared.ports import Clock


class Pace:
    """A limit of rows per second.

    Args:
        pause: Waits that many seconds.
    """

    def __init__(self, clock: Clock, pause: Callable[[float], None], rows_per_second: int) -> None:
        self._clock = clock
        self._pause = pause
        self._due = clock.now()
        self.rows_per_second = rows_per_second

    def take(self, rows: int) -> None:
        """Wait until the rows that were taken before had their time, and take these."""
        now = self._clock.now()
        if self._due > now:
            self._pause((self._due - now).total_seconds())
            now = self._clock.now()
        self._due = max(self._due, now) + timedelta(seconds=rows / self.rows_per_second)
