"""What is waited for, on stderr, once a wait has lasted a second; only if stderr is a terminal.

A command runs inside of `shown`. What it prints makes room first: the two may be one terminal.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock, Timer

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cli.render.text import safe

AFTER_SECONDS = 1.0


class _Bar:
    """A spinner that appears after a while, and after a while again when it has made room."""

    def __init__(self, what: str) -> None:
        self._lock = RLock()
        self._what = what
        self._bar: Progress | None = None
        self._timer: Timer | None = None

    def begin(self) -> None:
        """Appear in a while."""
        with self._lock:
            self._timer = Timer(AFTER_SECONDS, self._appear)
            self._timer.daemon = True
            self._timer.start()

    def end(self) -> None:
        """Disappear, and do not appear any more."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
            if self._bar is not None:
                self._bar.stop()
            self._bar = None

    def say(self, what: str) -> None:
        """Show these words."""
        with self._lock:
            self._what = what
            if self._bar is not None:
                self._bar.update(self._bar.task_ids[0], description=what)

    def _appear(self) -> None:
        with self._lock:
            if self._timer is None:
                return
            err = Console(stderr=True, highlight=False, markup=False, emoji=False)
            columns = SpinnerColumn(), TextColumn("{task.description}", markup=False)
            self._bar = Progress(
                *columns,
                TimeElapsedColumn(),
                console=err,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._bar.add_task(self._what, total=None)
            self._bar.start()


_current: list[_Bar] = []


@contextmanager
def shown(what: str) -> Iterator[None]:
    """While the block runs, show after a second what it waits for."""
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
    """Show from now on that this is waited for."""
    for bar in _current:
        bar.say(safe(what))


@contextmanager
def aside() -> Iterator[None]:
    """Make room for a block that prints."""
    for bar in _current:
        bar.end()
    try:
        yield
    finally:
        for bar in _current:
            bar.begin()
