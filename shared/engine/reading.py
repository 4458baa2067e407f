"""Reading the streams of several jobs at once: one that can't be read stops none of the others."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from shared.domain.unreadable import Unreadable
from shared.engine.world import World


def readable(world: World, load: Callable[[str], Any], streams: Iterable[str]) -> Iterator[Any]:
    """The histories of those streams that can be read, each when it is taken.

    Every other one is reported to `World.on_unreadable`.
    """
    for stream in streams:
        try:
            history = load(stream)
        except Unreadable as error:
            world.on_unreadable(error)
        else:
            yield history
