"""Images that jobs wait for: a build whose end was not told, and one that hangs."""

from functions.janitor.images import awaited_images
from functions.janitor.sweep import Swept
from tests.support.images import BuildingFleet, building_fleet
from tests.support.janitor import janitor


def _sweep(fleet: BuildingFleet, seconds: float) -> Swept:
    fleet.clock.advance(seconds)
    swept = awaited_images(janitor(fleet))
    fleet.settle()
    return swept


def test_a_build_that_goes_on_is_left_alone() -> None:
    fleet = building_fleet(7)
    assert _sweep(fleet, 30) == Swept()
    assert _sweep(fleet, 300) == Swept()
    assert fleet.requests.count("codebuild.batch_get_builds") == 1, (
        "only one that is late is asked for"
    )
    assert len(fleet.codebuild.running()) == 1


def test_the_end_of_a_build_that_nobody_told_is_found() -> None:
    fleet = building_fleet(7, 8)
    (build,) = fleet.codebuild.running()
    fleet.codebuild.finish(build["id"])
    assert _sweep(fleet, 121).mended == 1
    assert fleet.statuses() == {"fleet-7-1": "STARTING", "fleet-8-1": "STARTING"}
    assert len(fleet.live()) == 2


def test_a_build_that_hangs_is_stopped_and_its_jobs_say_why() -> None:
    """The predecessor's runner stayed in IMAGE_CREATING for ever."""
    fleet = building_fleet(7)
    assert _sweep(fleet, 1801).mended == 1
    assert fleet.codebuild.running() == []
    row = fleet.row("fleet-7-1")
    assert row.status == "FAILED"
    assert "TIMED_OUT: it took longer than 1800 s" in str(row.failure_reason)
