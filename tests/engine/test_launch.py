"""What the launch recipe makes of answers that others caused, or that nobody expected."""

from collections.abc import Sequence
from typing import Any

from shared.ports import JitConfig
from tests.support.fleet import SimulatedFleet


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
