"""Where an attempt to launch goes, and where next when there is no capacity."""

from msgspec.structs import replace

from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.runner.target import LaunchTarget, target, target_count
from tests.support.stories import at

CAPACITIES = ("FARGATE_SPOT", "FARGATE")
SUBNETS = ("subnet-1", "subnet-2", "subnet-3")
RUNNER = Runner(id="fleet-7-1", number=1, phase=RunnerPhase.PLANNED, planned_at=at(), serves=7)


def _place(moves: int, runner: Runner = RUNNER) -> LaunchTarget:
    return target(replace(runner, moves=moves), CAPACITIES, SUBNETS)


def test_every_subnet_is_tried_on_spot_before_on_demand_is() -> None:
    found = [_place(moves) for moves in range(6)]
    assert [one.capacity for one in found] == ["FARGATE_SPOT"] * 3 + ["FARGATE"] * 3
    assert {one.subnet for one in found[:3]} == {one.subnet for one in found[3:]} == set(SUBNETS)


def test_all_providers_and_subnets_are_walked_through_before_the_first_is_tried_again() -> None:
    number = target_count(len(CAPACITIES), len(SUBNETS))
    found = [_place(moves) for moves in range(number)]
    assert len({(one.capacity, one.subnet) for one in found}) == number == 6
    assert _place(number) == _place(0)


def test_runners_begin_at_different_subnets() -> None:
    runners = [replace(RUNNER, id=f"fleet-{number}-1") for number in range(30)]
    assert {_place(0, runner).subnet for runner in runners} == set(SUBNETS)


def test_a_single_place_is_tried_again_and_again() -> None:
    found = {target(replace(RUNNER, moves=moves), ("FARGATE",), ("a",)) for moves in range(4)}
    assert found == {LaunchTarget(capacity="FARGATE", subnet="a")}


def test_the_next_runner_of_a_job_begins_at_another_capacity() -> None:
    second = replace(RUNNER, id="fleet-7-2", number=2)
    assert _place(0).capacity == "FARGATE_SPOT"
    assert _place(0, second).capacity == "FARGATE"
