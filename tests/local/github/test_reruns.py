"""Jobs that are run again: the new attempt, its jobs, and what GitHub refuses."""

from typing import Any

from local.github.server import GitHub
from tests.local.github.conftest import REPOSITORY, Api
from tests.local.github.story import Story

RUNS = f"/repos/{REPOSITORY}/actions/runs"


def test_a_job_that_runs_again_is_another_one_and_is_announced(story: Story) -> None:
    job = story.queue()
    runner = story.online("fleet-1-1")
    story.actions.finish(runner.token, "failure")
    story.actions.rerun_job(job)
    (again,) = story.actions.of_run(REPOSITORY, job.run_id)
    assert (again.run_id, again.name, again.run_attempt) == (job.run_id, job.name, 2)
    assert (again.status, again.runner_name, again.conclusion) == ("queued", None, None)
    assert story.told_of(again) == ["queued"]
    assert (job.conclusion, job.runner_name) == ("failure", "fleet-1-1")
    assert story.online("fleet-2-1").job_id == again.id


def test_a_job_that_does_not_run_again_may_get_a_new_id(story: Story) -> None:
    story.actions.renumbers = True
    job = story.queue()
    other = story.actions.queue(REPOSITORY, ("self-hosted",), name="other", beside=job)
    old = other.id
    for name, conclusion in (("fleet-1-1", "failure"), ("fleet-2-1", "success")):
        story.actions.finish(story.online(name).token, conclusion)
    story.actions.rerun_failed_jobs(REPOSITORY, job.run_id)
    listed = {one.name: one for one in story.actions.of_run(REPOSITORY, job.run_id)}
    assert listed["other"].id != old
    assert (listed["other"].runner_name, listed["other"].run_attempt) == (other.runner_name, 1)


def test_a_new_attempt_has_githubs_shape(github: GitHub, api: Api, online: Any) -> None:
    job = github.actions.queue(REPOSITORY, ("self-hosted",))
    github.actions.finish(online("fleet-1-1"), "failure")
    before = api("GET", f"{RUNS}/{job.run_id}")[1]
    assert api("POST", f"{RUNS}/{job.run_id}/rerun-failed-jobs") == (201, {})
    status, after = api("GET", f"{RUNS}/{job.run_id}")
    assert status == 200
    assert (before["run_attempt"], after["run_attempt"]) == (1, 2)
    assert (before["conclusion"], after["conclusion"]) == ("failure", None)
    assert before["created_at"] == after["created_at"]
    (listed,) = api("GET", f"{RUNS}/{job.run_id}/jobs")[1]["jobs"]
    assert (listed["run_attempt"], listed["status"]) == (2, "queued")
    path = f"/repos/{REPOSITORY}/actions/jobs/{job.id}/rerun"
    assert api("POST", path)[0] == 403
    assert api("POST", path.replace(REPOSITORY, "octo/other"))[0] == 404
