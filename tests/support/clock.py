"""A clock that only advances by hand."""

from collections.abc import Callable
from datetime import datetime
from random import Random

from tests.simulated.agenda import SECOND, START, Agenda


class ManualClock(Agenda):
    """`Clock` of tests, and an agenda of simulated clients that runs no action."""

    def __init__(self, start: datetime = START) -> None:
        super().__init__(Random(0), start=start)

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Drop the action: tests change the state of tasks and builds themselves."""

    def advance(self, seconds: float) -> datetime:
        """Advance by that many seconds; returns the new time."""
        self.micros += round(seconds * SECOND)
        return self.now()
