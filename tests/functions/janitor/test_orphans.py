"""Orphan tasks: stopped if the log says that they are nobody's, adopted if a crash lost them."""

from typing import Any

import pytest

from functions.janitor import orphans
from functions.janitor.orphans import orphan_tasks
from functions.janitor.sweep import Swept
from shared.domain import events as e
from shared.domain.actions import Role
from shared.ports import Conflict, Unavailable
from tests.support import stories
from tests.support.crash import Crasher, CrashError
from tests.support.fleet import SimulatedFleet
from tests.support.janitor import (
    GRACE,
    janitor,
    running_fleet,
    stray_task,
)

NONE = Swept()
RUNS = 8
"""In so many runs each of some things is looked at, of which a run takes 2 of 5, or 10 of 25."""


def _facts(fleet: SimulatedFleet, job_id: int = 7) -> list[e.OrphanStopped]:
    told = [one.event.fact for one in fleet.log.read(f"job-{job_id}")]
    return [fact for fact in told if isinstance(fact, e.OrphanStopped)]


def _over(fleet: SimulatedFleet) -> str:
    """Close runner fleet-7-1 although its task runs on; the task's ARN."""
    arn = str(fleet.row("fleet-7-1").task_arn)
    fleet.tell(7, e.TaskStopped(runner_id="fleet-7-1", task_arn=arn, version=99, reason="lost"))
    fleet.completes(7, None, "cancelled")
    fleet.settle()
    return arn


def test_tasks_of_live_runners_and_of_strangers_are_left_alone() -> None:
    fleet = running_fleet(7)
    stray_task(fleet, "", token="nobody")
    for stranger in ("deploy", "other-7-1", "fleet-seven-1", "fleet-x-7-1"):
        stray_task(fleet, stranger)
    fleet.clock.advance(GRACE + 1)
    assert orphan_tasks(janitor(fleet)) == NONE
    assert fleet.requests.count("ecs.stop_task") == 0


@pytest.mark.parametrize("stray", ["fleet-7-9", "fleet-8-1"])
def test_a_task_of_a_runner_that_the_log_does_not_know_is_stopped(stray: str) -> None:
    fleet = running_fleet(7)
    arn = stray_task(fleet, stray)
    assert orphan_tasks(janitor(fleet)) == NONE, "within the grace period"
    fleet.clock.advance(GRACE)
    assert orphan_tasks(janitor(fleet)) == Swept(found=1, repaired=1)
    assert fleet.task(arn).stopped_reason == "orphan: the log has no such runner"
    assert fleet.live_runners() == ["fleet-7-1"]


def test_the_stream_tells_of_it_if_there_is_one_and_changes_nothing_else() -> None:
    fleet = running_fleet(7)
    arn = stray_task(fleet, "fleet-7-9")
    stray_task(fleet, "fleet-8-1")
    before, rows = fleet.history(7).state, list(fleet.table.all())
    fleet.clock.advance(GRACE)
    orphan_tasks(janitor(fleet))
    reason = "the log has no such runner"
    assert _facts(fleet) == [e.OrphanStopped(runner_id="fleet-7-9", task_arn=arn, reason=reason)]
    assert (fleet.history(7).state, list(fleet.table.all())) == (before, rows)
    assert "job-8" not in fleet.log.events


def test_a_task_that_outlived_its_runner_is_stopped_after_the_grace_period() -> None:
    fleet = running_fleet(7)
    fleet.clock.advance(GRACE)
    arn = _over(fleet)
    assert orphan_tasks(janitor(fleet)) == NONE, "its end may not have come to the listing yet"
    fleet.clock.advance(GRACE)
    assert orphan_tasks(janitor(fleet)) == Swept(found=1, repaired=1)
    assert fleet.task(arn).stopped_reason == "orphan: its runner is over"
    assert [fact.reason for fact in _facts(fleet)] == ["its runner is over"]


def test_a_second_task_of_a_live_runner_is_stopped_and_the_runner_lives_on() -> None:
    fleet = running_fleet(7)
    arn = str(fleet.row("fleet-7-1").task_arn)
    twin = stray_task(fleet, "fleet-7-1", token="fleet-7-1.twin")
    fleet.clock.advance(GRACE)
    assert orphan_tasks(janitor(fleet)) == Swept(found=1, repaired=1)
    assert fleet.live() == [arn]
    fleet.tell(7, e.TaskStopped(runner_id="fleet-7-1", task_arn=twin, version=9, exit_code=137))
    fleet.settle()
    assert fleet.row("fleet-7-1").status == "WAITING_FOR_JOB"
    assert fleet.registrations.names() == ["fleet-7-1"]


