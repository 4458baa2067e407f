"""Waiting with a limit, and saying what for."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_LOOK_SECONDS = 1.0
_FIRST_WORD_SECONDS = 1.0
_SILENCE_SECONDS = 30.0
"""The longest time without a line of progress."""


class Patience:
    """Waits until something is so.

    Args:
        echo: Prints a line of progress.
        clock: Seconds of a clock that never goes back.
        pause: Waits that many seconds.
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
        """The first true result of `look`, or None if there is none within `limit` seconds.

        Args:
            what: What is waited for, printed after a second and then ever more rarely.
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
