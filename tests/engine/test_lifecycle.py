"""A job's way through the loop, on simulated AWS: given these facts, then this was done."""

import pytest
from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.actions import Role
from shared.domain.policy import Policy
from shared.engine import drive
from shared.engine.drive import NoProgressError
from tests.support import stories
from tests.support.crash import Crasher
from tests.support.fleet import SimulatedFleet


def test_a_job_goes_from_queued_to_an_offline_runner() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.settle()
    fleet.runs("fleet-7-1")
    fleet.starts(7, "fleet-7-1")
    fleet.settle()
    fleet.completes(7, "fleet-7-1")
    fleet.exits("fleet-7-1")
    fleet.settle()
    assert fleet.types(7) == stories.PLAIN_JOB
    row = fleet.row("fleet-7-1")
    assert (row.status, row.ran_job_id, row.deadline) == ("OFFLINE", 7, None)
    assert fleet.registrations.runners == {}


def test_a_task_that_runs_leaves_nothing_to_do_and_nudges_nobody() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.settle()
    fleet.log.nudges.clear()
    fleet.runs("fleet-7-1")
    assert fleet.types(7)[-1] == "TaskStarted"
    assert fleet.log.nudges == []


def test_one_launch_takes_the_parameters_of_the_log() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7, labels=("class:large", "linux"))
    fleet.settle()
    (spec,) = fleet.launches().values()
    assert (spec["overrides"]["cpu"], spec["overrides"]["memory"]) == ("4096", "8192")
    (capacity,) = spec["capacityProviderStrategy"]
    assert capacity["capacityProvider"] == "FARGATE_SPOT"
    (registration,) = fleet.registrations.runners.values()
    assert registration.labels == ("self-hosted", "class:large", "linux")


def test_an_unknown_class_is_rejected_with_the_list_of_classes() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7, labels=("class:xl",))
    fleet.settle()
    row = fleet.row("fleet-7-1")
    assert row.status == "FAILED"
    assert row.failure_reason == 'class "xl" is not defined; defined: large, small'
    assert fleet.launches() == {}


def test_labels_that_contradict_themselves_refuse_the_job_with_that_reason() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7, labels=("class:small", "class:large"))
    fleet.settle()
    row = fleet.row("fleet-7-1")
    assert row.status == "FAILED"
    assert "class:" in str(row.failure_reason)
    assert fleet.launches() == {}


def test_an_image_label_is_refused_while_image_builds_are_not_configured() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7, labels=("image:ubuntu:24.04",))
    fleet.settle()
    assert "image builds are not configured" in str(fleet.row("fleet-7-1").failure_reason)


def test_public_repositories_and_forks_are_refused_unless_allowed() -> None:
    fleet = SimulatedFleet()
    fleet.tell(7, stories.queued(private=False))
    fleet.tell(8, stories.queued(fork=True))
    fleet.settle()
    assert "is public" in str(fleet.row("fleet-7-1").failure_reason)
    assert "is a fork" in str(fleet.row("fleet-8-1").failure_reason)
    fleet = SimulatedFleet(replace(stories.POLICY, allow_public=True, allow_forks=True))
    fleet.tell(7, stories.queued(private=False, fork=True))
    fleet.settle()
    assert len(fleet.live()) == 1


def test_a_job_cancelled_while_queued_retires_its_idle_runner() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.settle()
    fleet.runs("fleet-7-1")
    fleet.completes(7, None, "cancelled")
    fleet.settle()
    assert fleet.registrations.runners == {}
    assert fleet.live() == []
    fleet.stopped("fleet-7-1")
    fleet.settle()
    assert fleet.row("fleet-7-1").status == "OFFLINE"
    types = fleet.types(7)
    assert types.index("RunnerDeregistered") < types.index("TaskStopSent")


def test_a_job_cancelled_before_the_scheduler_came_starts_nothing() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.completes(7, None, "cancelled")
    fleet.settle()
    assert fleet.launches() == {}
    assert fleet.requests.count("github.mint") == 0
    assert fleet.row("fleet-7-1").status == "OFFLINE"


