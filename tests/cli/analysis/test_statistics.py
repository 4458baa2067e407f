"""Statistics of simulated fleets, computed by hand."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from cli.analysis.found import Found
from cli.analysis.percentiles import Percentiles
from cli.analysis.statistics import Statistics, outcome, statistics
from cli.selection import Selection
from cli.streams.selected import read_selected
from shared.domain import events as e
from shared.domain.stream import StreamId
from shared.engine.consequences import nudging
from tests.cli.support import busy, done, mixed, swapped
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.images import build_id, building_fleet
from tests.support.recording import record_event
from tests.support.stored import StoredFleet


def _found(fleet: SimulatedFleet, seconds: float = 3600, **filters: tuple[str, ...]) -> Found:
    now = fleet.clock.advance(1)
    selection = Selection(since=now - timedelta(seconds=seconds), until=now, **filters)
    return read_selected(fleet.log, fleet.table, fleet.clock, selection)


def _statistics(fleet: SimulatedFleet, **filters: tuple[str, ...]) -> Statistics:
    return statistics(_found(fleet, **filters))


def _record_as(fleet: SimulatedFleet, actor: str, job_id: int, fact: e.Fact) -> None:
    event = replace(stories.event(fact), actor=actor, recorded_at=fleet.clock.now())
    route = nudging(fleet.clock, fleet.policy)
    record_event(fleet.log, StreamId.of_job(job_id), event, route=route)
    fleet.settle()


def test_one_job_of_which_every_second_is_known() -> None:
    # queued at 0, launched at 1.5, running at 31.5, on its job from 35.5 to 160.5, stopped at 163.5
    found = _statistics(done())
    assert (found.job_count, found.job_outcomes) == (1, {"success": 1})
    assert (found.runner_outcomes, found.live_runner_count) == ({"served": 1}, 0)
    small, everything = found.queue_seconds
    assert (small.class_name, everything.class_name) == ("small", None)
    assert small.seconds == Percentiles(count=1, p50=35.5, p95=35.5, p99=35.5, max=35.5)
    assert found.launch_seconds[0].seconds.p50 == 31.5
    seconds = found.seconds
    assert (seconds.starting, seconds.idle) == (30.0, 4.0)
    assert (seconds.on_a_job, seconds.stopping, seconds.total) == (125.0, 3.0, 162.0)
    assert found.utilisation == 125 / 162
    assert (found.failure_count, found.causes, found.builds, found.unreadable) == (0, (), (), ())
    assert (found.webhooks_recovered, found.webhooks_lost) == (0, {})
    assert not found.is_empty


def test_jobs_and_runners_are_counted_by_what_came_of_them() -> None:
    found = _statistics(mixed())
    assert found.job_count == 5
    assert found.job_outcomes == {
        "cancelled": 1,
        "refused": 1,
        "running": 1,
        "success": 1,
        "waiting": 1,
    }
    assert found.runner_outcomes == {"failed": 1, "not launched": 1, "served": 1, "unused": 1}
    assert found.live_runner_count == 2
    assert [(one.kind, one.count) for one in found.causes] == [("refused", 1), ("task failed", 1)]
    assert found.failure_count == 2


def test_a_job_held_by_github_is_not_one_that_waits() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.settle()
    fleet.tell(7, e.JobHeld(job=stories.details(), fleet="fleet"))
    (job,) = _found(fleet).jobs
    assert outcome(job) == "held by GitHub"


def test_two_periods_that_follow_each_other_share_nothing() -> None:
    fleet = mixed()
    now = fleet.clock.advance(1)
    middle = now - timedelta(seconds=80)

    def between(begin: timedelta, end: timedelta) -> Statistics:
        selection = Selection(since=now - begin, until=now - end)
        return statistics(read_selected(fleet.log, fleet.table, fleet.clock, selection))

    hour, zero = timedelta(hours=1), timedelta()
    whole = between(hour, zero)
    first, last = between(hour, now - middle), between(now - middle, zero)
    assert first.job_count + last.job_count == whole.job_count
    assert first.job_count not in (0, whole.job_count)
    ended = [sum(one.runner_outcomes.values()) for one in (first, last, whole)]
    assert ended[0] + ended[1] == ended[2]
    assert first.seconds.total + last.seconds.total == pytest.approx(whole.seconds.total)
    assert min(first.seconds.total, last.seconds.total) > 0


def test_a_runner_that_took_another_job_serves_and_is_attributed_to_that_job() -> None:
    fleet = SimulatedFleet()
    fleet.tell(1, replace(stories.queued(), job=stories.details(workflow="one")))
    fleet.tell(2, replace(stories.queued(), job=stories.details(workflow="two")))
    fleet.settle()
    fleet.runs("fleet-1-1", "fleet-2-1")
    fleet.starts(1, "fleet-2-1")
    fleet.settle()
    found = _found(fleet)
    assert {(task.row.runner_id, task.workflow) for task in found.tasks()} == {
        ("fleet-1-1", "one"),
        ("fleet-2-1", "one"),
    }
    assert _statistics(swapped()).runner_outcomes == {"served": 2}


def test_the_launch_time_is_that_of_the_first_task_that_runs_for_the_job() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.settle()
    fleet.clock.advance(10)
    fleet.exits("fleet-7-1", exit_code=1)
    fleet.settle()
    fleet.clock.advance(30)
    fleet.runs("fleet-7-2")
    fleet.settle()
    found = _statistics(fleet)
    assert found.queue_seconds == ()
    assert found.launch_seconds[0].seconds.count == 1
    assert found.launch_seconds[0].seconds.p50 == 40.0


@pytest.mark.parametrize(
    ("filters", "jobs", "runners"),
    [
        ({"classes": ("small",)}, 4, 3),
        ({"classes": ("large",)}, 0, 0),
        ({"repositories": ("OCTO/repo",)}, 5, 4),
        ({"repositories": ("octo/other",)}, 0, 0),
        ({"workflows": ("ci",)}, 1, 1),
        ({"labels": ("class:xl",)}, 1, 1),
        ({"statuses": ("FAILED",)}, 2, 2),
    ],
)
def test_only_what_matches_the_filters_counts(
    filters: dict[str, tuple[str, ...]], jobs: int, runners: int
) -> None:
    found = _statistics(mixed(), **filters)
    assert (found.job_count, sum(found.runner_outcomes.values())) == (jobs, runners)
    assert found.is_empty == (jobs == 0)


def test_failures_are_those_of_the_selected_runners() -> None:
    refused = _statistics(mixed(), labels=("class:xl",))
    assert [one.kind for one in refused.causes] == ["refused"]
    assert _statistics(mixed(), statuses=("RUNNING",)).causes == ()


def test_a_job_that_the_janitor_found_is_recovered_and_its_webhooks_lost() -> None:
    fleet = SimulatedFleet()
    fleet.tell(7, replace(stories.queued(), found=True))
    fleet.settle()
    fleet.runs("fleet-7-1")
    now = fleet.clock.now()
    checked = e.JobChecked(
        status="completed",
        conclusion="success",
        runner_name="fleet-7-1",
        runner_id="fleet-7-1",
        started_at=now,
        completed_at=now,
    )
    fleet.tell(7, checked)
    fleet.settle()
    found = _statistics(fleet)
    assert found.webhooks_recovered == 1
    assert found.webhooks_lost == {"queued": 1, "in_progress": 1, "completed": 1}


def test_a_webhook_that_arrives_after_the_job_was_found_is_not_lost() -> None:
    fleet = SimulatedFleet()
    fleet.tell(7, replace(stories.queued(), found=True))
    fleet.tell(7, stories.queued())
    fleet.settle()
    found = _statistics(fleet)
    assert (found.webhooks_recovered, found.webhooks_lost) == (1, {})


@pytest.mark.parametrize("late", [False, True])
def test_a_running_job_that_the_janitor_found_is_recovered_and_its_webhook_lost(
    late: bool,
) -> None:
    """Its runner was launched for another job. Its own queueing may have been ignored."""
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.settle()
    fleet.runs("fleet-7-1")
    _record_as(fleet, "janitor", 8, stories.started("fleet-7-1"))
    if late:
        _record_as(fleet, "github", 8, stories.started("fleet-7-1"))
    found = _statistics(fleet)
    assert (found.job_count, found.webhooks_recovered) == (1, 1), "it was not queued for the fleet"
    assert found.webhooks_lost == ({} if late else {"in_progress": 1})
    assert _statistics(fleet, repositories=("octo/other",)).webhooks_recovered == 0


def test_the_end_of_a_job_that_the_janitor_found_is_a_lost_webhook() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.settle()
    fleet.runs("fleet-7-1")
    fleet.clock.advance(60)
    _record_as(fleet, "janitor", 8, stories.completed("fleet-7-1"))
    found = _statistics(fleet)
    assert found.webhooks_recovered == 1
    assert found.webhooks_lost == {"in_progress": 1, "completed": 1}


def test_a_job_that_is_run_again_elsewhere_is_not_taken_for_a_found_one() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.tell(7, e.RerunRequested(job_id=7, runner_id="fleet-7-1", run_attempt=2, found=True))
    fleet.settle()
    assert _statistics(fleet).webhooks_recovered == 0


def test_streams_that_cant_be_read_are_named_and_stop_nothing() -> None:
    fleet = StoredFleet()
    fleet.queue(7, 8)
    fleet.settle()
    fleet.damage_event("job-7", 1)
    found = _statistics(fleet)
    assert (found.job_count, found.unreadable) == (1, ("job-7",))


def test_builds_are_those_of_the_images_of_the_period() -> None:
    fleet = building_fleet(7)
    fleet.queue(8, labels=("image:debian:12",))
    fleet.settle()
    fleet.clock.advance(60)
    fleet.ends(build_id(1))
    fleet.settle()
    found = _found(fleet)
    assert sorted((one.base, one.outcome) for one in found.builds) == [
        ("debian:12", "under way"),
        ("ubuntu:24.04", "succeeded"),
    ]
    assert _found(fleet, seconds=5).builds == ()


def test_the_builds_of_a_filtered_selection_are_those_of_its_runners() -> None:
    fleet = building_fleet(7)
    fleet.queue(8, labels=("image:debian:12",))
    fleet.settle()
    found = _found(fleet, labels=("image:debian:12",))
    assert [one.base for one in found.builds] == ["debian:12"]


@pytest.mark.parametrize("public", [True, False])
def test_a_task_has_a_public_address_if_its_launch_assigned_one(*, public: bool) -> None:
    placement = replace(stories.POLICY.placement, assign_public_ip=public)
    fleet = SimulatedFleet(replace(stories.POLICY, placement=placement))
    fleet.queue(7)
    fleet.settle()
    (task,) = _found(fleet).tasks()
    assert task.public_ip is public


def test_a_period_that_ends_in_the_future_ends_now() -> None:
    fleet = busy()
    now = fleet.clock.advance(10)
    later = now + timedelta(hours=1)
    selection = Selection(since=now - timedelta(hours=1), until=later)
    found = statistics(read_selected(fleet.log, fleet.table, fleet.clock, selection))
    assert (found.until, found.seconds.on_a_job) == (later, 10.0)


def test_a_launch_that_waits_for_its_turn_at_github_is_listed_and_not_counted() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.settle()
    turn = fleet.clock.now() + timedelta(minutes=1)
    for held_back in (True, False):
        fact = e.LaunchFailed(
            runner_id="fleet-7-1",
            attempt=1,
            reason="its turn is at 14:05:00 UTC",
            retry_at=turn,
            held_back=held_back,
        )
        fleet.tell(7, fact)
    found = _statistics(fleet)
    assert {(one.kind, one.count) for one in found.causes} == {
        ("held back", 1),
        ("launch failed", 1),
    }
    assert found.failure_count == 1


def test_a_runner_that_was_launched_after_the_period_is_not_one_that_lives() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.settle()
    fleet.clock.advance(10)
    until = fleet.clock.now()
    fleet.clock.advance(10)
    fleet.exits("fleet-7-1", exit_code=1)
    fleet.settle()
    assert fleet.row("fleet-7-2").task_arn is not None
    selection = Selection(since=until - timedelta(hours=1), until=until)
    found = statistics(read_selected(fleet.log, fleet.table, fleet.clock, selection))
    assert (found.job_count, found.live_runner_count) == (1, 0)
