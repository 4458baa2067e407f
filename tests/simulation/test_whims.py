"""What the simulated GitHub does of its own accord, and how the simulated runners end."""

from random import Random
from typing import Any

import pytest

from local.github.model import Job, Runner
from tests.simulated.agenda import Agenda
from tests.simulated.github import TOKEN, URL
from tests.simulated.weather import TARDY_SECONDS, Weather
from tests.simulation.simulation import simulate
from tests.simulation.world.faults import Calls, Invocation
from tests.simulation.world.github import FaultyHttp, GitHub
from tests.simulation.world.load import is_foreign
from tests.simulation.world.profile import PROFILES
from tests.simulation.world.runners import WITHOUT_JOB
from tests.simulation.world.whims import STALLED

REPOSITORY = "octo/repo"
LABELS = ("self-hosted", "linux")


class Played:
    """A GitHub whose webhooks are noted: when each came, in seconds, and of which action."""

    def __init__(self, weather: Weather) -> None:
        self.agenda = Agenda(Random(0))
        self.github = GitHub(self.agenda, weather)
        self.came: list[tuple[float, str]] = []
        self.github.deliver = self._deliver

    def _deliver(self, hook: dict[str, Any]) -> int:
        action = hook["body"].partition('"action": "')[2].partition('"')[0]
        self.came.append((self.agenda.seconds, action))
        return 202

    def online(self) -> Runner:
        runner = self.github.actions.register(REPOSITORY, "fleet-1-1", LABELS)
        return self.github.actions.connect(runner.token, "2.330.0")

    def queue(self) -> Job:
        return self.github.whims.queue(REPOSITORY, LABELS)


def test_an_approval_comes_in_the_end_each_change_in_a_webhook_of_its_own() -> None:
    played = Played(Weather(approvals=1.0))
    job = played.queue()
    assert job.status == "waiting"
    played.agenda.run(2 * 3600)
    assert job.status == "queued"
    assert played.github.whims.approved == {job.id}
    assert sorted(action for _, action in played.came) == ["queued", "queued", "waiting"]
    assert len(played.github.accepted) == 3
    assert played.github.whims.pending == 0


def test_a_cancelled_job_is_not_approved() -> None:
    played = Played(Weather(approvals=1.0))
    job = played.queue()
    played.github.actions.cancel(REPOSITORY, job.run_id)
    played.agenda.run(2 * 3600)
    assert (job.conclusion, played.github.whims.approved) == ("cancelled", set())


def test_a_queued_job_is_told_of_again() -> None:
    played = Played(Weather(requeued=1.0))
    played.queue()
    played.agenda.run(300)
    assert [action for _, action in played.came] == ["queued", "queued"]


def test_a_job_that_is_lost_leaves_the_runner_without_a_registration_and_is_queued_again() -> None:
    played = Played(Weather(assignments_lost=1.0))
    runner = played.online()
    job = played.queue()
    assert (job.status, played.github.actions.registered()) == ("queued", [])
    assert played.github.whims.lost == [runner.name]
    played.agenda.run(600)
    assert [action for _, action in played.came] == ["queued", "queued"]


def test_a_stalled_job_is_given_to_nobody_for_some_minutes() -> None:
    played = Played(Weather(stalled=1.0))
    runner, job = played.online(), played.queue()
    played.agenda.run(STALLED[0])
    assert runner.is_idle
    played.agenda.run(STALLED[1] + 1)
    assert job.runner_name == runner.name


def test_an_idle_runner_is_removed_within_six_minutes() -> None:
    played = Played(Weather(removed=1.0))
    told: list[str] = []
    played.github.whims.on_removed = told.append
    runner = played.online()
    played.agenda.run(119)
    assert played.github.actions.registered() == [runner]
    played.agenda.run(361)
    assert (played.github.actions.registered(), told) == ([], [runner.name])
    assert played.github.whims.removed == told


def test_webhooks_of_a_jobs_begin_and_end_are_minutes_late_and_no_others() -> None:
    played = Played(Weather(tardy=1.0))
    runner = played.online()
    played.queue()
    played.github.actions.finish(runner.token, "success")
    played.agenda.run(600)
    first, last = TARDY_SECONDS
    late = {action for seconds, action in played.came if first <= seconds <= last}
    soon = {action for seconds, action in played.came if seconds < 2}
    assert (late, soon) == ({"in_progress", "completed"}, {"queued"})


@pytest.mark.parametrize(
    ("repository", "labels", "foreign"),
    [
        (REPOSITORY, LABELS, False),
        (REPOSITORY, ("linux",), True),
        ("octo/secret", LABELS, True),
    ],
)
def test_a_webhook_has_to_be_taken_in_if_the_job_or_its_runner_is_the_fleets(
    repository: str, labels: tuple[str, ...], foreign: bool
) -> None:
    played = Played(Weather())
    job = played.github.actions.queue(repository, labels)
    played.agenda.run(10)
    assert is_foreign(job) is foreign
    assert bool(played.github.accepted) is not foreign
    runner = played.github.actions.register("octo", "fleet-1-1", LABELS)
    played.github.actions.connect(runner.token, "2.330.0")
    played.agenda.run(20)
    assert (job.id, "in_progress") in played.github.heard


def test_a_job_is_shown_by_an_operation_of_its_own() -> None:
    played = Played(Weather())
    job = played.queue()
    calls = Calls(played.agenda, PROFILES["calm"])
    calls.invocations.append(Invocation("test"))
    http = FaultyHttp(played.github.rest, calls)
    answer = http.request(
        "GET",
        f"{URL}/repos/{REPOSITORY}/actions/jobs/{job.id}",
        fields=None,
        json=None,
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    assert (answer.status, answer.json()["status"]) == (200, "queued")
    assert calls.ledger.calls == {"github.job": 1}


def test_a_runner_ends_with_0_only_after_a_job() -> None:
    ends = set()
    for seed in range(3):
        world = simulate(seed, "removed").world
        busy = {job.runner_name for job in world.actions.jobs()}
        for task in world.ecs.tasks.values():
            code = task["containers"][0].get("exitCode")
            if code is not None:  # it was stopped before its program began
                ends.add((code, task["startedBy"] in busy))
    assert ends >= {(0, True), (WITHOUT_JOB, False)}
    assert not ends & {(0, False), (WITHOUT_JOB, True)}
