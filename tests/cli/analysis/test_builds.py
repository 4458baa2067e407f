"""The builds of images, from their streams."""

from cli.analysis.builds import ImageBuild, image_builds, tags_of_days
from cli.streams.period import read_streams
from cli.streams.stored import StoredStream
from shared.domain import events as e
from shared.domain.stream import StreamId
from shared.domain.unreadable import Unreadable
from tests.support import stories
from tests.support.images import BuildingFleet, build_id, building_fleet, tag_of

TAG = tag_of("ubuntu:24.04")


def _builds(fleet: BuildingFleet) -> list[ImageBuild]:
    unreadable: list[Unreadable] = []
    found = list(image_builds(read_streams(fleet.log, [StreamId.of_image(TAG)]), unreadable))
    assert unreadable == []
    return found


def test_a_build_is_under_way_and_then_done() -> None:
    fleet = building_fleet(7)
    (under_way,) = _builds(fleet)
    assert (under_way.image_tag, under_way.base, under_way.build_number) == (TAG, "ubuntu:24.04", 1)
    assert (under_way.outcome, under_way.seconds) == ("under way", None)
    fleet.clock.advance(90)
    fleet.ends(build_id(1))
    fleet.settle()
    (done,) = _builds(fleet)
    assert (done.outcome, done.seconds, done.reason) == ("succeeded", 90.0, "")


def test_a_failed_build_has_its_reason_and_the_next_one_its_own_end() -> None:
    fleet = building_fleet(7)
    fleet.clock.advance(30)
    fleet.ends(build_id(1), "no such package")
    fleet.settle()
    fleet.queue(8)
    fleet.settle()
    failed, again = _builds(fleet)
    assert (failed.outcome, failed.seconds) == ("failed", 30.0)
    assert "no such package" in failed.reason
    assert (again.build_number, again.outcome) == (2, "under way")


def _stream(*facts: e.Fact) -> StoredStream:
    recorded = tuple(
        e.Recorded(stream="image-x", seq=n, event=stories.event(fact, n * 10), text="")
        for n, fact in enumerate(facts, start=1)
    )
    return StoredStream(stream="image-x", recorded=recorded)


INTENDED = e.ImageBuildIntended(tag="x", number=1, base="ubuntu", timeout=60)
STARTED = e.ImageBuildStarted(tag="x", number=1, build_id="b1")


def test_an_end_that_is_recorded_before_the_start_counts() -> None:
    ended = e.ImageBuildEnded(build_id="b1", status="FAILED", reason="broken")
    (found,) = image_builds([_stream(INTENDED, ended, STARTED)], [])
    assert (found.outcome, found.reason, found.seconds) == ("failed", "broken", 10.0)


def test_the_end_of_another_build_does_not_count() -> None:
    other = e.ImageBuildEnded(build_id="b0", status="FAILED")
    (found,) = image_builds([_stream(INTENDED, STARTED, other)], [])
    assert found.outcome == "under way"


def test_a_build_without_a_reason_has_its_status() -> None:
    ended = e.ImageBuildEnded(build_id="b1", status="TIMED_OUT")
    (found,) = image_builds([_stream(INTENDED, STARTED, ended)], [])
    assert (found.outcome, found.reason) == ("failed", "TIMED_OUT")


def test_a_build_that_was_never_started_has_failed() -> None:
    failed = e.ImageBuildFailed(tag="x", number=1, reason="no builder")
    (found,) = image_builds([_stream(INTENDED, failed)], [])
    assert (found.outcome, found.reason, found.seconds) == ("failed", "no builder", 10.0)


def test_an_image_in_the_registry_was_built_and_the_build_ended_when_the_builder_reports() -> None:
    ended = e.ImageBuildEnded(build_id="b1", status="SUCCEEDED")
    built = e.ImageBuilt(tag="x", image="repository@sha256:0")
    (found,) = image_builds([_stream(INTENDED, STARTED, ended, built)], [])
    assert (found.outcome, found.seconds) == ("succeeded", 20.0)


def test_the_streams_of_days_name_the_images_and_broken_ones_are_collected() -> None:
    broken = Unreadable("builds-2026-01-01 event 2", "it is not there", "builds-2026-01-01")
    unreadable: list[Unreadable] = []
    streams = [_stream(INTENDED), StoredStream(stream="builds-2026-01-01", problem=broken)]
    assert list(tags_of_days(streams, unreadable)) == ["x"]
    assert unreadable == [broken]
    assert list(image_builds([StoredStream(stream="image-y", problem=broken)], unreadable)) == []
    assert unreadable == [broken, broken]
