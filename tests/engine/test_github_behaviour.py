"""GitHub as it behaves: runners that other jobs take, late webhooks, held jobs, lost registrations.

The rules by themselves are in tests/domain/test_checks.py.
"""

import pytest
from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.actions import Role
from shared.domain.policy import Policy
from shared.domain.runner.transitions import CONFIRM_EVERY, IDLE_ENOUGH
from shared.domain.runner_scope import RunnerScopes
from shared.ports import JobView
from tests.support import stories
from tests.support.fleet import SimulatedFleet

THIEF = 99


def _idle(*job_ids: int, policy: Policy = stories.POLICY, **more: str) -> SimulatedFleet:
    """A fleet whose runners for these jobs have come up."""
    fleet = SimulatedFleet(policy, **more)
    fleet.queue(*job_ids)
    fleet.settle()
    fleet.runs(*(f"fleet-{job_id}-1" for job_id in job_ids))
    fleet.settle()
    return fleet


def _steals(fleet: SimulatedFleet, repository: str, github_runner_id: int | None = None) -> None:
    """A job that the fleet launched nothing for starts on the runner of job 7."""
    job = e.JobDetails(repository=repository, labels=("linux",))
    runner = "fleet-7-1"
    fact = e.JobStarted(
        job=job, runner_name=runner, runner_id=runner, github_runner_id=github_runner_id
    )
    fleet.tell(THIEF, fact)
    fleet.settle()


def _why(fleet: SimulatedFleet, job_id: int) -> list[str]:
    """Why each further runner of the job was planned."""
    facts = [one.event.fact for one in fleet.log.read(f"job-{job_id}")]
    return [one.reason for one in facts if isinstance(one, e.LaunchPlanned)]


# --- other jobs on our runners --------------------------------------------------------------------


def test_a_job_that_the_fleet_ignores_may_take_a_runner_and_the_next_one_is_launched() -> None:
    fleet = _idle(7)
    _steals(fleet, "octo/repo")
    taken = fleet.row("fleet-7-1")
    assert (taken.status, taken.ran_job_id) == ("RUNNING", THIEF)
    assert _why(fleet, 7) == ["its runner took another job"]
    assert len(fleet.live()) == 2
    assert "JobAssigned" in fleet.types(THIEF), "its stream names the runner, too"


def test_thefts_never_exhaust_the_launches_of_a_job() -> None:
    fleet = _idle(7)
    for number in range(1, 6):
        runner = f"fleet-7-{number}"
        fleet.runs(runner) if number > 1 else None
        fleet.tell(THIEF + number, stories.started(runner))
        fleet.tell(THIEF + number, stories.completed(runner))
        fleet.exits(runner)
        fleet.settle()
    assert "JobGivenUp" not in fleet.types(7)
    assert fleet.row("fleet-7-6").status == "STARTING"


def test_a_runner_of_that_name_in_another_repository_is_another_fleets() -> None:
    fleet = _idle(7)
    _steals(fleet, "octo/other")
    assert fleet.row("fleet-7-1").status == "WAITING_FOR_JOB"
    assert _why(fleet, 7) == []


def test_a_runner_of_the_organization_may_be_given_a_job_of_any_of_its_repositories() -> None:
    policy = replace(stories.POLICY, runner_scopes=RunnerScopes(organizations=("octo",)))
    fleet = _idle(7, policy=policy)
    _steals(fleet, "octo/other")
    assert fleet.row("fleet-7-1").ran_job_id == THIEF
    assert _why(fleet, 7) == ["its runner took another job"]


def test_runners_of_the_organization_are_swapped_between_its_repositories() -> None:
    policy = replace(stories.POLICY, runner_scopes=RunnerScopes(organizations=("octo",)))
    fleet = SimulatedFleet(policy)
    fleet.queue(7)
    details = replace(stories.details(), repository="octo/other")
    fleet.tell(8, e.JobQueued(fleet="fleet", job=details))
    fleet.settle()
    fleet.runs("fleet-7-1", "fleet-8-1")
    fleet.settle()
    fleet.tell(8, e.JobStarted(job=details, runner_name="fleet-7-1", runner_id="fleet-7-1"))
    fleet.settle()
    assert fleet.row("fleet-8-1").waits_for_job_id == 7
    assert len(fleet.live()) == 2


def test_a_runner_with_another_id_at_github_is_another_one() -> None:
    fleet = _idle(7)
    _steals(fleet, "octo/repo", github_runner_id=4711)
    assert fleet.row("fleet-7-1").status == "WAITING_FOR_JOB"


def test_a_spare_runner_of_a_class_is_not_given_to_a_job_that_did_not_ask_for_it() -> None:
    fleet = SimulatedFleet()
    fleet.queue(8)
    fleet.queue(7, labels=("class:large",))
    fleet.settle()
    fleet.runs("fleet-7-1", "fleet-8-1")
    fleet.settle()
    fleet.starts(7, "fleet-8-1")
    fleet.settle()
    assert _why(fleet, 8) == ["its runner took another job"]
    assert fleet.row("fleet-7-1").waits_for_job_id is None


