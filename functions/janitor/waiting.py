"""The sweep of waiting jobs: jobs that wait for a slot although one is free.

The slot of a runner that ends is granted to the next job in the same append. The Janitor covers the
other cases: jobs that began to wait while a slot was released, a limit that was raised, slots of
launches that are postponed, and the trial launches while the circuit breaker is open.
"""

from collections.abc import Callable

from functions.janitor.sweep import Janitor, Outcome, Swept
from shared.domain.slot.counter import Slots
from shared.domain.slot.decisions import grant
from shared.domain.stream import StreamId

MOST_LOOKED_AT = 200
"""Maximum number of jobs read in one run, in order of arrival."""


def waiting_jobs(janitor: Janitor) -> Swept:
    """Grant free slots to the jobs that have waited longest. The scheduler then launches.

    While the circuit breaker is open, the first job's stream is driven instead, which tries one
    launch. A job that can't be granted a slot, such as one whose stream can't be read, is skipped.
    """
    slots, policy = janitor.deps.log.slots(), janitor.deps.policy()
    if not slots.awaited:
        return Swept()
    if slots.circuit.is_open(policy):
        return _first(janitor, 1, _drive)
    return _first(janitor, _free(slots, policy.max_runners), _grant)


def _first(janitor: Janitor, most: int, act: Callable[[Janitor, str], Outcome]) -> Swept:
    """Act on the waiting jobs in order, until `most` of them did not fail."""
    swept = Swept()
    jobs = janitor.deps.table.waiting(MOST_LOOKED_AT) if most else []
    for number, stream in enumerate(map(StreamId.of_job, jobs)):
        passed = swept.found - swept.repaired
        if number - passed >= most:
            break
        swept += janitor.each([stream], lambda one: act(janitor, one), str)
    return swept


def _grant(janitor: Janitor, stream: str) -> Outcome:
    done = janitor.driver.transact(stream, grant, janitor.deps.policy())
    return Outcome.REPAIRED if done.event else Outcome.OK


def _drive(janitor: Janitor, stream: str) -> Outcome:
    driven = janitor.driver.drive(stream)
    return Outcome.REPAIRED if driven.appended else Outcome.OK


def _free(slots: Slots, max_runners: int) -> int:
    return max(0, max_runners - slots.held)
