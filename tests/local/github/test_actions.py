"""Who gets which job, and what becomes of runners and jobs."""

from collections import Counter
from threading import Thread

import pytest

from local.github.actions import PATIENCE_SECONDS
from local.github.model import UnknownError
from tests.local.github.story import REPOSITORY, Story


def test_a_job_waits_for_a_runner_with_all_of_its_labels_in_any_case(story: Story) -> None:
    job = story.queue("Linux", "GPU")
    story.online("fleet-1-1", "linux")
    assert job.status == "queued"
    runner = story.online("fleet-2-1", "LINUX", "gpu", "x64")
    assert (job.status, job.runner_name, runner.job_id) == ("in_progress", "fleet-2-1", job.id)
    assert story.told == [(job.id, "queued"), (job.id, "in_progress")]


@pytest.mark.parametrize(
    ("scope", "takes"),
    [("octo/repo", True), ("Octo/Repo", True), ("octo", True), ("octo/other", False)],
)
def test_a_runner_serves_its_repository_or_its_organization(
    story: Story, scope: str, takes: bool
) -> None:
    story.online("fleet-1-1", scope=scope)
    assert (story.queue().status == "in_progress") is takes


def test_an_offline_runner_gets_no_job(story: Story) -> None:
    story.actions.register(REPOSITORY, "fleet-1-1", ("self-hosted",))
    assert story.queue().status == "queued"


def test_any_idle_runner_may_get_the_job() -> None:
    chosen: Counter[str | None] = Counter()
    for seed in range(30):
        story = Story(seed)
        for number in range(3):
            story.online(f"fleet-{number}-1")
        chosen[story.queue().runner_name] += 1
    assert set(chosen) == {"fleet-0-1", "fleet-1-1", "fleet-2-1"}


def test_a_registration_ends_with_the_runners_one_job(story: Story) -> None:
    runner = story.online("fleet-1-1")
    first, second = story.queue(), story.queue()
    story.actions.finish(runner.token, "success")
    assert (first.conclusion, second.status) == ("success", "queued")
    assert story.actions.registered() == []
    with pytest.raises(UnknownError):
        story.actions.take(runner.token, 0)


def test_a_runner_that_waits_is_told_that_it_was_removed(story: Story) -> None:
    runner = story.online("fleet-1-1")
    ends: list[type[Exception]] = []

    def wait() -> None:
        try:
            story.actions.take(runner.token, 60)
        except UnknownError as error:
            ends.append(type(error))

    thread = Thread(target=wait)
    thread.start()
    story.actions.remove(REPOSITORY, runner.id)
    thread.join(20)
    assert ends == [UnknownError]


def test_the_job_of_a_runner_that_fell_silent_fails(story: Story) -> None:
    story.online("fleet-1-1")
    job = story.queue()
    story.time = PATIENCE_SECONDS
    story.actions.give_up_the_silent()
    assert job.status == "in_progress"
    story.time += 0.1
    story.actions.give_up_the_silent()
    assert (job.status, job.conclusion) == ("completed", "failure")
    assert story.actions.registered() == []


def test_an_idle_runner_that_fell_silent_stays_registered_and_gets_no_job(story: Story) -> None:
    runner = story.online("fleet-1-1")
    story.time = PATIENCE_SECONDS + 1
    story.actions.give_up_the_silent()
    assert (runner.online, story.queue().status) == (False, "queued")
    assert story.actions.registered() == [runner]


def test_a_cancelled_job_ends_through_its_runner(story: Story) -> None:
    runner = story.online("fleet-1-1")
    job = story.queue()
    assert story.actions.beat(runner.token) is False
    story.actions.cancel(REPOSITORY, job.run_id)
    assert (job.status, story.actions.beat(runner.token)) == ("in_progress", True)
    story.actions.finish(runner.token, "cancelled")
    assert (job.status, job.conclusion) == ("completed", "cancelled")


# --- jobs that no fleet serves --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("repository", "scope", "takes"),
    [
        ("octo/repo", "octo/repo", True),
        ("octo/other", "octo", True),
        ("octo/other", "octo/repo", False),
        ("acme/repo", "octo", False),
    ],
)
def test_a_job_without_self_hosted_goes_to_any_idle_runner_of_its_scope_that_has_its_labels(
    story: Story, repository: str, scope: str, takes: bool
) -> None:
    runner = story.online("fleet-1-1", "linux", "x64", scope=scope)
    job = story.actions.queue(repository, ("linux",))
    assert (job.status, runner.job_id) == (("in_progress", job.id) if takes else ("queued", None))
