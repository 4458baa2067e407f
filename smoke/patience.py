"""Waits for a condition with a time limit, and prints what it waits for."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_LOOK_SECONDS = 1.0
_FIRST_WORD_SECONDS = 1.0
_SILENCE_SECONDS = 30.0
"""Maximum time in seconds without a line of progress."""


class Patience:
    """Waits until a condition is true.

    Args:
        echo: Prints a line of progress.
        clock: Returns monotonic seconds.
        pause: Sleeps for that many seconds.
    """

    def __init__(
        self,
        echo: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._echo = echo
        self._clock = clock
        self._pause = pause

    def until(self, what: str, look: Callable[[], T], limit: float) -> T | None:
        """Return the first true result of `look`, or None if there is none within `limit` seconds.

        Args:
            what: What it waits for. It is printed after a second and then at growing intervals.
        """
        begun = self._clock()
        next_word, silence = _FIRST_WORD_SECONDS, 4.0
        while not (found := look()):
            waited = self._clock() - begun
            if waited >= limit:
                return None
            if waited >= next_word:
                self._echo(f"         waiting for {what} ({waited:.0f} s of at most {limit:.0f} s)")
                next_word, silence = waited + silence, min(2 * silence, _SILENCE_SECONDS)
            self._pause(min(_LOOK_SECONDS, limit - waited))
        return found