def test_equal_jobs_that_swap_runners_all_run_and_none_is_stopped_while_busy() -> None:
    fleet = SimulatedFleet()
    fleet.queue(1, 2, 3)
    fleet.settle()
    fleet.runs("fleet-1-1", "fleet-2-1", "fleet-3-1")
    fleet.settle()
    for job_id, runner_id in ((1, "fleet-2-1"), (2, "fleet-3-1"), (3, "fleet-1-1")):
        fleet.starts(job_id, runner_id)
        fleet.settle()
    assert fleet.requests.count("ecs.run_task") == 3
    assert fleet.requests.count("ecs.stop_task") == 0
    for job_id, runner_id in ((1, "fleet-2-1"), (2, "fleet-3-1"), (3, "fleet-1-1")):
        fleet.completes(job_id, runner_id)
        fleet.exits(runner_id)
        fleet.settle()
    assert set(fleet.statuses().values()) == {"OFFLINE"}
    assert {row.runner_id: row.ran_job_id for row in fleet.table.all()} == {
        "fleet-1-1": 3,
        "fleet-2-1": 1,
        "fleet-3-1": 2,
    }


def test_a_cancelled_job_whose_runner_is_busy_with_another_leaves_it_alone() -> None:
    fleet = SimulatedFleet()
    fleet.queue(1, 2)
    fleet.settle()
    fleet.runs("fleet-1-1", "fleet-2-1")
    fleet.settle()
    fleet.registrations.set_busy("fleet-1-1")  # job 2 took it; GitHub has not said so yet
    fleet.completes(1, None, "cancelled")
    fleet.settle()
    assert "RunnerFoundBusy" in fleet.types(1)
    fleet.starts(2, "fleet-1-1")
    fleet.settle()
    assert fleet.live_runners() == ["fleet-1-1"]
    assert fleet.row("fleet-1-1").status == "RUNNING"


def _displaced() -> SimulatedFleet:
    """Job 2 took the runner of job 1, for which the spare has not the labels."""
    fleet = SimulatedFleet()
    fleet.queue(1, labels=("gpu",))
    fleet.queue(2)
    fleet.settle()
    fleet.runs("fleet-1-1", "fleet-2-1")
    fleet.starts(2, "fleet-1-1")
    fleet.settle()
    return fleet


def test_a_displaced_job_whose_labels_the_spare_lacks_gets_a_launch_of_its_own() -> None:
    fleet = _displaced()
    assert fleet.history(1).state.job.paired == "fleet-1-2"
    assert fleet.row("fleet-2-1").stopping == "no waiting job needs it"
    assert set(fleet.live_runners()) == {"fleet-1-1", "fleet-1-2"}


def test_a_displaced_job_is_not_given_a_spare_that_is_about_to_stop() -> None:
    fleet = _idle(1, 2)
    stop = e.StopIntended(runner_id="fleet-2-1", reason="operator", by_operator=True)
    fleet.tell(2, stop)
    fleet.starts(2, "fleet-1-1")
    fleet.settle()
    (assigned,) = [
        one.event.fact
        for one in fleet.log.read("job-2")
        if isinstance(one.event.fact, e.JobAssigned)
    ]
    assert (assigned.displaced_job_id, assigned.spare_given) == (1, False)
    assert fleet.history(1).state.job.paired == "fleet-1-2"


def test_a_job_on_a_runner_that_no_stream_has_is_assigned_in_its_own_stream_alone() -> None:
    fleet = _idle(7)
    fleet.tell(7, stories.started("fleet-8-1"))
    fleet.settle()
    assert "JobAssigned" in fleet.types(7)
    assert fleet.history(7).state.job.assigned == "fleet-8-1"
    assert fleet.types(8) == []
    assert fleet.row("fleet-7-1").stopping == "no waiting job needs it"


