"""Reading the streams of several jobs at once: one that can't be read stops none of the others."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from shared.domain.unreadable import Unreadable
from shared.engine.dependencies import Dependencies


def readable(
    deps: Dependencies, load: Callable[[str], Any], streams: Iterable[str]
) -> Iterator[Any]:
    """The histories of those streams that can be read, each when it is taken.

    Every other one is reported to `Dependencies.on_unreadable`.
    """
    for stream in streams:
        try:
            history = load(stream)
        except Unreadable as error:
            deps.on_unreadable(error)
        else:
            yield history
