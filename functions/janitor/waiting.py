"""Jobs that wait for a slot although one is free: nobody woke them, or the circuit is open.

A runner that ends hands its slot to the next job by itself. What is left for the Janitor are jobs
that began to wait while a slot was given back, a limit that was raised, slots of launches that
failed for now, and the one launch that is tried at a time while the circuit is open.
"""

from collections.abc import Callable

from functions.janitor.sweep import Janitor, Outcome, Swept
from shared.domain.slot.counter import Slots
from shared.domain.slot.decisions import grant
from shared.domain.stream import StreamId

MOST_LOOKED_AT = 200
"""Jobs that may get a slot in one run, in the order in which they arrived."""


def waiting_jobs(janitor: Janitor) -> Swept:
    """Grant free slots to the jobs that have waited longest; the scheduler then launches.

    While the circuit is open the first job is driven instead, which tries one launch. A job that
    can't be helped, such as one whose stream can't be read, passes its turn to the next one.
    """
    slots, policy = janitor.deps.log.slots(), janitor.deps.policy()
    if not slots.awaited:
        return Swept()
    if slots.circuit.is_open(policy):
        return _first(janitor, 1, _drive)
    return _first(janitor, _free(slots, policy.max_runners), _grant)


def _first(janitor: Janitor, most: int, act: Callable[[Janitor, str], Outcome]) -> Swept:
    """Look at the jobs that wait, in order; after so many that could be helped it ends."""
    swept = Swept()
    jobs = janitor.deps.table.waiting(MOST_LOOKED_AT) if most else []
    for number, stream in enumerate(map(StreamId.of_job, jobs)):
        passed = swept.found - swept.mended
        if number - passed >= most:
            break
        swept += janitor.each([stream], lambda one: act(janitor, one), str)
    return swept


def _grant(janitor: Janitor, stream: str) -> Outcome:
    done = janitor.driver.transact(stream, grant, janitor.deps.policy())
    return Outcome.MENDED if done.event else Outcome.WELL


def _drive(janitor: Janitor, stream: str) -> Outcome:
    driven = janitor.driver.drive(stream)
    return Outcome.MENDED if driven.appended else Outcome.WELL


def _free(slots: Slots, max_runners: int) -> int:
    return max(0, max_runners - slots.held)
