"""Vanished tasks: what ECS says is over, or does not know, ends its runner; the log decides."""

from typing import Any

import pytest
from msgspec.structs import replace

from functions.janitor import vanished
from functions.janitor.sweep import Swept
from functions.janitor.vanished import vanished_tasks
from shared.domain import events as e
from shared.ports import Conflict, Unavailable
from tests.support.fleet import SimulatedFleet
from tests.support.janitor import GRACE, janitor, running_fleet

NONE = Swept()
RUNS = 8
"""In so many runs each row is looked at, of which a run takes 2 of 5, or 3 of 7."""


def _ends(fleet: SimulatedFleet, runner_id: str = "fleet-7-1", exit_code: int = 0) -> None:
    """The task stops, and the event that tells of it is lost."""
    arn = str(fleet.row(runner_id).task_arn)
    fleet.ecs.exits(arn, exit_code)


def test_live_tasks_are_left_alone() -> None:
    fleet = running_fleet(7, 8)
    fleet.clock.advance(GRACE)
    assert vanished_tasks(janitor(fleet)) == NONE
    assert fleet.requests.count("ecs.describe_tasks") == 1


def test_a_stopped_task_whose_event_was_lost_ends_its_runner_by_the_normal_rules() -> None:
    fleet = running_fleet(7)
    _ends(fleet, exit_code=137)
    ended = fleet.clock.now()
    fleet.clock.advance(GRACE)
    assert vanished_tasks(janitor(fleet)) == Swept(found=1, repaired=1)
    event = next(one.event for one in fleet.log.read("job-7") if one.event.type == "TaskStopped")
    assert (event.actor, event.at, event.id) == (
        "janitor",
        ended,
        f"janitor/fleet-7-1/vanished/{event.fact.version}",
    )
    fleet.settle()
    row = fleet.row("fleet-7-1")
    assert (row.status, row.exit_code) == ("FAILED", 137)
    assert fleet.row("fleet-7-2").status == "STARTING", "the waiting job gets another launch"
    assert fleet.registrations.names() == ["fleet-7-2"]


@pytest.mark.parametrize("moment", ["starting", "waiting", "running"])
def test_a_task_that_ecs_does_not_know_ends_its_runner_whatever_it_did(moment: str) -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.settle()
    if moment != "starting":
        fleet.runs("fleet-7-1")
    if moment == "running":
        fleet.starts(7, "fleet-7-1")
    fleet.settle()
    fleet.ecs.tasks.clear()
    fleet.clock.advance(GRACE)
    assert vanished_tasks(janitor(fleet)) == Swept(found=1, repaired=1)
    row = fleet.row("fleet-7-1")
    assert (row.status, row.failure_reason) == ("FAILED", "ECS no longer knows the task")


def test_ecs_is_given_time_to_know_a_task_that_it_has_just_started() -> None:
    fleet = SimulatedFleet()
    launch = fleet.tasks.run
    wait = iter([Unavailable("throttled", retry_after=200)])

    def throttled_once(spec: Any) -> str:
        for error in wait:
            raise error
        return launch(spec)

    fleet.tasks.run = throttled_once
    fleet.queue(7)
    fleet.settle()
    launched_at = fleet.row("fleet-7-1").launched_at
    assert launched_at is not None
    assert (fleet.clock.now() - launched_at).total_seconds() > GRACE, "the intent is old"
    fleet.ecs.tasks.clear()
    assert vanished_tasks(janitor(fleet)) == NONE
    fleet.clock.advance(GRACE)
    assert vanished_tasks(janitor(fleet)) == Swept(found=1, repaired=1)


def test_ecs_own_event_is_given_time_to_come() -> None:
    fleet = running_fleet(7)
    fleet.clock.advance(GRACE)
    _ends(fleet)
    assert vanished_tasks(janitor(fleet)) == NONE
    fleet.stopped("fleet-7-1")
    fleet.clock.advance(GRACE)
    assert vanished_tasks(janitor(fleet)) == NONE
    assert fleet.types(7).count("TaskStopped") == 1


