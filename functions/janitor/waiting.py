"""Jobs that wait for a slot although one is free: nobody woke them, or the circuit is open.

A runner that is over wakes the next job by itself. What is left for the Janitor are wake-ups that
missed a job because the index lagged behind, a limit that was raised, and the one launch that is
tried at a time while all others wait.
"""

from functions.janitor.sweep import Janitor, Outcome, Swept
from shared.domain.names import job_stream
from shared.domain.policy import Policy
from shared.domain.slots import Slots

MOST_WOKEN = 50
"""Streams driven in one run, in the order in which their jobs were queued."""


def waiting_jobs(janitor: Janitor) -> Swept:
    """Drive the jobs that have waited longest, as many as there are slots for."""
    free = _free(janitor.world.log.slots(), janitor.world.policy())
    rows = janitor.world.table.waiting(min(free, MOST_WOKEN)) if free else []
    streams = dict.fromkeys(job_stream(row.job_id) for row in rows)

    def drive(stream: str) -> Outcome:
        driven = janitor.driver.drive(stream)
        return Outcome.MENDED if driven.appended else Outcome.WELL

    return janitor.each(streams, drive, str)


def _free(slots: Slots, policy: Policy) -> int:
    if slots.is_open(policy):
        return 1
    return max(0, policy.max_runners - slots.taken)
