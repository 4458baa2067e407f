"""Stories of slots and of the circuit breaker."""

from msgspec.structs import replace

from functions.janitor.waiting import waiting_jobs
from tests.histories.story import Story, with_policy
from tests.support.fleet import SimulatedFleet
from tests.support.janitor import janitor


def slot_handed_over(fleet: SimulatedFleet) -> None:
    """Job 2 waits for a slot and gets that of job 1; job 3 is cancelled while it waits."""
    fleet.queue(1)
    fleet.clock.advance(1)
    fleet.queue(2)
    fleet.clock.advance(1)
    fleet.queue(3)
    fleet.settle()
    fleet.completes(3, None, "cancelled")
    fleet.settle()
    fleet.serves(1)
    fleet.serves(2)


def slot_granted_after_the_limit_was_raised(fleet: SimulatedFleet) -> None:
    """Job 2 waits for a slot until the Janitor grants one."""
    fleet.queue(1, 2)
    fleet.settle()
    fleet.policy = replace(fleet.policy, max_runners=2)
    waiting_jobs(janitor(fleet))
    fleet.settle()


def circuit_opened_and_closed(fleet: SimulatedFleet) -> None:
    """Three broken launches stop all others; the one that is tried serves its job."""
    fleet.queue(1, 2)
    fleet.settle()
    for runner_id in ("fleet-1-1", "fleet-2-1", "fleet-1-2"):
        fleet.exits(runner_id, exit_code=1)
        fleet.settle()
    fleet.clock.advance(61)
    fleet.driver().drive("job-2")
    fleet.settle()
    fleet.runs("fleet-2-2")
    fleet.starts(2, "fleet-2-2")
    fleet.settle()
    waiting_jobs(janitor(fleet))
    fleet.settle()


STORIES: list[Story] = [
    *with_policy("one slot", (slot_handed_over, slot_granted_after_the_limit_was_raised)),
    *with_policy("circuit", (circuit_opened_and_closed,)),
]
