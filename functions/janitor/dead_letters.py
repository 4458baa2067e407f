"""Nudges that failed too often: the streams of their jobs say that these are stuck."""

import time
from collections.abc import Callable

from functions.janitor.sweep import Janitor, Outcome, Swept
from shared.domain.actions import Role
from shared.engine.dead_letters import mark

MOST_LETTERS = 100
"""Looked at in one run, of each consumer's dead-letter queue; the oldest first."""


def dead_letters(janitor: Janitor, pause: Callable[[float], None] = time.sleep) -> Swept:
    """Mark the jobs whose nudges are dead letters, which stay for an operator to put back."""
    world = janitor.world

    def look(role: Role) -> Outcome:
        marked = mark(world.log, janitor.queues, world.clock, role.value, MOST_LETTERS, pause=pause)
        if marked.marked:
            return Outcome.MENDED
        return Outcome.LEFT if marked.seen else Outcome.WELL

    return janitor.each(Role, look, str)
