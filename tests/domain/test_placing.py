"""Where a launch goes, and where next when there is no room."""

from msgspec.structs import replace

from shared.domain.placing import Spot, preferred, spot
from tests.support import stories

PLAN = replace(
    stories.intended(),
    capacities=("FARGATE_SPOT", "FARGATE"),
    placement=replace(stories.POLICY.placement, subnets=("subnet-1", "subnet-2", "subnet-3")),
)


def test_every_subnet_is_tried_on_spot_before_on_demand_is() -> None:
    spots = [spot(PLAN, moves) for moves in range(6)]
    assert [one.capacity for one in spots] == ["FARGATE_SPOT"] * 3 + ["FARGATE"] * 3
    assert {one.subnet for one in spots[:3]} == {one.subnet for one in spots[3:]}
    assert len({one.subnet for one in spots[:3]}) == 3


def test_after_the_last_place_the_first_is_tried_again() -> None:
    assert spot(PLAN, 6) == spot(PLAN, 0)


def test_a_retry_that_did_not_move_goes_to_the_same_place() -> None:
    assert spot(PLAN, 1) == spot(PLAN, 1) != spot(PLAN, 0)


def test_runners_begin_at_different_subnets() -> None:
    plans = [replace(PLAN, runner_id=f"fleet-{number}-1") for number in range(30)]
    assert len({spot(plan, 0).subnet for plan in plans}) == 3


def test_a_single_place_is_tried_again_and_again() -> None:
    plan = replace(PLAN, capacities=("FARGATE",), placement=stories.POLICY.placement)
    assert {spot(plan, moves) for moves in range(4)} == {
        Spot(capacity="FARGATE", subnet="subnet-1")
    }


def test_the_next_runner_of_a_job_prefers_another_capacity() -> None:
    assert preferred(("FARGATE_SPOT", "FARGATE"), 1) == ("FARGATE_SPOT", "FARGATE")
    assert preferred(("FARGATE_SPOT", "FARGATE"), 2) == ("FARGATE", "FARGATE_SPOT")
    assert preferred(("FARGATE",), 2) == ("FARGATE",)