def test_a_second_task_is_left_while_the_runner_is_busy_for_it_may_be_on_the_job() -> None:
    fleet = running_fleet(7)
    twin = stray_task(fleet, "fleet-7-1", token="fleet-7-1.twin")
    fleet.starts(7, "fleet-7-1")
    fleet.settle()
    fleet.clock.advance(GRACE)
    assert orphan_tasks(janitor(fleet)) == Swept(found=1)
    assert fleet.requests.count("ecs.stop_task") == 0
    fleet.completes(7, "fleet-7-1")
    fleet.exits("fleet-7-1")
    fleet.settle()
    fleet.clock.advance(GRACE)
    assert orphan_tasks(janitor(fleet)) == Swept(found=1, repaired=1)
    assert fleet.task(twin).stopped_reason == "orphan: its runner is over"


def test_a_launch_that_died_before_its_outcome_was_recorded_is_adopted() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    _launch_dies_after_run_task(fleet)
    assert fleet.types(7)[-1] == "LaunchIntended"
    assert len(fleet.live()) == 1
    fleet.clock.advance(GRACE)
    assert orphan_tasks(janitor(fleet)) == Swept(found=1, repaired=1)
    assert fleet.types(7)[-1] == "RunnerLaunched"
    assert (fleet.requests.count("ecs.stop_task"), len(fleet.ecs.tasks)) == (0, 1)


def _launch_dies_after_run_task(fleet: SimulatedFleet) -> None:
    probe = SimulatedFleet()
    probe.queue(7)
    calls = Crasher()
    probe.settle(crashing=Role.SCHEDULER, deps=calls.deps(probe.deps))
    crasher = Crasher(calls.calls.index("tasks.run"), after=True)
    with pytest.raises(CrashError):
        fleet.driver(Role.SCHEDULER, deps=crasher.deps(fleet.deps)).drive("job-7")


def test_an_orphan_that_is_busy_is_left_until_it_has_outlived_its_ttl() -> None:
    fleet = running_fleet(7)
    fleet.registrations.set_busy("fleet-7-1")
    arn = _over(fleet)
    fleet.clock.advance(GRACE)
    assert orphan_tasks(janitor(fleet)) == Swept(found=1)
    assert fleet.requests.count("ecs.stop_task") == 0
    assert _facts(fleet) == []
    fleet.clock.advance(stories.POLICY.limits.ttl)
    assert orphan_tasks(janitor(fleet)) == Swept(found=1, repaired=1)
    assert fleet.task(arn).last_status == "STOPPED"


def test_an_orphan_is_deregistered_before_it_is_stopped() -> None:
    fleet = running_fleet(7)
    stray_task(fleet, "fleet-7-9")
    fleet.registrations.mint("octo/repo", "fleet-7-9", ["self-hosted"])
    fleet.clock.advance(GRACE)
    orphan_tasks(janitor(fleet))
    assert fleet.registrations.names() == ["fleet-7-1"]


def test_a_stop_that_failed_is_asked_for_again_and_told_of_once() -> None:
    fleet = running_fleet(7)
    arn = stray_task(fleet, "fleet-7-9")
    fleet.clock.advance(GRACE)
    stop = fleet.tasks.stop

    def throttled(*_: Any) -> None:
        raise Unavailable("ECS: throttled")

    fleet.tasks.stop = throttled
    failures: list[str] = []
    swept = orphan_tasks(janitor(fleet, failures))
    assert (swept.found, swept.repaired, swept.failed) == (1, 0, (arn,))
    assert failures == [arn]
    assert len(_facts(fleet)) == 1, "the intent is in the log before the effect"
    fleet.tasks.stop = stop
    assert orphan_tasks(janitor(fleet)) == Swept(found=1, repaired=1)
    assert orphan_tasks(janitor(fleet)) == NONE
    assert len(_facts(fleet)) == 1


def test_whoever_appends_meanwhile_goes_first() -> None:
    fleet = running_fleet(7)
    stray_task(fleet, "fleet-7-9")
    fleet.clock.advance(GRACE)
    append = fleet.log.append

    def lost(*_: Any) -> None:
        raise Conflict("somebody was faster")

    fleet.log.append = lost
    assert orphan_tasks(janitor(fleet)) == Swept(found=1)
    assert fleet.requests.count("ecs.stop_task") == 0
    fleet.log.append = append
    assert orphan_tasks(janitor(fleet)) == Swept(found=1, repaired=1)


