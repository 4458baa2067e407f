"""A clock that stands still until it is moved."""

from collections.abc import Callable
from datetime import datetime
from random import Random

from tests.simulated.agenda import SECOND, START, Agenda


class ManualClock(Agenda):
    """`Clock` of tests, and the agenda of simulated clients on which nothing happens by itself."""

    def __init__(self, start: datetime = START) -> None:
        super().__init__(Random(0), start=start)

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Drop the action: whatever is to happen, a test brings it about."""

    def advance(self, seconds: float) -> datetime:
        """Move on by that many seconds; the new time."""
        self.micros += round(seconds * SECOND)
        return self.now()
