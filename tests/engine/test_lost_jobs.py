"""Lost jobs: from the end of a task to the new attempt at GitHub, and what may come in between."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from local.github.answers import refused
from local.github.model import Job
from local.github.reruns import LAST_RERUN, MOST_RERUNS
from local.github.rest import no_faults
from shared.domain import events as e
from shared.domain.actions import Role
from shared.domain.rerun.rules import LEASE, OVERDUE
from shared.ports import Refused, Unavailable
from tests.support import lost, stories
from tests.support.crash import Crasher, CrashError
from tests.support.fleet import SimulatedFleet

RERUN = ["JobLost", "RerunIntended", "RerunRequested"]


@pytest.fixture
def fleet() -> SimulatedFleet:
    return lost.rerunning(SimulatedFleet())


def types(fleet: SimulatedFleet, job: Job) -> list[str]:
    return [type(fact).__name__ for fact in lost.told(fleet, job.id)]


def attempts(fleet: SimulatedFleet) -> list[int]:
    """The attempts that GitHub has begun on request."""
    return [attempt for _, attempt in fleet.registrations.actions.attempts]


def test_a_job_lost_to_a_spot_interruption_runs_again_in_a_new_attempt(
    fleet: SimulatedFleet,
) -> None:
    job = lost.lose(fleet)
    assert types(fleet, job) == ["JobLost"]
    lost.look(fleet)
    assert types(fleet, job) == RERUN
    (again,) = lost.again(fleet, job)
    assert (again.status, again.run_attempt) == ("queued", 2)
    lost.look(fleet, 3600)
    assert attempts(fleet) == [2]
    assert fleet.row(lost.runner_of(job)).deadline is None


def test_the_loss_is_recorded_with_its_reason(fleet: SimulatedFleet) -> None:
    job = lost.lose(fleet)
    (fact,) = lost.told(fleet, job.id)
    assert isinstance(fact, e.JobLost)
    assert (fact.job_id, fact.job, fact.why_not) == (job.id, lost.details(job), "")
    assert fact.reason == "SpotInterruption: taken away (exit code 143)"


def test_a_job_on_another_jobs_runner_is_lost_in_both_streams(fleet: SimulatedFleet) -> None:
    first, second = lost.queue(fleet), lost.queue(fleet)
    lost.take(fleet, second, lost.runner_of(first))
    lost.take_away(fleet, second)
    lost.look(fleet)
    assert types(fleet, first) == types(fleet, second) == RERUN
    assert lost.again(fleet, first) == []
    assert len(lost.again(fleet, second)) == 1


def test_without_the_setting_the_loss_is_recorded_and_nothing_is_requested(
    fleet: SimulatedFleet,
) -> None:
    fleet.policy = replace(fleet.policy, lost_job_reruns=0)
    job = lost.lose(fleet)
    lost.look(fleet, 3600)
    (fact,) = lost.told(fleet, job.id)
    assert isinstance(fact, e.JobLost)
    assert fact.why_not == "lost jobs are not run again (lost_job_reruns is 0)"
    assert not fleet.requests.of("github.run")
    assert fleet.row(lost.runner_of(job)).deadline is None


def test_a_job_that_is_lost_in_each_attempt_is_run_again_up_to_the_limit(
    fleet: SimulatedFleet,
) -> None:
    job = lost.lose(fleet)
    lost.look(fleet)
    (again,) = lost.again(fleet, job)
    lost.receive(fleet, again)
    lost.take(fleet, again)
    lost.take_away(fleet, again)
    lost.look(fleet, 3600)
    (fact,) = lost.told(fleet, again.id)
    assert isinstance(fact, e.JobLost)
    assert fact.why_not == "it was lost in attempt 2 of its run (lost_job_reruns is 1)"
    assert attempts(fleet) == [2]


def test_a_job_that_was_not_queued_for_the_fleet_is_not_run_again(fleet: SimulatedFleet) -> None:
    mine = lost.queue(fleet)
    stranger = fleet.registrations.actions.queue("octo/repo", ("self-hosted",), name="stranger")
    lost.take(fleet, stranger, lost.runner_of(mine))
    lost.take_away(fleet, stranger)
    lost.look(fleet, 3600)
    (fact,) = lost.told(fleet, stranger.id)
    assert isinstance(fact, e.JobLost)
    assert fact.why_not == "it was not queued for this fleet"
    assert attempts(fleet) == []


def test_a_job_without_a_run_is_not_run_again(
    fleet: SimulatedFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost, "details", lambda job: stories.details(name=job.name))
    job = lost.lose(fleet)
    lost.look(fleet, 3600)
    (fact,) = lost.told(fleet, job.id)
    assert isinstance(fact, e.JobLost)
    assert fact.why_not == "GitHub did not name its workflow run"
    assert attempts(fleet) == []


def test_while_the_run_goes_on_github_is_asked_less_and_less_often(fleet: SimulatedFleet) -> None:
    job = lost.queue(fleet, name="lost")
    _, end = lost.begin_elsewhere(fleet, beside=job)
    lost.take(fleet, job)
    lost.take_away(fleet, job)
    for seconds in (60, 60, 120, 240, 480, 960, 1920, 3600, 3600):
        lost.look(fleet, seconds)
    postponed = [one for one in lost.told(fleet, job.id) if isinstance(one, e.RerunPostponed)]
    assert [one.checks for one in postponed] == list(range(1, 10))
    end()
    lost.look(fleet, 3600)
    assert types(fleet, job)[-2:] == RERUN[-2:]
    run = fleet.registrations.actions.of_run("octo/repo", job.run_id)
    assert [(one.name, one.run_attempt) for one in run] == [("other", 1), ("lost", 2)]


def test_jobs_of_a_run_that_were_lost_together_share_one_new_attempt(fleet: SimulatedFleet) -> None:
    first = lost.queue(fleet, name="first")
    second = lost.queue(fleet, name="second", beside=first)
    second.is_reusable = first.is_reusable = True
    for job in (first, second):
        lost.take(fleet, job)
    for job in (first, second):
        lost.take_away(fleet, job)
    lost.look(fleet, 120)
    assert attempts(fleet) == [2]
    assert len(lost.again(fleet, first)) == len(lost.again(fleet, second)) == 1
    assert types(fleet, first) == RERUN
    (found,) = [one for one in lost.told(fleet, second.id) if isinstance(one, e.RerunRequested)]
    assert (found.run_attempt, found.found) == (2, True)


@pytest.mark.parametrize("conclusion", ["failure", "cancelled"])
def test_a_failed_job_beside_the_lost_one_is_not_run_again(
    fleet: SimulatedFleet, conclusion: str
) -> None:
    job = lost.queue(fleet, name="lost")
    failing = lost.queue(fleet, name="failing", beside=job)
    for one in (job, failing):
        lost.take(fleet, one)
    lost.ends(fleet, failing, conclusion)
    lost.take_away(fleet, job)
    lost.look(fleet)
    assert len(lost.again(fleet, job)) == 1
    assert lost.again(fleet, failing) == []


@pytest.mark.parametrize("renumbers", [False, True])
def test_jobs_that_must_not_share_an_attempt_are_run_again_one_after_the_other(
    fleet: SimulatedFleet, *, renumbers: bool
) -> None:
    """The second one may have a new id in the attempt that does not run it."""
    actions = fleet.registrations.actions
    actions.renumbers = renumbers
    first = lost.queue(fleet, name="first")
    second, failing = (lost.queue(fleet, name=name, beside=first) for name in ("second", "failing"))
    ids = [first.id, second.id]
    for one in (first, second, failing):
        lost.take(fleet, one)
    lost.ends(fleet, failing, "failure")
    for one in (first, second):
        lost.take_away(fleet, one)
    lost.look(fleet, 120)
    assert attempts(fleet) == [2]
    (again,) = [one for one in actions.of_run("octo/repo", first.run_id) if one.run_attempt == 2]
    lost.receive(fleet, again)
    lost.take(fleet, again)
    lost.ends(fleet, again, "success")
    lost.look(fleet, 3600)
    assert attempts(fleet) == [2, 3]
    names = [one.name for one in actions.of_run("octo/repo", first.run_id) if one.run_attempt > 1]
    assert sorted(names) == ["first", "second"]
    ends = [lost.told(fleet, number)[-1] for number in ids]
    assert [type(one) for one in ends] == [e.RerunRequested, e.RerunRequested]


def test_a_job_that_a_person_has_run_again_meanwhile_is_left_alone(fleet: SimulatedFleet) -> None:
    job = lost.lose(fleet)
    fleet.registrations.actions.rerun_failed_jobs("octo/repo", job.run_id)
    lost.look(fleet)
    assert lost.told(fleet, job.id)[1:] == [
        e.RerunRequested(job_id=job.id, runner_id=lost.runner_of(job), run_attempt=2, found=True)
    ]
    assert attempts(fleet) == [2]


def test_a_run_that_was_cancelled_is_not_begun_again(fleet: SimulatedFleet) -> None:
    job = lost.queue(fleet, name="lost")
    lost.queue(fleet, name="other", beside=job)
    lost.take(fleet, job)
    lost.take_away(fleet, job)
    fleet.registrations.actions.cancel("octo/repo", job.run_id)
    lost.look(fleet)
    last = lost.told(fleet, job.id)[-1]
    assert isinstance(last, e.RerunAbandoned)
    assert last.reason == "its run was cancelled"
    assert attempts(fleet) == []


def _forbidden(path: str) -> Any:
    message = "Resource not accessible by integration"
    return lambda asked: refused(403, message) if asked.path.endswith(path) else None


@pytest.mark.parametrize("path", ["/rerun-failed-jobs", "/actions/runs/1", "/jobs"])
def test_a_missing_permission_ends_it_with_githubs_words(fleet: SimulatedFleet, path: str) -> None:
    job = lost.lose(fleet)
    assert job.run_id == 1
    fleet.registrations.rest.faults = _forbidden(path)
    lost.look(fleet)
    last = lost.told(fleet, job.id)[-1]
    assert isinstance(last, e.RerunAbandoned)
    assert last.reason == "GitHub: 403 Resource not accessible by integration"
    fleet.registrations.rest.faults = no_faults
    lost.look(fleet, 3600)
    assert attempts(fleet) == []


def test_githubs_limits_end_it_with_githubs_words(fleet: SimulatedFleet) -> None:
    fleet.policy = replace(fleet.policy, lost_job_reruns=MOST_RERUNS)
    job = lost.lose(fleet)
    job.run_created_at -= LAST_RERUN
    lost.look(fleet)
    last = lost.told(fleet, job.id)[-1]
    assert isinstance(last, e.RerunAbandoned)
    assert last.reason == "GitHub: 403 This workflow run cannot be retried"


def test_a_single_job_of_a_reusable_workflow_is_not_run_again(fleet: SimulatedFleet) -> None:
    job = lost.queue(fleet, name="lost")
    failing = lost.queue(fleet, name="failing", beside=job)
    job.is_reusable = True
    for one in (job, failing):
        lost.take(fleet, one)
    lost.ends(fleet, failing, "failure")
    lost.take_away(fleet, job)
    lost.look(fleet)
    last = lost.told(fleet, job.id)[-1]
    assert isinstance(last, e.RerunAbandoned)
    assert last.reason == "GitHub: 403 This job cannot be retried"
    assert attempts(fleet) == []


def _cut(fleet: SimulatedFleet, error: BaseException, *, done: bool) -> Callable[..., None]:
    """Return a request to run failed jobs again that ends so, after it was `done` or not."""

    def request(repository: str, run_id: int) -> None:
        if done:
            fleet.registrations.actions.rerun_failed_jobs(repository, run_id)
        raise error

    return request


def test_a_request_without_an_answer_is_looked_up_before_it_is_made_again(
    fleet: SimulatedFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = lost.lose(fleet)
    fleet.clock.advance(lost.AGAIN_SECONDS)
    request = _cut(fleet, Unavailable("GitHub: no answer"), done=True)
    with monkeypatch.context() as patch:
        patch.setattr(fleet.deps.jobs, "rerun_failed_jobs", request)
        driven = fleet.driver(*Role).drive(f"job-{job.id}")
    assert driven.unavailable
    assert types(fleet, job) == RERUN[:2]
    fleet.clock.advance(LEASE.total_seconds())
    fleet.driver(*Role).drive(f"job-{job.id}")
    last = lost.told(fleet, job.id)[-1]
    assert last == e.RerunRequested(
        job_id=job.id, runner_id=lost.runner_of(job), run_attempt=2, found=True
    )
    assert attempts(fleet) == [2]


def test_another_invocation_waits_for_the_one_that_has_intended_the_request(
    fleet: SimulatedFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = lost.lose(fleet)
    fleet.clock.advance(lost.AGAIN_SECONDS)
    request = _cut(fleet, CrashError(), done=False)
    with monkeypatch.context() as patch:
        patch.setattr(fleet.deps.jobs, "rerun_failed_jobs", request)
        with pytest.raises(CrashError):
            fleet.driver(*Role).drive(f"job-{job.id}")
    intended_at = fleet.clock.now()
    assert types(fleet, job) == RERUN[:2]
    assert fleet.row(lost.runner_of(job)).deadline == intended_at + OVERDUE
    driven = fleet.driver(*Role).drive(f"job-{job.id}")
    assert driven.retry_at == intended_at + LEASE
    fleet.clock.advance(LEASE.total_seconds())
    fleet.driver(*Role).drive(f"job-{job.id}")
    assert types(fleet, job) == RERUN
    assert attempts(fleet) == [2]


def test_an_intent_is_obsolete_after_a_new_attempt_in_which_other_jobs_may_have_failed(
    fleet: SimulatedFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions = fleet.registrations.actions
    job = lost.queue(fleet, name="lost")
    good = lost.queue(fleet, name="good", beside=job)
    for one in (job, good):
        lost.take(fleet, one)
    lost.ends(fleet, good, "success")
    lost.take_away(fleet, job)
    fleet.clock.advance(lost.AGAIN_SECONDS)
    with monkeypatch.context() as patch:
        patch.setattr(fleet.deps.jobs, "rerun_failed_jobs", _cut(fleet, CrashError(), done=False))
        with pytest.raises(CrashError):
            fleet.driver(*Role).drive(f"job-{job.id}")
    actions.rerun_job(good)
    (again,) = lost.again(fleet, good)
    lost.receive(fleet, again)
    lost.take(fleet, again)
    lost.ends(fleet, again, "failure")
    lost.look(fleet, 3600)
    assert types(fleet, job) == [*RERUN[:2], "RerunPostponed"]
    lost.look(fleet, 3600)
    assert types(fleet, job)[-2:] == RERUN[1:]
    assert len(lost.again(fleet, good)) == 1, "it failed by itself"
    assert [one.run_attempt for one in lost.again(fleet, job)] == [3]


def test_a_request_that_another_one_was_faster_than_is_no_refusal(
    fleet: SimulatedFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = lost.lose(fleet)
    request = _cut(fleet, Refused("GitHub: 403 This workflow is already running"), done=True)
    monkeypatch.setattr(fleet.deps.jobs, "rerun_failed_jobs", request)
    lost.look(fleet)
    last = lost.told(fleet, job.id)[-1]
    assert isinstance(last, e.RerunRequested)
    assert (last.run_attempt, last.found) == (2, True)


def test_the_setting_can_be_turned_off_while_the_run_goes_on(fleet: SimulatedFleet) -> None:
    job = lost.lose(fleet)
    fleet.policy = replace(fleet.policy, lost_job_reruns=0)
    lost.look(fleet)
    last = lost.told(fleet, job.id)[-1]
    assert isinstance(last, e.RerunAbandoned)
    assert last.reason == "lost jobs are not run again (lost_job_reruns is 0)"


def test_the_run_is_read_before_the_intent_and_before_the_request(fleet: SimulatedFleet) -> None:
    job, crasher = lost.lose(fleet), Crasher()
    fleet.clock.advance(lost.AGAIN_SECONDS)
    fleet.driver(*Role, deps=crasher.deps(fleet.deps)).drive(f"job-{job.id}")
    assert [one for one in crasher.calls if one.startswith("jobs.")] == [
        "jobs.run",
        "jobs.of_run",
        "jobs.run",
        "jobs.of_run",
        "jobs.rerun_failed_jobs",
    ]
