"""Deadlines and stopping: deregister first, a busy runner is left alone, the ttl stops any."""

import pytest
from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.actions import Role
from tests.support import stories
from tests.support.crash import Crasher, CrashError
from tests.support.fleet import SimulatedFleet


def _fleet(**policy: object) -> SimulatedFleet:
    fleet = SimulatedFleet(replace(stories.POLICY, **policy))
    fleet.queue(7)
    fleet.settle()
    return fleet


def test_nothing_is_due_while_all_goes_well() -> None:
    fleet = _fleet()
    fleet.runs("fleet-7-1")
    fleet.settle()
    before = fleet.types(7)
    fleet.clock.advance(60)
    fleet.sweep()
    assert fleet.types(7) == before


def test_a_runner_that_does_not_come_up_is_stopped_and_replaced() -> None:
    fleet = _fleet()
    fleet.clock.advance(301)
    fleet.sweep()
    assert fleet.row("fleet-7-1").stopping == "did not come up within 300 s"
    fleet.stopped("fleet-7-1")
    fleet.settle()
    assert fleet.statuses() == {"fleet-7-1": "OFFLINE", "fleet-7-2": "STARTING"}


def test_a_runner_that_takes_no_job_is_stopped() -> None:
    fleet = _fleet()
    fleet.runs("fleet-7-1")
    fleet.clock.advance(301)
    fleet.sweep()
    assert fleet.row("fleet-7-1").stopping == "took no job within 300 s"
    assert fleet.types(7)[-2:] == ["RunnerDeregistered", "TaskStopSent"]


def test_a_busy_runner_is_left_alone_when_its_webhook_is_late() -> None:
    fleet = _fleet()
    fleet.runs("fleet-7-1")
    fleet.registrations.set_busy("fleet-7-1")
    fleet.clock.advance(301)
    fleet.sweep()
    assert len(fleet.live()) == 2, "the job's own launch beside the busy runner"
    assert fleet.requests.count("ecs.stop_task") == 0
    assert fleet.row("fleet-7-1").status == "RUNNING"


def _launched_without_a_word() -> SimulatedFleet:
    """The scheduler died right after RunTask, and its message is in the dead-letter queue."""
    calls = Crasher()
    other = SimulatedFleet()
    other.queue(7)
    other.driver(Role.SCHEDULER, deps=calls.deps(other.deps)).drive("job-7")
    crasher = Crasher(calls.calls.index("tasks.run"), after=True)
    fleet = SimulatedFleet()
    fleet.queue(7)
    with pytest.raises(CrashError):
        fleet.driver(Role.SCHEDULER, deps=crasher.deps(fleet.deps)).drive("job-7")
    return fleet


def test_a_runner_whose_task_the_log_does_not_know_is_launched_before_it_is_stopped() -> None:
    fleet = _launched_without_a_word()
    fleet.registrations.set_busy("fleet-7-1")
    fleet.tell(7, stories.started("fleet-7-1"))
    fleet.clock.advance(7201)
    fleet.driver(Role.RECONCILER).drive("job-7")
    assert fleet.requests.count("ecs.stop_task") == 0
    fleet.sweep()
    assert fleet.types(7)[-2:] == ["RunnerLaunched", "TaskStopSent"]
    assert fleet.live() == []


def test_a_runner_that_was_found_busy_and_then_died_may_be_found_busy_again() -> None:
    fleet = _fleet()
    fleet.runs("fleet-7-1")
    fleet.registrations.set_busy("fleet-7-1")
    fleet.clock.advance(301)
    fleet.sweep()
    fleet.exits("fleet-7-1", exit_code=1)
    fleet.settle()
    assert fleet.types(7).count("RunnerFoundBusy") == 2
    assert fleet.row("fleet-7-1").status == "FAILED"


def test_only_the_ttl_stops_a_busy_runner_and_it_says_so() -> None:
    fleet = _fleet()
    fleet.runs("fleet-7-1")
    fleet.starts(7, "fleet-7-1")
    fleet.settle()
    fleet.clock.advance(7000)
    fleet.sweep()
    assert fleet.requests.count("ecs.stop_task") == 0
    fleet.clock.advance(201)
    fleet.sweep()
    assert fleet.live() == []
    types = fleet.types(7)
    assert types[-3:] == ["StopIntended", "RunnerFoundBusy", "TaskStopSent"]
    fleet.stopped("fleet-7-1")
    fleet.settle()
    row = fleet.row("fleet-7-1")
    assert row.status == "FAILED"
    assert str(row.failure_reason).startswith("runner_ttl_seconds (7200 s) exceeded")


def test_a_runner_that_does_not_exit_after_its_job_is_stopped_after_a_grace_period() -> None:
    fleet = _fleet()
    fleet.runs("fleet-7-1")
    fleet.starts(7, "fleet-7-1")
    fleet.completes(7, "fleet-7-1")
    fleet.settle()
    assert fleet.requests.count("ecs.stop_task") == 0
    fleet.clock.advance(61)
    fleet.sweep()
    fleet.stopped("fleet-7-1")
    fleet.settle()
    assert fleet.row("fleet-7-1").status == "OFFLINE"


