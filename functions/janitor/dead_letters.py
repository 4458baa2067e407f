"""Nudges that failed too often: the streams of their jobs say that these are stuck."""

import time
from collections.abc import Callable

from functions.janitor.sweep import Janitor, Outcome, Swept
from shared.domain.actions import Role
from shared.domain.names import stream_job
from shared.domain.rules.notices import JOB_STUCK
from shared.engine.dead_letters import mark
from shared.engine.journal import load_job
from shared.engine.notices import notice

MOST_LETTERS = 100
"""Looked at in one run, of each consumer's dead-letter queue; the oldest first."""


def dead_letters(janitor: Janitor, pause: Callable[[float], None] = time.sleep) -> Swept:
    """Mark the jobs whose nudges are dead letters, which stay for an operator to put back.

    Subscribers are told from here: a stream that can't be driven does not tell them.
    """
    world = janitor.world

    def look(role: Role) -> Outcome:
        marked = mark(world.log, janitor.queues, world.clock, role.value, MOST_LETTERS, pause=pause)
        for stream in marked.streams:
            _tell(janitor, stream)
        if marked.marked:
            return Outcome.MENDED
        return Outcome.LEFT if marked.seen else Outcome.WELL

    return janitor.each(Role, look, str)


def _tell(janitor: Janitor, stream: str) -> None:
    world = janitor.world
    if world.notices is None:
        return
    state = load_job(world.log, stream_job(stream) or 0).state
    world.notices.send(notice(state, JOB_STUCK, state.job.stuck or ""))
