"""The Janitor among damaged items: it names them, counts them, and all its sweeps do their work."""

from typing import Any

from msgspec.structs import replace

from functions.janitor.dead_letters import dead_letters
from functions.janitor.deadlines import deadlines
from functions.janitor.handler import SWEEPS
from functions.janitor.sweep import Swept, run
from functions.janitor.waiting import waiting_jobs
from tests.support import stories
from tests.support.janitor import janitor
from tests.support.queues import SimulatedQueues
from tests.support.stored import StoredFleet

YEAR_999 = {"S": "999-01-01T00:00:00.000000Z"}


def _up(*job_ids: int, **policy: Any) -> StoredFleet:
    fleet = StoredFleet(replace(stories.POLICY, **policy))
    for job_id in job_ids:
        fleet.clock.advance(1)
        fleet.queue(job_id)
        fleet.settle()
    return fleet


def _damaged() -> StoredFleet:
    """Of five jobs, one has an event that can't be read and two have such rows; all are due."""
    fleet = _up(1, 2, 3, 4, 5, max_runners=4)
    fleet.runs("fleet-1-1", "fleet-2-1", "fleet-3-1")
    fleet.settle()
    fleet.damage_event("job-1", 1)
    fleet.damage_row("fleet-2-1", status_at=YEAR_999)
    fleet.damage_row("fleet-4-1", job_id={"S": "four"}, queued_at=YEAR_999)
    fleet.damage_row("by hand", live={"S": "0"}, deadline={"S": "never"}, status_at=YEAR_999)
    fleet.clock.advance(100_000)
    return fleet


def test_all_sweeps_run_to_their_end_among_damaged_items() -> None:
    fleet = _damaged()
    failures: list[str] = []
    swept = run(janitor(fleet, failures), SWEEPS)
    assert failures == []
    assert not any(one.failed or one.skipped for one in swept.values())
    assert {"job-1 event 1", "by hand"} <= set(fleet.left_out)
    assert fleet.row("fleet-2-1").stopping, "written anew by the sweep that drove its stream"
    for job_id in (2, 3, 4):
        assert fleet.types(job_id)[-1] in ("StopIntended", "TaskStopSent"), job_id


def test_a_deadline_is_seen_although_its_row_is_damaged_and_the_stream_before_it_too() -> None:
    fleet = _damaged()
    swept = deadlines(janitor(fleet))
    assert (swept.found, swept.failed) == (swept.repaired + 1, ())
    assert "job-1 event 1" in fleet.left_out


def test_a_free_slot_goes_to_the_next_job_if_the_first_can_not_be_read() -> None:
    """One unreadable stream at the head would otherwise keep every slot from being handed on."""
    fleet = _up(1, 2, 3, 4, max_runners=1)
    fleet.damage_event("job-2", 1)
    fleet.damage_row("fleet-3-1", status_at=YEAR_999)
    fleet.policy = replace(fleet.policy, max_runners=3)
    assert waiting_jobs(janitor(fleet)) == Swept(found=3, repaired=2)
    assert [fleet.types(job_id)[-1] for job_id in (3, 4)] == ["SlotGranted", "SlotGranted"]
    assert fleet.left_out == ["job-2 event 1"]


def test_one_launch_is_tried_while_the_circuit_is_open_although_the_first_job_is_damaged() -> None:
    fleet = _up(1, 2, 3, circuit_failures=1, max_launches=9, max_runners=1)
    fleet.exits("fleet-1-1", exit_code=1)
    fleet.settle()
    fleet.clock.advance(61)
    fleet.damage_event("job-1", 1)
    assert waiting_jobs(janitor(fleet)) == Swept(found=2, repaired=1)
    assert fleet.left_out == ["job-1 event 1"]
    assert len(fleet.live()) == 1


def test_a_dead_letter_of_an_unreadable_stream_leaves_the_others_their_marks() -> None:
    fleet = _up(1, 2)
    queues = SimulatedQueues(fleet.clock)
    for stream in ("job-1", "nonsense", "job-2"):
        queues.bury("scheduler", stream, "an-event")
    fleet.damage_event("job-1", 1)
    swept = dead_letters(janitor(fleet, queues=queues))
    assert (swept.repaired, swept.failed) == (1, ())
    assert fleet.types(2)[-1] == "JobStuck"
    assert fleet.left_out == ["job-1 event 1"]