# --- webhooks that are later than the end of the task ---------------------------------------------


def test_a_job_that_ran_before_its_webhooks_came_gets_no_second_runner() -> None:
    fleet = _idle(*range(1, 41))
    for job_id in range(1, 41):
        runner = f"fleet-{job_id}-1"
        fleet.registrations.jobs.answers[job_id] = JobView(
            status="completed",
            conclusion="success",
            runner_name=runner,
            started_at=fleet.clock.now(),
            completed_at=fleet.clock.now(),
        )
        fleet.registrations.ended(runner)
        fleet.exits(runner, exit_code=0)
    fleet.settle()
    for job_id in range(1, 41):  # minutes later
        fleet.tell(job_id, stories.started(f"fleet-{job_id}-1"))
        fleet.tell(job_id, stories.completed(f"fleet-{job_id}-1"))
    fleet.settle()
    assert {one.job_id for one in fleet.table.all()} == set(range(1, 41))
    assert len(list(fleet.table.all())) == 40
    assert set(fleet.statuses().values()) == {"OFFLINE"}
    assert fleet.log.slots().circuit.broken == 0


@pytest.mark.parametrize("order", [(2, 3), (3, 2)])
def test_runners_that_ended_before_the_webhooks_of_their_jobs_are_swapped_all_the_same(
    order: tuple[int, int],
) -> None:
    """Three short jobs: 2 ran on the runner of 1, 3 on that of 2; that of 3 is left for 1."""
    fleet = _idle(1, 2, 3)
    ran_on = {2: "fleet-1-1", 3: "fleet-2-1"}
    for runner in ran_on.values():
        fleet.registrations.ended(runner)
        fleet.exits(runner, exit_code=0)
        _reconcile(fleet)
    for job_id in order:
        fleet.tell(job_id, stories.started(ran_on[job_id]))
        _reconcile(fleet)
        fleet.tell(job_id, stories.completed(ran_on[job_id]))
        _reconcile(fleet)
    assert fleet.row("fleet-3-1").waits_for_job_id == 1
    fleet.starts(1, "fleet-3-1")
    fleet.settle()
    assert fleet.statuses() == {
        "fleet-1-1": "OFFLINE",
        "fleet-2-1": "OFFLINE",
        "fleet-3-1": "RUNNING",
    }


def _reconcile(fleet: SimulatedFleet) -> None:
    """The reconciler does what there is to do now; no time passes."""
    for job_id in (1, 2, 3):
        fleet.driver(Role.RECONCILER).drive(f"job-{job_id}")


def test_a_job_whose_runner_served_another_one_gets_a_new_runner_after_githubs_answer() -> None:
    fleet = _idle(7)
    fleet.registrations.jobs.answers[7] = JobView(status="queued")
    fleet.registrations.ended("fleet-7-1")
    fleet.exits("fleet-7-1", exit_code=0)
    fleet.settle()
    assert "JobChecked" in fleet.types(7)
    assert _why(fleet, 7) == ["its runner took another job"]


@pytest.mark.parametrize(("status", "launched"), [("in_progress", False), ("queued", True)])
def test_a_job_whose_runner_idled_in_vain_gets_a_new_one_only_if_github_has_it_queued(
    status: str, launched: bool
) -> None:
    """It may have begun on another runner, and its webhook be minutes late."""
    fleet = _idle(7)
    elsewhere = JobView(status=status, runner_name="elsewhere", started_at=fleet.clock.now())
    fleet.registrations.jobs.answers[7] = elsewhere if not launched else JobView(status=status)
    fleet.clock.advance(300)
    fleet.sweep()
    fleet.exits("fleet-7-1", exit_code=143)
    fleet.settle()
    assert "JobChecked" in fleet.types(7)
    assert ("LaunchPlanned" in fleet.types(7)) is launched


# --- jobs that GitHub holds -----------------------------------------------------------------------


def test_a_held_job_gives_its_runner_up_and_gets_one_again_after_the_approval() -> None:
    fleet = _idle(7)
    fleet.registrations.jobs.answers[7] = JobView(status="waiting")
    fleet.tell(7, e.JobHeld(job=stories.details()))
    fleet.settle()
    ended = fleet.row("fleet-7-1")
    assert ended.stopping == "no waiting job needs it"
    assert "fleet-7-1" not in fleet.registrations.names()

    fleet.clock.advance(3600)
    fleet.registrations.jobs.answers[7] = JobView(status="queued")
    fleet.queue(7)
    fleet.settle()
    assert fleet.row("fleet-7-2").status == "STARTING"
    assert fleet.live_runners().count("fleet-7-2") == 1