def test_a_runner_that_dies_before_a_job_is_relaunched_and_its_registration_forgotten() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.settle()
    fleet.runs("fleet-7-1")
    fleet.exits("fleet-7-1", exit_code=137)
    fleet.settle()
    assert fleet.row("fleet-7-1").status == "FAILED"
    assert fleet.row("fleet-7-2").status == "STARTING"
    assert fleet.registrations.names() == ["fleet-7-2"]


def test_a_job_is_given_up_with_a_reason_when_its_runners_keep_dying() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.settle()
    for number in (1, 2, 3):
        fleet.exits(f"fleet-7-{number}", exit_code=1)
        fleet.settle()
    assert fleet.types(7)[-1] == "JobGivenUp"
    assert fleet.history(7).state.job.reason is not None
    assert "3 runners ended before they took the job" in str(fleet.history(7).state.job.reason)
    assert fleet.requests.count("ecs.run_task") == 3


def test_a_runner_that_died_on_its_job_is_closed_and_not_relaunched() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.settle()
    fleet.starts(7, "fleet-7-1")
    fleet.exits("fleet-7-1", exit_code=137)
    fleet.completes(7, "fleet-7-1", "failure")
    fleet.settle()
    assert list(fleet.statuses().items()) == [("fleet-7-1", "FAILED")]


def test_fifty_equal_webhooks_make_one_runner_and_one_task() -> None:
    fleet = SimulatedFleet()
    for number in range(50):
        fleet.tell(7, stories.queued(), event_id=f"delivery-{number}")
        fleet.tell(7, stories.queued(), event_id="the-same-delivery")
    fleet.settle()
    assert fleet.types(7).count("JobQueued") == 51
    assert fleet.requests.count("ecs.run_task") == 1
    assert len(fleet.registrations.runners) == 1


def test_a_runner_of_a_job_that_the_log_has_not_seen_takes_its_place() -> None:
    fleet = SimulatedFleet()
    fleet.queue(1)
    fleet.settle()
    fleet.runs("fleet-1-1")
    fleet.starts(2, "fleet-1-1")  # the webhook `queued` of job 2 is late
    fleet.settle()
    assert fleet.row("fleet-1-1").ran_job_id == 2
    assert fleet.history(1).state.job.paired == "fleet-1-2"
    fleet.queue(2)
    fleet.settle()
    assert fleet.history(2).state.runners == ()


def test_every_runner_is_registered_under_a_name_of_its_own() -> None:
    fleet = SimulatedFleet()
    fleet.queue(1, 2)
    fleet.settle()
    fleet.exits("fleet-1-1", exit_code=1)
    fleet.settle()
    names = fleet.registrations.names()
    assert sorted(names) == ["fleet-1-2", "fleet-2-1"]
    assert sorted(fleet.launches()) == ["fleet-1-1", "fleet-1-2", "fleet-2-1"]


def test_a_runner_that_has_run_its_job_is_never_given_another() -> None:
    fleet = SimulatedFleet()
    fleet.queue(1)
    fleet.settle()
    fleet.runs("fleet-1-1")
    fleet.starts(1, "fleet-1-1")
    fleet.completes(1, "fleet-1-1")
    fleet.queue(2)
    fleet.settle()
    assert fleet.history(2).state.job.paired == "fleet-2-1"
    assert fleet.row("fleet-1-1").waits_for_job_id is None
    assert len(fleet.live()) == 2, "one job a task, although the first is still there"


def test_two_jobs_on_one_ephemeral_runner_never_count_as_one_task() -> None:
    fleet = SimulatedFleet(replace(stories.POLICY, max_launches=2))
    fleet.queue(1, 2)
    fleet.settle()
    assert len(fleet.live()) == 2
    assert len({spec["startedBy"] for spec in fleet.launches().values()}) == 2


def _policy(**changes: object) -> Policy:
    return replace(stories.POLICY, **changes)


def test_driving_again_changes_nothing() -> None:
    fleet = SimulatedFleet(_policy())
    fleet.queue(7)
    fleet.settle()
    before = fleet.types(7)
    fleet.driver().drive("job-7")
    assert fleet.types(7) == before


