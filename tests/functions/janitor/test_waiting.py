"""Jobs that wait for a slot get their turn even if nobody woke them."""

from msgspec.structs import replace

from functions.janitor.sweep import Swept
from functions.janitor.waiting import waiting_jobs
from shared.ports import Conflict
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.janitor import janitor


def _fleet(*job_ids: int, **policy: object) -> SimulatedFleet:
    fleet = SimulatedFleet(replace(stories.POLICY, **policy))
    fleet.queue(*job_ids)
    fleet.settle()
    return fleet


def test_nobody_is_woken_while_all_slots_are_taken() -> None:
    fleet = _fleet(1, 2, max_runners=1)
    assert waiting_jobs(janitor(fleet)) == Swept()
    assert fleet.requests.count("ecs.run_task") == 1


def test_jobs_that_nobody_woke_get_slots_in_order_when_the_limit_is_raised() -> None:
    fleet = _fleet(1, 2, 3, 4, max_runners=1)
    fleet.policy = replace(fleet.policy, max_runners=3)
    assert waiting_jobs(janitor(fleet)) == Swept(found=2, repaired=2)
    assert fleet.table.waiting(9) == [4]
    assert fleet.log.slots().held == 3
    assert fleet.requests.count("ecs.run_task") == 1, "to launch is the scheduler's part"
    fleet.settle()
    assert fleet.live_runners() == ["fleet-1-1", "fleet-2-1", "fleet-3-1"]
    assert waiting_jobs(janitor(fleet)) == Swept()


def test_a_grant_nudges_the_scheduler_alone_and_says_which_shard() -> None:
    fleet = _fleet(1, 2, max_runners=1)
    fleet.policy = replace(fleet.policy, max_runners=8)
    nudged = len(fleet.log.nudges)
    waiting_jobs(janitor(fleet))
    granted = fleet.log.read("job-2")[-1].event
    assert (granted.type, granted.actor) == ("SlotGranted", "janitor")
    assert fleet.log.nudges[nudged:] == [("scheduler", "job-2", granted.id)]
    shards = [shard.held for shard in fleet.log.slots().shards]
    assert shards[granted.fact.shard] == 1
    assert sum(shards) == 2


def test_a_slot_that_somebody_else_took_meanwhile_is_not_granted() -> None:
    fleet = _fleet(1, 2, max_runners=1)
    fleet.policy = replace(fleet.policy, max_runners=2)
    append = fleet.log.append

    def lost(*_: object) -> None:
        raise Conflict("the counter has no room")

    fleet.log.append = lost
    assert waiting_jobs(janitor(fleet)) == Swept(found=1)
    fleet.log.append = append
    assert fleet.types(2)[-1] == "SlotAwaited"
    assert waiting_jobs(janitor(fleet)) == Swept(found=1, repaired=1)


def test_one_job_is_tried_at_a_time_while_the_circuit_is_open() -> None:
    fleet = _fleet(1, 2, circuit_failures=2, max_launches=9)
    for runner_id in ("fleet-1-1", "fleet-2-1", "fleet-1-2"):
        fleet.exits(runner_id, exit_code=1)
        fleet.settle()
    assert waiting_jobs(janitor(fleet)) == Swept(), "the pause is not over"
    fleet.clock.advance(61)
    assert waiting_jobs(janitor(fleet)) == Swept(found=1, repaired=1)
    assert waiting_jobs(janitor(fleet)) == Swept()
    assert len(fleet.live()) == 1
