"""Jobs that wait for a slot get their turn even if nobody woke them."""

from msgspec.structs import replace

from functions.janitor.sweep import Swept
from functions.janitor.waiting import waiting_jobs
from tests.support import stories
from tests.support.fleet import MemoryFleet
from tests.support.janitor import janitor


def _fleet(*job_ids: int, **policy: object) -> MemoryFleet:
    fleet = MemoryFleet(replace(stories.POLICY, **policy))
    fleet.queue(*job_ids)
    fleet.settle()
    return fleet


def test_nobody_is_woken_while_all_slots_are_taken() -> None:
    fleet = _fleet(1, 2, max_runners=1)
    assert waiting_jobs(janitor(fleet)) == Swept()
    assert fleet.tasks.calls["run"] == 1


def test_jobs_that_nobody_woke_are_launched_in_order_when_the_limit_is_raised() -> None:
    fleet = _fleet(1, 2, 3, 4, max_runners=1)
    fleet.policy = replace(fleet.policy, max_runners=3)
    assert waiting_jobs(janitor(fleet)) == Swept(found=2, mended=2)
    assert [row.job_id for row in fleet.table.waiting(9)] == [4]
    assert len(fleet.tasks.live()) == 3


def test_one_job_is_tried_at_a_time_while_the_circuit_is_open() -> None:
    fleet = _fleet(1, 2, circuit_failures=2, max_launches=9)
    for runner_id in ("fleet-1-1", "fleet-2-1", "fleet-1-2"):
        fleet.exits(runner_id, exit_code=1)
        fleet.settle()
    assert waiting_jobs(janitor(fleet)) == Swept(), "the pause is not over"
    fleet.clock.advance(61)
    assert waiting_jobs(janitor(fleet)) == Swept(found=1, mended=1)
    assert waiting_jobs(janitor(fleet)) == Swept()
    assert len(fleet.tasks.live()) == 1
