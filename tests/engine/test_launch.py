"""Which calls the launch recipe makes, also after answers that others caused or nobody expected."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from shared.domain import events as e
from shared.domain.actions import Role
from shared.ports import JitConfig, NotNow, TaskSpec, Unavailable
from tests.support import stories
from tests.support.crash import CrashError
from tests.support.fleet import SimulatedFleet

CALLS = ("github.mint", "s3.head_object", "s3.put_object")
"""The calls that register a runner and store its config."""


def _calls(fleet: SimulatedFleet) -> list[int]:
    """The number of each of `CALLS`."""
    return [fleet.requests.count(one) for one in CALLS]


def test_a_first_attempt_does_not_look_for_a_stored_config() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.settle()
    assert fleet.types(7)[-1] == "RunnerLaunched"
    assert _calls(fleet) == [1, 0, 1]


def test_an_attempt_that_another_drive_resumes_uses_the_stored_config() -> None:
    fleet = SimulatedFleet()
    run, fleet.tasks.run = fleet.tasks.run, _raising(CrashError())
    fleet.queue(7)
    with pytest.raises(CrashError):
        fleet.driver(Role.SCHEDULER).drive("job-7")
    fleet.tasks.run = run
    fleet.settle()
    assert fleet.types(7)[-2:] == ["LaunchResumed", "RunnerLaunched"]
    assert _calls(fleet) == [1, 1, 1]


@pytest.mark.parametrize("error", [NotNow("no vCPUs"), Unavailable("no answer")], ids=str)
def test_a_later_attempt_and_a_repeated_one_use_the_stored_config(error: Exception) -> None:
    fleet = SimulatedFleet()
    run, fleet.tasks.run = fleet.tasks.run, _raising(error)
    fleet.queue(7)
    fleet.driver(Role.SCHEDULER).drive("job-7")
    fleet.tasks.run = run
    fleet.settle()
    assert fleet.types(7)[-1] == "RunnerLaunched"
    assert _calls(fleet) == [1, 1, 1]


def test_an_attempt_whose_outcome_met_a_conflict_uses_the_stored_config() -> None:
    fleet = SimulatedFleet()
    run = fleet.tasks.run

    def overtaken(spec: TaskSpec) -> str:
        arn = run(spec)
        if fleet.requests.count("ecs.run_task") == 1:
            fleet.tell(7, stories.started("fleet-7-1"))
        return str(arn)

    fleet.tasks.run = overtaken
    fleet.queue(7)
    fleet.driver(Role.SCHEDULER).drive("job-7")
    assert fleet.types(7) == ["JobQueued", "LaunchIntended", "JobStarted", "RunnerLaunched"]
    assert _calls(fleet) == [1, 1, 1]


def _raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_a_put_that_its_client_repeated_by_itself_keeps_the_registration_that_was_stored() -> None:
    fleet = SimulatedFleet()
    put = fleet.configs.put_if_absent

    def repeated(runner_id: str, config: JitConfig) -> bool:
        put(runner_id, config)
        return put(runner_id, config)  # the first answer was lost, so the SDK asked again

    fleet.configs.put_if_absent = repeated
    fleet.queue(7)
    fleet.settle()
    registered = {one.name: number for number, one in fleet.registrations.runners.items()}
    assert registered == {"fleet-7-1": fleet.row("fleet-7-1").github_runner_id}


def test_of_two_that_register_one_runner_at_once_the_config_that_was_stored_first_stays() -> None:
    fleet = SimulatedFleet()
    put: Any = fleet.configs.put_if_absent
    other = JitConfig(github_runner_id=99, encoded="another's")

    def beaten(runner_id: str, config: JitConfig) -> bool:
        put(runner_id, other)
        return bool(put(runner_id, config))

    fleet.configs.put_if_absent = beaten
    fleet.queue(7)
    fleet.settle()
    assert fleet.row("fleet-7-1").github_runner_id == 99
    assert fleet.registrations.runners == {}


def test_a_registration_that_another_made_meanwhile_and_stored_is_not_deleted() -> None:
    """It was, while that one's task came up, whose runner GitHub then refused."""
    fleet = SimulatedFleet()
    mint = fleet.registrations.mint

    def beaten(repository: str, runner_id: str, labels: Sequence[str]) -> JitConfig:
        fleet.configs.put_if_absent(runner_id, mint(repository, runner_id, labels))
        return mint(repository, runner_id, labels)

    fleet.registrations.mint = beaten
    fleet.queue(7)
    fleet.settle()
    assert fleet.requests.count("github.delete") == 0
    assert fleet.row("fleet-7-1").github_runner_id == 1
    assert list(fleet.registrations.runners) == [1]


def test_a_config_that_was_stored_and_has_expired_meanwhile_is_made_anew() -> None:
    fleet = SimulatedFleet()
    put, refused = fleet.configs.put_if_absent, []

    def lost_once(runner_id: str, config: JitConfig) -> bool:
        if not refused:
            refused.append(config.github_runner_id)
            return False
        return put(runner_id, config)

    fleet.configs.put_if_absent = lost_once
    fleet.queue(7)
    fleet.settle()
    failed = [one.event.fact for one in fleet.log.read("job-7")]
    reasons = [fact.reason for fact in failed if isinstance(fact, e.LaunchFailed)]
    assert reasons == ["the runner's config was stored, and has expired meanwhile"]
    assert list(fleet.registrations.runners) == [fleet.row("fleet-7-1").github_runner_id]
    assert refused[0] not in fleet.registrations.runners


def test_a_busy_runner_of_the_name_that_the_fleet_did_not_launch_keeps_its_registration() -> None:
    fleet = SimulatedFleet()
    fleet.registrations.mint("octo/repo", "fleet-7-1", ["self-hosted"])
    fleet.registrations.set_busy("fleet-7-1")
    fleet.queue(7)
    fleet.settle()
    row = fleet.row("fleet-7-1")
    assert (row.status, row.failure_reason) == (
        "FAILED",
        "GitHub has a busy runner named fleet-7-1 that this fleet did not launch",
    )
    assert fleet.registrations.names() == ["fleet-7-1", "fleet-7-2"]
    assert fleet.live_runners() == ["fleet-7-2"], "the job is not refused for it"
