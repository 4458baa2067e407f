"""Who gets which job, and what becomes of runners and jobs."""

from collections import Counter
from random import Random
from threading import Thread

import pytest

from local.github.actions import PATIENCE_SECONDS, Actions
from local.github.model import Job, Runner, StatusError, UnknownError

REPOSITORY = "octo/repo"


class Story:
    """The service with a clock of the test's, and what it announced."""

    def __init__(self, seed: int = 1) -> None:
        self.time = 0.0
        self.told: list[tuple[int, str]] = []
        self.actions = Actions(
            lambda job, action: self.told.append((job.id, action)),
            rng=Random(seed),
            monotonic=lambda: self.time,
        )

    def online(self, name: str, *labels: str, scope: str = REPOSITORY) -> Runner:
        runner = self.actions.register(scope, name, ("self-hosted", *labels))
        return self.actions.connect(runner.token, "2.330.0")

    def queue(self, *labels: str, needs_approval: bool = False) -> Job:
        wanted = ("self-hosted", *labels)
        return self.actions.queue(REPOSITORY, wanted, needs_approval=needs_approval)

    def told_of(self, job: Job) -> list[str]:
        return [action for number, action in self.told if number == job.id]


@pytest.fixture
def story() -> Story:
    return Story()


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
