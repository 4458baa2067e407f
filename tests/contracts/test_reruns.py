"""The contract of `Jobs` on running jobs again: the GitHub emulator, with each credential."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from local.github.app import App
from local.github.model import Job
from local.github.reruns import LAST_RERUN, MOST_RERUNS
from local.github.server import GitHub
from shared.adapters.github_jobs import GitHubJobs
from shared.ports import Jobs, Refused
from tests.support.github import APPS, CREDENTIALS, GRANTED, client_of, github_with_app

REPOSITORY = "octo/repo"
LABELS = ("self-hosted",)
RUNNING, ENDED = "This workflow is already running", "This workflow run cannot be retried"


class Given:
    """GitHub, and the port with the credentials of that kind."""

    def __init__(self, kind: str, github: GitHub, app: App) -> None:
        self.actions = github.actions
        self.app = app
        self.client = client_of(kind, github, writes_actions=True)
        self.port: Jobs = GitHubJobs(self.client)

    def job(self, name: str = "build", *, beside: Job | None = None) -> Job:
        return self.actions.queue(REPOSITORY, LABELS, name=name, beside=beside)

    def ends(self, conclusion: str) -> None:
        """End the oldest queued job on a runner of its own."""
        runner = self.actions.register(REPOSITORY, f"r-{datetime.now(UTC).timestamp()}", LABELS)
        self.actions.connect(runner.token, "2.330.0")
        self.actions.finish(runner.token, conclusion)

    def attempts(self, job: Job) -> dict[str, int]:
        """The attempt of each job of the run, by name, as the port lists them."""
        listed = self.port.of_run(REPOSITORY, job.run_id)
        return {one.name: one.run_attempt for one in listed}


@pytest.fixture(params=CREDENTIALS)
def given(request: pytest.FixtureRequest) -> Iterator[Given]:
    with github_with_app(actions="write") as (github, app):
        made = Given(request.param, github, app)
        yield made
        made.client.close()


def test_a_run_is_read_with_its_status_conclusion_and_attempt(given: Given) -> None:
    job = given.job()
    before = given.port.run(REPOSITORY, job.run_id)
    given.ends("failure")
    after = given.port.run(REPOSITORY, job.run_id)
    assert (before.id, before.status, before.conclusion) == (job.run_id, "queued", "")
    assert (after.status, after.conclusion, after.run_attempt) == ("completed", "failure", 1)


def test_an_unknown_run_is_refused(given: Given) -> None:
    with pytest.raises(Refused, match="404 Not Found"):
        given.port.run(REPOSITORY, 999)
    with pytest.raises(Refused, match="404 Not Found"):
        given.port.rerun_failed_jobs(REPOSITORY, 999)
    with pytest.raises(Refused, match="404 Not Found"):
        given.port.rerun_job(REPOSITORY, 999)


def test_a_job_is_run_again_under_another_id_in_the_next_attempt(given: Given) -> None:
    job = given.job("one")
    given.job("other", beside=job)
    for _ in range(2):
        given.ends("failure")
    given.port.rerun_job(REPOSITORY, job.id)
    assert given.attempts(job) == {"one": 2, "other": 1}
    assert job.id not in {one.id for one in given.port.of_run(REPOSITORY, job.run_id)}
    run = given.port.run(REPOSITORY, job.run_id)
    assert (run.status != "completed", run.run_attempt) == (True, 2)


def test_all_failed_jobs_are_run_again_in_one_attempt(given: Given) -> None:
    job = given.job("failed")
    for name in ("cancelled", "good"):
        given.job(name, beside=job)
    for conclusion in ("failure", "cancelled", "success"):
        given.ends(conclusion)
    given.port.rerun_failed_jobs(REPOSITORY, job.run_id)
    assert given.attempts(job) == {"failed": 2, "cancelled": 2, "good": 1}


REQUESTS: dict[str, Callable[[Given, Job], None]] = {
    "job": lambda given, job: given.port.rerun_job(REPOSITORY, job.id),
    "failed jobs": lambda given, job: given.port.rerun_failed_jobs(REPOSITORY, job.run_id),
}


@pytest.mark.parametrize("request_of", REQUESTS)
def test_a_run_that_has_not_ended_is_refused(given: Given, request_of: str) -> None:
    job = given.job("one")
    given.job("other", beside=job)
    given.ends("failure")
    with pytest.raises(Refused, match=f"403 {RUNNING}"):
        REQUESTS[request_of](given, job)
    given.ends("success")
    REQUESTS[request_of](given, job)
    with pytest.raises(Refused, match="403"):
        REQUESTS[request_of](given, job)
    assert given.actions.attempts == [(job.run_id, 2)]


@pytest.mark.parametrize("request_of", REQUESTS)
def test_an_old_run_and_one_that_was_run_again_too_often_are_refused(
    given: Given, request_of: str
) -> None:
    job = given.job()
    given.ends("failure")
    job.run_attempt = MOST_RERUNS + 1
    with pytest.raises(Refused, match=f"403 {ENDED}"):
        REQUESTS[request_of](given, job)
    job.run_attempt = MOST_RERUNS
    job.run_created_at -= LAST_RERUN
    with pytest.raises(Refused, match=f"403 {ENDED}"):
        REQUESTS[request_of](given, job)
    assert not given.actions.attempts


def test_a_run_without_failed_jobs_is_refused(given: Given) -> None:
    job = given.job()
    given.ends("success")
    with pytest.raises(Refused, match=f"403 {ENDED}"):
        given.port.rerun_failed_jobs(REPOSITORY, job.run_id)


def test_a_job_of_a_reusable_workflow_is_run_again_only_with_all_failed_ones(given: Given) -> None:
    job = given.job()
    job.is_reusable = True
    given.ends("failure")
    with pytest.raises(Refused, match="403 This job cannot be retried"):
        given.port.rerun_job(REPOSITORY, job.id)
    given.port.rerun_failed_jobs(REPOSITORY, job.run_id)
    assert given.attempts(job) == {"build": 2}


@pytest.mark.parametrize("given", APPS, indirect=True)
def test_without_the_permission_it_is_refused_and_jobs_can_still_be_read(given: Given) -> None:
    job = given.job()
    given.ends("failure")
    given.app.permissions = dict(GRANTED)
    with pytest.raises(Refused, match="403 Resource not accessible by integration"):
        given.port.rerun_failed_jobs(REPOSITORY, job.run_id)
    assert given.port.run(REPOSITORY, job.run_id).status == "completed"
    assert not given.actions.attempts
