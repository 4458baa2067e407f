"""Shows on stderr what a command waits for, after a second, if stderr is a terminal.

A command runs inside `shown`. Its output hides the spinner first, since stdout and stderr may be
the same terminal.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock, Timer
from typing import TYPE_CHECKING

from cli.render.text import safe

if TYPE_CHECKING:
    from rich.progress import Progress

AFTER_SECONDS = 1.0


class _Bar:
    """A spinner that appears `AFTER_SECONDS` after each `begin`."""

    def __init__(self, what: str) -> None:
        self._lock = RLock()
        self._what = what
        self._bar: Progress | None = None
        self._timer: Timer | None = None

    def begin(self) -> None:
        """Appear after `AFTER_SECONDS`."""
        with self._lock:
            self._timer = Timer(AFTER_SECONDS, self._appear)
            self._timer.daemon = True
            self._timer.start()

    def end(self) -> None:
        """Disappear, and do not appear until the next `begin`."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
            if self._bar is not None:
                self._bar.stop()
            self._bar = None

    def say(self, what: str) -> None:
        """Show this text."""
        with self._lock:
            self._what = what
            if self._bar is not None:
                self._bar.update(self._bar.task_ids[0], description=what)

    def _appear(self) -> None:
        with self._lock:
            if self._timer is None:
                return
            self._bar = _spinner(self._what)
            self._bar.start()


def _spinner(what: str) -> "Progress":
    from rich.console import Console  # noqa: PLC0415 - most commands need no spinner
    from rich.progress import (  # noqa: PLC0415
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    spinner = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        console=Console(stderr=True, highlight=False, markup=False, emoji=False),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    spinner.add_task(what, total=None)
    return spinner


_current: list[_Bar] = []


@contextmanager
def shown(what: str) -> Iterator[None]:
    """Show `what` while the block runs, after a second."""
    if _current or not sys.stderr.isatty():
        yield
        return
    bar = _Bar(what)
    _current.append(bar)
    bar.begin()
    try:
        yield
    finally:
        bar.end()
        _current.remove(bar)


def say(what: str) -> None:
    """Show this text from now on."""
    for bar in _current:
        bar.say(safe(what))


@contextmanager
def aside() -> Iterator[None]:
    """Hide the spinner while the block prints."""
    for bar in _current:
        bar.end()
    try:
        yield
    finally:
        for bar in _current:
            bar.begin()
