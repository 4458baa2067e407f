"""Jobs that GitHub holds, queues again, loses or stalls, and idle runners that it removes."""

import pytest

from local.github.model import StatusError, UnknownError
from tests.local.github.story import REPOSITORY, Story

# --- approvals ------------------------------------------------------------------------------------


def test_a_job_that_needs_an_approval_is_given_to_nobody_before_it_is_approved(
    story: Story,
) -> None:
    job = story.queue(needs_approval=True)
    runner = story.online("fleet-1-1")
    assert (job.status, runner.job_id) == ("waiting", None)
    assert story.told_of(job) == ["queued", "waiting"]
    story.actions.approve(job)
    assert (job.status, runner.job_id) == ("in_progress", job.id)
    assert story.told_of(job) == ["queued", "waiting", "queued", "in_progress"]


def test_only_a_job_that_waits_can_be_approved(story: Story) -> None:
    job = story.queue(needs_approval=True)
    story.actions.approve(job)
    with pytest.raises(StatusError, match="is queued, not waiting"):
        story.actions.approve(job)


def test_a_job_that_waits_for_an_approval_can_be_cancelled(story: Story) -> None:
    job = story.queue(needs_approval=True)
    assert story.actions.cancel(REPOSITORY, job.run_id)
    assert (job.status, job.conclusion) == ("completed", "cancelled")
    with pytest.raises(StatusError, match="is completed"):
        story.actions.approve(job)


# --- jobs that are queued again -------------------------------------------------------------------


def test_a_queued_job_is_told_of_again(story: Story) -> None:
    job = story.queue()
    story.actions.requeue(job)
    assert (job.status, story.told_of(job)) == ("queued", ["queued", "queued"])


def test_a_job_that_has_begun_is_not_queued_again(story: Story) -> None:
    story.online("fleet-1-1")
    job = story.queue()
    with pytest.raises(StatusError, match="is in_progress, not queued"):
        story.actions.requeue(job)


def test_a_job_that_was_lost_on_its_way_to_a_runner_is_given_to_another_once_queued_again(
    story: Story,
) -> None:
    lost = story.online("fleet-1-1")
    story.actions.loses = lambda _job, runner: runner is lost
    job = story.queue()
    assert (job.status, job.runner_name) == ("queued", None)
    assert story.actions.registered() == []
    other = story.online("fleet-2-1")
    assert other.job_id is None
    story.actions.requeue(job)
    assert other.job_id == job.id
    assert story.told_of(job) == ["queued", "queued", "in_progress"]


# --- idle runners that are removed ----------------------------------------------------------------


def test_an_idle_runner_is_removed_when_its_limit_is_reached(story: Story) -> None:
    story.actions.idle_limit = lambda _runner: 120.0
    runner = story.online("fleet-1-1")
    story.time = 119.9
    story.actions.remove_the_idle()
    assert story.actions.registered() == [runner]
    story.time = 120.0
    story.actions.remove_the_idle()
    assert story.actions.registered() == []
    assert story.queue().status == "queued"
    with pytest.raises(UnknownError):
        story.actions.take(runner.token, 0)


def test_a_runner_at_work_is_not_removed(story: Story) -> None:
    story.actions.idle_limit = lambda _runner: 120.0
    runner = story.online("fleet-1-1")
    story.queue()
    story.time = 1000.0
    story.actions.remove_the_idle()
    assert story.actions.registered() == [runner]


def test_idle_runners_stay_unless_a_limit_is_set(story: Story) -> None:
    runner = story.online("fleet-1-1")
    story.time = 86_400.0
    story.actions.remove_the_idle()
    assert story.actions.registered() == [runner]


# --- jobs that are given to nobody ----------------------------------------------------------------


def test_a_withheld_job_is_given_to_nobody_until_jobs_are_assigned_again(story: Story) -> None:
    story.actions.withholds = lambda _job: True
    runner, job = story.online("fleet-1-1"), story.queue()
    assert (job.status, runner.is_idle) == ("queued", True)
    story.actions.withholds = lambda _job: False
    story.actions.assign()
    assert runner.job_id == job.id
