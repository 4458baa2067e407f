"""A virtual clock and a queue of scheduled actions, without threads.

The seed determines the order of actions with the same time. Within an invocation, time advances
only in `spend`, which sometimes runs another scheduled action first. So invocations interleave at
their calls, and the same seed gives the same interleaving.
"""

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

START = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
"""A time in microseconds. Integers avoid rounding differences."""
MOST_NESTED = 3
"""Maximum number of nested invocations, each within a call of another one."""

Action = Callable[[], None]


class Agenda:
    """The clock of the simulated clients and the queue of scheduled actions."""

    def __init__(self, rng: Random, meanwhile: float = 0.0, start: datetime = START) -> None:
        """`meanwhile` is the probability that another action runs during a call."""
        self.rng = rng
        self.micros = 0
        self.done = 0
        self.interleaved = 0
        self._meanwhile = meanwhile
        self._start = start
        self._nested = 0
        self._ids = count()
        self._heap: list[tuple[int, float, int, Action]] = []

    def now(self) -> datetime:
        """See `Clock.now`."""
        return self._start + timedelta(microseconds=self.micros)

    @property
    def seconds(self) -> float:
        """Return the seconds since the start."""
        return self.micros / SECOND

    def after(self, seconds: float, action: Action) -> None:
        """Schedule an action after that many seconds."""
        when = self.micros + round(max(0.0, seconds) * SECOND)
        heapq.heappush(self._heap, (when, self.rng.random(), next(self._ids), action))

    def step(self) -> bool:
        """Run the next action; return whether there was one."""
        if not self._heap:
            return False
        when, _, _, action = heapq.heappop(self._heap)
        self.micros = max(self.micros, when)
        self.done += 1
        action()
        return True

    def run(self, until: float) -> None:
        """Run all actions until that time."""
        end = round(until * SECOND)
        while self._heap and self._heap[0][0] <= end:
            self.step()
        self.micros = max(self.micros, end)

    def spend(self, seconds: float) -> None:
        """Advance the time within an invocation. Another action can run meanwhile."""
        self.micros += round(seconds * SECOND)
        if self._nested < MOST_NESTED - 1 and self.rng.random() < self._meanwhile:
            soon = self._heap and self._heap[0][0] <= self.micros + SECOND
            if soon:
                self._nested += 1
                self.interleaved += 1
                try:
                    self.step()
                finally:
                    self._nested -= 1