def test_a_task_whose_runner_the_log_has_by_then_is_not_stopped() -> None:
    fleet = SimulatedFleet()
    stray_task(fleet, "fleet-7-1")
    fleet.clock.advance(GRACE)
    find: Any = fleet.registrations.find

    def meanwhile(*asked: Any) -> Any:
        fleet.registrations.find = find
        fleet.queue(7)
        return find(*asked)

    fleet.tell(7, e.JobHeld(job=stories.details()))
    fleet.registrations.find = meanwhile
    assert orphan_tasks(janitor(fleet)) == NONE
    assert fleet.requests.count("ecs.stop_task") == 0


def test_one_stream_that_can_not_be_read_does_not_save_the_other_orphans() -> None:
    fleet = running_fleet(7)
    stray_task(fleet, "fleet-8-1")
    bad = stray_task(fleet, "fleet-9-1")
    fleet.clock.advance(GRACE)
    read = fleet.log.read

    def broken(stream: str) -> Any:
        if stream == "job-9":
            raise Unavailable("throttled")
        return read(stream)

    fleet.log.read = broken
    assert orphan_tasks(janitor(fleet)) == Swept(found=2, repaired=1, failed=(bad,))


def test_a_run_is_bounded_and_all_orphans_are_reached_in_so_many_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(orphans, "MOST_SUSPECTS", 2)
    fleet = running_fleet(7)
    for job_id in range(1, 6):
        stray_task(fleet, f"fleet-{job_id}-1")
    fleet.clock.advance(GRACE)
    repaired = _repaired(fleet, runs=RUNS)
    assert (sum(repaired), fleet.live_runners()) == (5, ["fleet-7-1"])
    assert max(repaired) <= 2


def test_every_task_is_looked_at_in_so_many_runs_however_many_are_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Among 25 tasks that no row names, of which a run describes 10."""
    monkeypatch.setattr(orphans, "MOST_DESCRIBED", 10)
    for lost in (0, 12, 24):
        fleet = running_fleet(7)
        described = _described(fleet)
        for number in range(25):
            before = "a" if number < lost else "z"  # than the orphan, in the list of all tasks
            stray_task(fleet, "fleet-9-9" if number == lost else f"{before}-{number:02}")
        fleet.clock.advance(GRACE + 60 * lost)
        assert sum(_repaired(fleet, runs=RUNS)) == 1, f"the orphan that is number {lost}"
        assert max(map(len, described)) <= 10


def test_every_task_is_looked_at_although_others_come_and_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A place in a list of 20 or 21 tasks says nothing of what was looked at in the run before."""
    monkeypatch.setattr(orphans, "MOST_DESCRIBED", 10)
    for lost in range(10, 30):
        fleet = running_fleet(7)
        for number in range(19):
            stray_task(fleet, f"deploy-{number:02}")
        stray_task(fleet, f"fleet-{lost}-1")
        now_and_then = stray_task(fleet, "deploy-99")
        fleet.clock.advance(GRACE)
        for run in range(RUNS):
            if run % 2:
                now_and_then = stray_task(fleet, "deploy-99", token=f"deploy-99.{run}")
            else:
                fleet.ecs.stop(now_and_then, "UserInitiated", "deployed")
            orphan_tasks(janitor(fleet))
            fleet.clock.advance(60)
        assert fleet.requests.count("ecs.stop_task") == 1, f"fleet-{lost}-1 was not looked at"


def test_a_task_that_a_live_row_names_is_not_asked_for() -> None:
    fleet = running_fleet(7, 8)
    described = _described(fleet)
    stranger = stray_task(fleet, "deploy")
    fleet.clock.advance(GRACE)
    assert orphan_tasks(janitor(fleet)) == NONE
    assert described == [[stranger]]


def _described(fleet: SimulatedFleet) -> list[list[str]]:
    """The tasks of each call that describes tasks, from now on."""
    asked: list[list[str]] = []
    describe = fleet.tasks.describe_many

    def seen(arns: list[str]) -> Any:
        asked.append(list(arns))
        return describe(arns)

    fleet.tasks.describe_many = seen
    return asked


def _repaired(fleet: SimulatedFleet, runs: int) -> list[int]:
    """How many orphans each of so many runs stopped, a minute apart."""
    repaired = []
    for _ in range(runs):
        repaired.append(orphan_tasks(janitor(fleet)).repaired)
        fleet.clock.advance(60)
    return repaired