def test_an_outcome_that_is_recorded_already_is_not_decided_again_without_end() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.tell(7, e.CircuitClosed(runner_id="other"), event_id="fleet-7-1/launch-intended/0")
    with pytest.raises(NoProgressError, match="job-7: fleet-7-1/launch-intended/0 is already"):
        fleet.driver().drive("job-7")


def test_a_stream_that_does_not_settle_is_left_after_so_many_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drive, "STEPS", 2)
    fleet = SimulatedFleet()
    fleet.queue(7)
    with pytest.raises(NoProgressError, match="job-7: still not settled after 2 steps"):
        fleet.driver().drive("job-7")
    assert fleet.types(7) == ["JobQueued", "LaunchIntended", "RunnerLaunched"]


def test_the_cause_of_each_step_is_the_event_that_nudged() -> None:
    fleet = SimulatedFleet()
    fleet.tell(7, stories.queued(), event_id="delivery-1")
    fleet.settle()
    causes = {one.event.type: one.event.cause for one in fleet.log.read("job-7")}
    assert causes["LaunchIntended"] == causes["RunnerLaunched"] == "delivery-1"
    assert isinstance(fleet.log.read("job-7")[0].event.fact, e.JobQueued)


def test_a_swap_reads_each_stream_once_so_that_it_appends_on_what_it_decided_on() -> None:
    fleet = SimulatedFleet()
    fleet.queue(1, 2)
    fleet.settle()
    fleet.runs("fleet-1-1", "fleet-2-1")
    fleet.settle()
    fleet.starts(1, "fleet-2-1")
    crasher = Crasher()
    fleet.settle(crashing=Role.RECONCILER, deps=crasher.deps(fleet.deps))
    assert crasher.calls == ["log.read", "log.read", "log.append"]


def _again(fleet: SimulatedFleet, job_id: int) -> list[str]:
    """Why the job's later runners were planned."""
    facts = [one.event.fact for one in fleet.log.read(f"job-{job_id}")]
    return [fact.reason for fact in facts if isinstance(fact, e.LaunchPlanned)]


def _terminate(fleet: SimulatedFleet, job_id: int) -> None:
    reason = "asked by an operator"
    fleet.tell(job_id, e.StopIntended(runner_id=f"fleet-{job_id}-1", reason=reason, forced=False))
    fleet.settle()


def _idle(*job_ids: int) -> SimulatedFleet:
    fleet = SimulatedFleet()
    fleet.queue(*job_ids)
    fleet.settle()
    fleet.runs(*(f"fleet-{job_id}-1" for job_id in job_ids))
    fleet.settle()
    return fleet


@pytest.mark.parametrize(
    ("exit_code", "why"),
    [
        (137, "EssentialContainerExited: Essential container in task exited (exit code 137)"),
        (0, "its runner took another job"),
        (66, "EssentialContainerExited: Essential container in task exited (exit code 66)"),
    ],
)
def test_a_new_launch_says_how_the_last_runner_ended(exit_code: int, why: str) -> None:
    fleet = _idle(7)
    fleet.exits("fleet-7-1", exit_code=exit_code)
    fleet.settle()
    assert _again(fleet, 7) == [why]


def test_a_new_launch_says_why_the_last_runner_was_stopped() -> None:
    fleet = _idle(7)
    _terminate(fleet, 7)
    fleet.stopped("fleet-7-1")
    fleet.settle()
    assert _again(fleet, 7) == ["asked by an operator"]


def test_a_new_launch_says_that_another_job_took_the_runner() -> None:
    fleet = _displaced()
    assert _again(fleet, 1) == ["its runner took another job"]


def test_a_new_launch_says_that_the_runner_is_gone_when_nobody_knows_to_whom() -> None:
    fleet = _idle(1)
    fleet.registrations.set_busy("fleet-1-1")  # on a job of which GitHub has not told us
    _terminate(fleet, 1)
    assert _again(fleet, 1) == ["the runner that it was given is gone"]
