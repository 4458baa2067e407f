"""The virtual clock, and what is to happen at which time. There is no other time and no thread.

Things that happen at one time happen in an order that the seed draws. Inside an invocation time
passes by `spend`, and now and then something else happens meanwhile: so two consumers interleave at
their calls without a thread, and the same seed interleaves them alike.
"""

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

START = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = 1_000_000
"""Microseconds: times are whole numbers, so that they add up alike everywhere."""
MOST_NESTED = 3
"""So many invocations may be under way, one inside a call of the other."""

Action = Callable[[], None]


class Agenda:
    """`Clock` of simulated clients, and the queue of what is to happen."""

    def __init__(self, rng: Random, meanwhile: float = 0.0, start: datetime = START) -> None:
        """`meanwhile`: how likely something else happens during a call."""
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
        """Since the beginning."""
        return self.micros / SECOND

    def after(self, seconds: float, action: Action) -> None:
        """Let it happen so many seconds from now."""
        when = self.micros + round(max(0.0, seconds) * SECOND)
        heapq.heappush(self._heap, (when, self.rng.random(), next(self._ids), action))

    def step(self) -> bool:
        """Let the next thing happen; whether there was one."""
        if not self._heap:
            return False
        when, _, _, action = heapq.heappop(self._heap)
        self.micros = max(self.micros, when)
        self.done += 1
        action()
        return True

    def run(self, until: float) -> None:
        """Let everything happen until then."""
        end = round(until * SECOND)
        while self._heap and self._heap[0][0] <= end:
            self.step()
        self.micros = max(self.micros, end)

    def spend(self, seconds: float) -> None:
        """Time passes inside an invocation; something else may happen meanwhile."""
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