def test_sweeping_again_changes_nothing_and_a_late_event_neither() -> None:
    fleet = running_fleet(7)
    fleet.starts(7, "fleet-7-1")
    fleet.completes(7, "fleet-7-1")
    fleet.settle()
    _ends(fleet)
    fleet.clock.advance(GRACE)
    vanished_tasks(janitor(fleet))
    fleet.settle()
    row = fleet.row("fleet-7-1")
    assert row.status == "OFFLINE"
    before = fleet.types(7)
    assert vanished_tasks(janitor(fleet)) == NONE
    assert fleet.types(7) == before
    fleet.tell(7, e.TaskStopped(runner_id="fleet-7-1", task_arn=str(row.task_arn), version=99))
    fleet.settle()
    assert fleet.row("fleet-7-1").status == "OFFLINE"


def test_a_stale_row_is_not_believed() -> None:
    fleet = running_fleet(7)
    stale = fleet.row("fleet-7-1")
    fleet.exits("fleet-7-1", exit_code=1)
    fleet.settle()
    fleet.table.overwrite(stale)
    before = fleet.types(7)
    fleet.clock.advance(GRACE)
    assert vanished_tasks(janitor(fleet)) == NONE
    assert fleet.types(7) == before


def test_a_row_that_names_the_task_of_another_is_not_believed() -> None:
    fleet = running_fleet(7)
    row = fleet.row("fleet-7-1")
    orphan = e.OrphanStopped(runner_id="fleet-7-1", task_arn="another", reason="a second task")
    fleet.tell(7, orphan)
    fleet.table.overwrite(replace(row, task_arn="another"))
    fleet.clock.advance(GRACE)
    assert vanished_tasks(janitor(fleet)) == NONE
    assert fleet.history(7).state.runners[0].closed_at is None


def test_whoever_appends_meanwhile_goes_first() -> None:
    fleet = running_fleet(7)
    _ends(fleet)
    fleet.clock.advance(GRACE)
    append = fleet.log.append

    def lost(*_: Any) -> None:
        raise Conflict("somebody was faster")

    fleet.log.append = lost
    assert vanished_tasks(janitor(fleet)) == Swept(found=1)
    fleet.log.append = append
    assert vanished_tasks(janitor(fleet)) == Swept(found=1, repaired=1)


def test_a_run_is_bounded_and_all_are_reached_in_so_many_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(vanished, "MOST_ROWS", 2)
    fleet = running_fleet(1, 2, 3, 4, 5)
    fleet.ecs.tasks.clear()
    fleet.clock.advance(GRACE)
    repaired = _repaired(fleet, runs=RUNS)
    assert sum(repaired) == 5
    assert max(repaired) <= 2
    assert set(fleet.statuses().values()) == {"FAILED"}


@pytest.mark.parametrize("lost", range(1, 8))
def test_every_row_is_looked_at_in_so_many_runs_however_many_are_live(
    monkeypatch: pytest.MonkeyPatch, lost: int
) -> None:
    """Among 7 live rows, of which a run takes 3."""
    monkeypatch.setattr(vanished, "MOST_ROWS", 3)
    fleet = running_fleet(*range(1, 8))
    fleet.clock.advance(60 * lost)
    _ends(fleet, f"fleet-{lost}-1")
    fleet.clock.advance(GRACE)
    assert sum(_repaired(fleet, runs=RUNS)) == 1
    assert fleet.row(f"fleet-{lost}-1").status == "OFFLINE"


def _repaired(fleet: SimulatedFleet, runs: int) -> list[int]:
    """How many tasks' ends each of so many runs recorded, a minute apart."""
    repaired = []
    for _ in range(runs):
        repaired.append(vanished_tasks(janitor(fleet)).repaired)
        fleet.clock.advance(60)
    return repaired


def test_jobs_that_wait_for_their_launch_take_nobodys_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(vanished, "MOST_ROWS", 1)
    fleet = SimulatedFleet()
    fleet.queue(1)
    fleet.log.nudges.clear()
    fleet.queue(7)
    fleet.settle()
    fleet.clock.advance(1)
    fleet.runs("fleet-7-1")
    fleet.settle()
    fleet.ecs.tasks.clear()
    fleet.clock.advance(GRACE)
    assert fleet.row("fleet-1-1").task_arn is None
    assert vanished_tasks(janitor(fleet)) == Swept(found=1, repaired=1)
