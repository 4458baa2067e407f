"""Jobs that wait for a slot although one is free: nobody woke them, or the circuit is open.

A runner that ends hands its slot to the next job by itself. What is left for the Janitor are jobs
that began to wait while a slot was given back, a limit that was raised, slots of launches that
failed for now, and the one launch that is tried at a time while the circuit is open.
"""

from functions.janitor.sweep import Janitor, Outcome, Swept
from shared.domain.names import job_stream
from shared.domain.slots import Slots
from shared.engine.journal import load
from shared.engine.slots import grant
from shared.ports import Conflict

MOST_GRANTED = 200
"""Jobs that get a slot in one run, in the order in which they were queued."""


def waiting_jobs(janitor: Janitor) -> Swept:
    """Grant free slots to the jobs that have waited longest; the scheduler then launches.

    While the circuit is open the first job is driven instead, which tries one launch.
    """
    slots, policy = janitor.world.log.slots(), janitor.world.policy()
    if not slots.awaited:
        return Swept()
    if slots.circuit.is_open(policy):
        return janitor.each(_streams(janitor, 1), lambda one: _drive(janitor, one), str)
    free = _free(slots, policy.max_runners)
    streams = _streams(janitor, min(free, MOST_GRANTED)) if free else []
    return janitor.each(streams, lambda one: _grant(janitor, one), str)


def _streams(janitor: Janitor, most: int) -> list[str]:
    rows = janitor.world.table.waiting(most)
    return list(dict.fromkeys(job_stream(row.job_id) for row in rows))


def _grant(janitor: Janitor, stream: str) -> Outcome:
    world = janitor.world
    policy, history = world.policy(), load(world.log, stream)
    decided = grant(world, history, policy)
    if decided is None:
        return Outcome.WELL
    try:
        janitor.driver.record(history, decided, policy, goes_on=False)
    except Conflict:
        return Outcome.LEFT  # somebody is at the stream or the counter; the next run comes again
    return Outcome.MENDED


def _drive(janitor: Janitor, stream: str) -> Outcome:
    driven = janitor.driver.drive(stream)
    return Outcome.MENDED if driven.appended else Outcome.WELL


def _free(slots: Slots, max_runners: int) -> int:
    return max(0, max_runners - slots.held)
