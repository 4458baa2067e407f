"""A virtual clock for concurrent actions, each of which runs as a fiber.

A fiber is a greenlet, which can suspend synchronous code, such as a function's handler, in the
middle of a call. Only one fiber runs at a time. The clock and the seed determine the order.
"""

from collections.abc import Callable
from heapq import heappop
from random import Random
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

from tests.simulated.agenda import Agenda


class Fibers(Agenda):
    """An agenda that runs each action as a separate fiber."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self._is_closed = False

    def step(self) -> bool:
        """Run the next fiber; return whether there was one."""
        if not self._heap:
            return False
        action: Any
        when, _, _, action = heappop(self._heap)
        self.micros = max(self.micros, when)
        self.done += 1
        fiber = action if isinstance(action, greenlet) else greenlet(action)
        fiber.switch()
        return True

    def spend(self, seconds: float) -> None:
        """Suspend the calling fiber for that many seconds.

        Raises:
            RuntimeError: The caller is not a fiber.
            GreenletExit: The agenda is closed.
        """
        if self._is_closed:
            raise GreenletExit
        fiber: Any = getcurrent()
        if fiber.parent is None:
            raise RuntimeError("only what the agenda has started can wait")
        self.after(seconds, fiber)
        fiber.parent.switch()

    def start(self, action: Callable[[], None]) -> None:
        """Start another fiber now, and continue."""
        self.after(0.0, action)

    def close(self) -> None:
        """End all waiting fibers."""
        self._is_closed = True
        action: Any
        for _, _, _, action in self._heap:
            if isinstance(action, greenlet):
                action.throw()
        self._heap.clear()
