"""The virtual clock of many things at once: each is a fiber that waits while others go on.

A fiber is a greenlet: synchronous code, such as a function's handler, is suspended in the middle of
a call. Only one runs at a time, and which is next follows from the clock and the seed alone.
"""

from collections.abc import Callable
from heapq import heappop
from random import Random
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

from tests.simulated.agenda import Agenda


class Fibers(Agenda):
    """An agenda that runs each action as a fiber of its own."""

    def __init__(self, rng: Random) -> None:
        super().__init__(rng)
        self._is_closed = False

    def step(self) -> bool:
        """Go on with whatever is next; whether there was anything."""
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
            RuntimeError: it is called outside of any fiber.
        GreenletExit: the agenda is closed.
        """
        if self._is_closed:
            raise GreenletExit
        fiber: Any = getcurrent()
        if fiber.parent is None:
            raise RuntimeError("only what the agenda has started can wait")
        self.after(seconds, fiber)
        fiber.parent.switch()

    def start(self, action: Callable[[], None]) -> None:
        """Begin something else now, and go on."""
        self.after(0.0, action)

    def close(self) -> None:
        """End every fiber that waits."""
        self._is_closed = True
        action: Any
        for _, _, _, action in self._heap:
            if isinstance(action, greenlet):
                action.throw()
        self._heap.clear()
