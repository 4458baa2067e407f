"""Images that jobs wait for: a build whose end was not told, one that hangs. Images nobody uses."""

import pytest
from msgspec.structs import replace

from functions.janitor.images import EXPIRY, awaited_images, unused_images
from functions.janitor.sweep import Swept
from shared.domain.stream import StreamId
from tests.support.images import IMAGES, BuildingFleet, build_id, building_fleet, tag_of
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
    assert _sweep(fleet, 121).repaired == 1
    assert fleet.statuses() == {"fleet-7-1": "STARTING", "fleet-8-1": "STARTING"}
    assert len(fleet.live()) == 2


def test_a_build_that_hangs_is_stopped_and_its_jobs_say_why() -> None:
    """The predecessor's runner stayed in IMAGE_CREATING for ever."""
    fleet = building_fleet(7)
    assert _sweep(fleet, 1801).repaired == 1
    assert fleet.codebuild.running() == []
    row = fleet.row("fleet-7-1")
    assert row.status == "FAILED"
    assert "TIMED_OUT: it took longer than 1800 s" in str(row.failure_reason)


DEBIAN, DEFAULT = tag_of("debian:12"), tag_of(IMAGES.default_base)
DAY = 86_400


def _served(fleet: BuildingFleet, job_id: int, *labels: str) -> None:
    """The job's image is built if it has to be, its runner pulls it, runs the job and ends."""
    fleet.queue(job_id, labels=labels)
    fleet.settle()
    for build in fleet.codebuild.running():
        fleet.ends(build["id"])
    fleet.settle()
    fleet.pulls(f"fleet-{job_id}-1")
    fleet.serves(job_id)


def _days_later(fleet: BuildingFleet, days: int) -> Swept:
    """The sweep on that day, in an hour in which it looks for unused images."""
    hour = fleet.clock.now().replace(hour=EXPIRY + 6)
    fleet.clock.advance((hour - fleet.clock.now()).total_seconds() + days * DAY)
    swept = unused_images(janitor(fleet))
    fleet.settle()
    return swept


def test_an_image_that_nobody_has_pulled_for_long_is_deleted_and_the_default_one_is_kept() -> None:
    fleet = BuildingFleet()
    _served(fleet, 7, "image:debian:12")
    _served(fleet, 8)
    assert _days_later(fleet, 29) == Swept()
    assert set(fleet.ecr.digests) == {DEBIAN, DEFAULT}
    assert _days_later(fleet, 2) == Swept(found=1, repaired=1)
    assert set(fleet.ecr.digests) == {DEFAULT}
    types = [one.event.type for one in fleet.log.read(StreamId.of_image(DEBIAN))]
    assert types[-2:] == ["ImageExpired", "ImageDeleted"]


def test_an_image_in_use_is_never_deleted() -> None:
    fleet = BuildingFleet()
    _served(fleet, 1, "image:debian:12")
    for job_id in range(2, 8):
        assert _days_later(fleet, 20) == Swept()
        _served(fleet, job_id, "image:debian:12")
    assert len(fleet.codebuild.builds) == 1
    assert DEBIAN in fleet.ecr.digests


def test_a_job_that_needs_a_deleted_image_has_it_built_again_and_runs() -> None:
    fleet = BuildingFleet()
    _served(fleet, 7, "image:debian:12")
    _days_later(fleet, 31)
    _served(fleet, 8, "image:debian:12")
    assert len(fleet.codebuild.builds) == 2
    assert fleet.statuses()["fleet-8-1"] == "OFFLINE"


def test_a_job_that_comes_while_its_image_is_being_deleted_gets_a_new_one() -> None:
    fleet = BuildingFleet()
    _served(fleet, 7, "image:debian:12")
    fleet.clock.advance(31 * DAY)
    fleet.expire(DEBIAN)  # the Janitor died before it deleted the image
    fleet.queue(8, labels=("image:debian:12",))
    fleet.settle()
    assert fleet.statuses()["fleet-8-1"] == "IMAGE_CREATING"
    assert DEBIAN not in fleet.ecr.digests, "it is deleted before it is built again"
    fleet.ends(build_id(2))
    fleet.settle()
    assert fleet.launches()["fleet-8-1"]


def test_an_image_whose_deletion_failed_is_deleted_in_a_later_run() -> None:
    fleet = BuildingFleet()
    _served(fleet, 7, "image:debian:12")
    fleet.clock.advance(31 * DAY)
    fleet.expire(DEBIAN)
    assert _days_later(fleet, 0) == Swept(found=1, repaired=1)
    assert DEBIAN not in fleet.ecr.digests


def test_an_image_that_is_being_launched_is_left_alone() -> None:
    fleet = BuildingFleet()
    _served(fleet, 7, "image:debian:12")
    fleet.clock.advance(31 * DAY)
    fleet.queue(8, labels=("image:debian:12",))
    fleet.settle()
    assert _days_later(fleet, 0) == Swept()
    assert DEBIAN in fleet.ecr.digests


def test_an_image_that_the_log_does_not_know_is_left_alone() -> None:
    fleet = BuildingFleet()
    fleet.push("runner")
    assert _days_later(fleet, 100) == Swept()
    assert set(fleet.ecr.digests) == {"runner"}


@pytest.mark.parametrize("minutes", [1, 7, 60])
def test_the_registry_is_read_in_four_hours_of_a_day_whatever_the_schedule(minutes: int) -> None:
    fleet = BuildingFleet()
    for _ in range(24 * 60 // minutes):
        fleet.clock.advance(60 * minutes)
        unused_images(janitor(fleet))
    reads = fleet.requests.count("ecr.describe_images")
    assert reads == pytest.approx(4 * 60 / minutes, abs=2)


def test_without_image_builds_nothing_is_deleted() -> None:
    fleet = building_fleet(7)
    before = fleet.requests.count("ecr.describe_images")
    fleet.policy = replace(fleet.policy, images=None)
    assert _days_later(fleet, 40) == Swept()
    assert fleet.requests.count("ecr.describe_images") == before