def test_a_held_job_whose_runner_another_job_takes_gets_no_other_one() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7, 8)
    fleet.settle()
    fleet.runs("fleet-7-1", "fleet-8-1")
    fleet.settle()
    fleet.tell(7, e.JobHeld(job=stories.details()))
    fleet.tell(
        8,
        e.JobStarted(job=stories.details(), runner_name="fleet-7-1", runner_id="fleet-7-1"),
    )
    fleet.driver(*Role).drive("job-8")
    (assigned,) = (
        one.event.fact for one in fleet.log.read("job-8") if one.event.type == "JobAssigned"
    )
    assert not assigned.spare_given
    fleet.settle()
    assert fleet.row("fleet-8-1").stopping == "no waiting job needs it"


def test_an_answer_that_is_older_than_the_approval_does_not_hold_the_job_for_good() -> None:
    fleet = SimulatedFleet()
    fleet.registrations.jobs.answers[7] = JobView(status="waiting")
    fleet.tell(7, e.JobHeld(job=stories.details()))
    fleet.queue(7)
    fleet.settle()
    assert fleet.live() == []
    fleet.registrations.jobs.answers[7] = JobView(status="queued")
    for _ in range(3):
        fleet.clock.advance(60)
        fleet.sweep()
    assert len(fleet.live()) == 1


def test_a_job_that_is_queued_again_after_a_refusal_is_launched() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7, labels=("class:xl",))
    fleet.settle()
    assert "JobRejected" in fleet.types(7)
    xl = replace(stories.POLICY.classes["small"], cpu=1024, memory=2048)
    fleet.policy = replace(stories.POLICY, classes={**stories.POLICY.classes, "xl": xl})
    fleet.queue(7, labels=("class:xl",))
    fleet.settle()
    assert fleet.live_runners() == ["fleet-7-2"]


# --- registrations that GitHub removes ------------------------------------------------------------


def test_an_idle_runner_that_github_removed_is_replaced_at_once_and_breaks_nothing() -> None:
    fleet = _idle(7)
    fleet.registrations.jobs.answers[7] = JobView(status="queued")
    fleet.registrations.ended("fleet-7-1")
    fleet.clock.advance(CONFIRM_EVERY.total_seconds())
    fleet.sweep()
    assert _why(fleet, 7) == ["GitHub removed its registration while it was idle"]
    assert "fleet-7-2" in fleet.live_runners()
    fleet.exits("fleet-7-1", exit_code=66)
    fleet.settle()
    assert fleet.row("fleet-7-1").status == "OFFLINE"
    assert fleet.log.slots().circuit.broken == 0


def test_a_runner_that_is_still_registered_is_left_alone() -> None:
    fleet = _idle(7)
    fleet.clock.advance(CONFIRM_EVERY.total_seconds())
    fleet.sweep()
    assert "RunnerConfirmed" in fleet.types(7)
    assert fleet.row("fleet-7-1").status == "WAITING_FOR_JOB"


def test_a_runner_that_has_been_idle_is_looked_up_before_a_swap_counts_on_it() -> None:
    fleet = _idle(7, 8)
    fleet.clock.advance(IDLE_ENOUGH.total_seconds())
    fleet.registrations.jobs.answers[8] = JobView(status="queued")
    fleet.registrations.set_busy("fleet-8-1")
    fleet.registrations.ended("fleet-7-1")
    fleet.starts(7, "fleet-8-1")
    fleet.settle()
    assert "RunnerDeregistered" in fleet.types(7)
    assert fleet.row("fleet-8-2").status == "STARTING"


# --- refusals and stops ---------------------------------------------------------------------------


def test_a_job_that_github_refuses_a_runner_for_is_refused_and_the_next_one_starts() -> None:
    fleet = SimulatedFleet()
    labels = tuple(f"run:{number}" for number in range(101))
    fleet.queue(*range(1, 7), labels=labels)
    fleet.queue(7)
    fleet.settle()
    for job_id in range(1, 7):
        (refusal,) = (
            one.event.fact
            for one in fleet.log.read(f"job-{job_id}")
            if isinstance(one.event.fact, e.LaunchFailed)
        )
        assert refusal.refused
        assert refusal.reason.startswith("GitHub: 422")
        assert _why(fleet, job_id) == []
    assert fleet.live_runners() == ["fleet-7-1"]
    assert fleet.log.slots().circuit.broken == 0


def test_runners_that_an_operator_stops_do_not_use_up_the_launches_of_a_job() -> None:
    fleet = SimulatedFleet(replace(stories.POLICY, max_launches=2))
    fleet.queue(7)
    fleet.settle()
    for number in range(1, 5):
        runner = f"fleet-7-{number}"
        fleet.runs(runner)
        fleet.tell(7, e.StopIntended(runner_id=runner, reason="asked", by_operator=True))
        fleet.settle()
        fleet.stopped(runner)
        fleet.settle()
    assert "JobGivenUp" not in fleet.types(7)
    assert fleet.driver(*Role).drive("job-7").appended == ()