def test_a_task_whose_stopped_event_was_lost_is_asked_for_and_closed() -> None:
    fleet = _fleet()
    fleet.runs("fleet-7-1")
    fleet.completes(7, None, "cancelled")
    fleet.settle()
    fleet.clock.advance(121)
    fleet.sweep()
    assert fleet.row("fleet-7-1").status == "OFFLINE"
    assert fleet.requests.count("ecs.describe_tasks") == 1


def test_a_task_that_goes_on_after_it_was_asked_to_stop_is_asked_once_more() -> None:
    fleet = _fleet()
    stop = fleet.tasks.stop
    fleet.tasks.stop = lambda *_: None
    fleet.completes(7, None, "cancelled")
    fleet.settle()
    fleet.tasks.stop = stop
    assert len(fleet.live()) == 1
    fleet.clock.advance(121)
    fleet.sweep()
    assert fleet.types(7).count("TaskStopSent") == 2
    assert fleet.live() == []


def test_a_task_that_ecs_has_forgotten_is_closed() -> None:
    fleet = _fleet()
    fleet.completes(7, None, "cancelled")
    fleet.settle()
    fleet.ecs.tasks.clear()
    fleet.clock.advance(121)
    fleet.sweep()
    assert fleet.row("fleet-7-1").status == "OFFLINE"


def test_stopping_a_task_that_was_already_gone_closes_the_runner() -> None:
    fleet = _fleet()
    fleet.runs("fleet-7-1")
    fleet.settle()
    fleet.ecs.tasks.clear()
    fleet.clock.advance(301)
    fleet.sweep()
    assert fleet.row("fleet-7-1").status == "WAITING_FOR_JOB"
    assert fleet.types(7)[-1] == "TaskStopSent"
    fleet.clock.advance(121)
    fleet.sweep()
    assert fleet.row("fleet-7-1").status == "OFFLINE"


def test_a_failed_runner_never_becomes_offline() -> None:
    fleet = _fleet()
    fleet.runs("fleet-7-1")
    fleet.starts(7, "fleet-7-1")
    fleet.settle()
    fleet.exits("fleet-7-1", exit_code=137)
    fleet.settle()
    failed = fleet.row("fleet-7-1")
    assert failed.status == "FAILED"
    fleet.completes(7, "fleet-7-1")
    arn = str(failed.task_arn)
    fleet.tell(7, e.StopIntended(runner_id="fleet-7-1", reason="operator"))
    fleet.tell(7, e.TaskStopped(runner_id="fleet-7-1", task_arn=arn, version=99, exit_code=0))
    fleet.settle()
    fleet.clock.advance(10_000)
    fleet.sweep()
    row = fleet.row("fleet-7-1")
    assert (row.status, row.failure_reason) == ("FAILED", failed.failure_reason)


def test_a_finished_row_is_not_looked_at_again() -> None:
    fleet = _fleet()
    fleet.completes(7, None, "cancelled")
    fleet.settle()
    fleet.stopped("fleet-7-1")
    fleet.settle()
    fleet.clock.advance(10_000)
    assert fleet.table.live(fleet.clock.now()).due == ()


def test_an_operator_stops_a_busy_runner_only_by_force() -> None:
    fleet = _fleet()
    fleet.runs("fleet-7-1")
    fleet.starts(7, "fleet-7-1")
    fleet.tell(7, e.StopIntended(runner_id="fleet-7-1", reason="operator"))
    fleet.settle()
    assert fleet.requests.count("ecs.stop_task") == 0
    fleet.tell(7, e.StopIntended(runner_id="fleet-7-1", reason="operator", forced=True))
    fleet.settle()
    assert fleet.live() == []


def test_a_launch_whose_nudge_was_lost_is_made_by_the_janitor() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.log.nudges.clear()
    fleet.clock.advance(61)
    fleet.sweep()
    assert len(fleet.live()) == 1


@pytest.mark.parametrize("attempt", [1, 3])
def test_a_registration_left_over_from_a_crash_is_replaced(attempt: int) -> None:
    fleet = SimulatedFleet()
    for _ in range(attempt):
        fleet.registrations.ended("fleet-7-1")
        fleet.registrations.mint("octo/repo", "fleet-7-1", ["self-hosted"])
    fleet.queue(7)
    fleet.settle()
    (registration,) = fleet.registrations.runners.values()
    assert fleet.configs.github_runner_id("fleet-7-1") == registration.id


def test_a_finished_runner_that_github_calls_busy_is_asked_for_again_later_not_at_once() -> None:
    fleet = _fleet()
    fleet.runs("fleet-7-1")
    fleet.starts(7, "fleet-7-1")
    fleet.tell(7, stories.completed("fleet-7-1"))
    fleet.clock.advance(61)
    fleet.sweep()
    fleet.sweep()
    assert fleet.types(7).count("RunnerFoundBusy") == 1
    fleet.clock.advance(61)
    fleet.registrations.ended("fleet-7-1")
    fleet.sweep()
    assert fleet.types(7)[-1] == "TaskStopSent"
