"""Images at work: one build for all who wait, launches by digest, failures that are told."""

from msgspec.structs import replace

from shared.domain.image import Making
from shared.engine.journal import load_image
from tests.support.fleet import MemoryFleet
from tests.support.images import BuildingFleet, building_fleet, tag_of

DEFAULT = tag_of("ubuntu:24.04")


def test_many_jobs_that_want_one_missing_image_cause_one_build() -> None:
    """The predecessor started as many builds as there were jobs."""
    fleet = building_fleet(*range(1, 31))
    assert len(fleet.images.builds) == 1
    assert set(fleet.statuses().values()) == {"IMAGE_CREATING"}
    assert fleet.tasks.calls["run"] == 0
    (build,) = fleet.images.running()
    fleet.ends(build.build_id)
    fleet.settle()
    assert fleet.tasks.calls["run"] == 30
    assert len(fleet.images.builds) == 1


def test_tasks_run_by_digest_from_a_definition_made_for_the_image() -> None:
    fleet = building_fleet(7)
    fleet.ends("memory:1")
    fleet.settle()
    row = fleet.row("fleet-7-1")
    assert row.image == fleet.images.images[DEFAULT]
    assert row.image_tag == DEFAULT
    spec = fleet.tasks.specs["fleet-7-1"]
    assert fleet.images.definitions[spec.task_definition] == row.image


def test_a_job_whose_image_is_there_does_not_wait() -> None:
    fleet = building_fleet(1)
    fleet.ends("memory:1")
    fleet.settle()
    fleet.queue(2)
    fleet.settle()
    assert "ImageAwaited" not in fleet.types(2)
    assert fleet.row("fleet-2-1").task_arn is not None
    assert fleet.images.calls["register"] == 1


def test_an_image_that_somebody_pushed_already_is_not_built() -> None:
    fleet = BuildingFleet()
    fleet.images.push(DEFAULT)
    fleet.queue(7)
    fleet.settle()
    assert fleet.images.builds == {}
    assert fleet.row("fleet-7-1").task_arn is not None


def test_a_label_names_the_base_and_each_base_has_a_build_of_its_own() -> None:
    fleet = BuildingFleet()
    fleet.queue(1, labels=("image:debian:12",))
    fleet.queue(2, labels=("image:debian:13",))
    fleet.settle()
    asked = {request.tag: request.base for request in fleet.images.requests.values()}
    assert asked == {tag_of("debian:12"): "debian:12", tag_of("debian:13"): "debian:13"}


def test_a_base_that_is_not_allowed_is_refused_and_never_built() -> None:
    fleet = BuildingFleet()
    fleet.queue(7, labels=("image:evil:1",))
    fleet.settle()
    assert fleet.images.requests == {}
    assert "is not allowed; allowed: ubuntu:*, debian:*" in str(
        fleet.row("fleet-7-1").failure_reason
    )


def test_a_failed_build_is_told_to_all_who_wait_with_its_log() -> None:
    """The predecessor never reported one."""
    fleet = building_fleet(7, 8)
    fleet.ends("memory:1", "FAILED", "exit status 1")
    fleet.settle()
    for job_id in (7, 8):
        row = fleet.row(f"fleet-{job_id}-1")
        assert row.status == "FAILED"
        assert row.failure_reason == (
            'image from "ubuntu:24.04" could not be built: the build ended as FAILED: '
            "exit status 1; its log: https://logs.example/memory:1"
        )


def test_the_next_job_has_a_failed_build_tried_again() -> None:
    fleet = building_fleet(7)
    fleet.ends("memory:1", "FAILED")
    fleet.settle()
    fleet.queue(8)
    fleet.settle()
    fleet.ends("memory:2")
    fleet.settle()
    assert fleet.row("fleet-8-1").task_arn is not None
    assert fleet.row("fleet-7-1").status == "FAILED", "a refused job stays refused"


def test_a_build_that_nobody_waits_for_any_more_is_kept_for_the_next_job() -> None:
    fleet = building_fleet(7)
    fleet.completes(7, None, "cancelled")
    fleet.settle()
    assert fleet.row("fleet-7-1").status == "OFFLINE"
    fleet.ends("memory:1")
    fleet.settle()
    assert fleet.tasks.calls["run"] == 0
    fleet.queue(8)
    fleet.settle()
    assert fleet.tasks.calls["run"] == 1
    assert len(fleet.images.builds) == 1


def test_a_changed_recipe_builds_anew() -> None:
    """The predecessor's images were never refreshed."""
    fleet = building_fleet(1)
    fleet.ends("memory:1")
    fleet.settle()
    assert fleet.policy.images is not None
    fleet.policy = replace(fleet.policy, images=replace(fleet.policy.images, revision="2"))
    fleet.queue(2)
    fleet.settle()
    assert fleet.row("fleet-2-1").status == "IMAGE_CREATING"
    assert len(fleet.images.builds) == 2


def test_a_changed_base_definition_reaches_the_next_task_without_a_build() -> None:
    fleet = building_fleet(1)
    fleet.ends("memory:1")
    fleet.settle()
    placement = replace(fleet.policy.placement, task_definition="runner:2")
    fleet.policy = replace(fleet.policy, placement=placement)
    fleet.queue(2)
    fleet.settle()
    assert fleet.images.calls["register"] == 2
    assert len(fleet.images.builds) == 1
    first, second = (fleet.tasks.specs[f"fleet-{n}-1"].task_definition for n in (1, 2))
    assert first != second


def test_a_build_that_says_it_succeeded_and_pushed_nothing_is_no_image() -> None:
    fleet = building_fleet(7)
    fleet.images.end("memory:1")
    del fleet.images.images[DEFAULT]
    fleet.clock.advance(121)
    fleet.driver().drive(f"image-{DEFAULT}")
    fleet.settle()
    assert load_image(fleet.log, DEFAULT).state.phase is Making.FAILED
    assert "the registry has no image of that tag" in str(fleet.row("fleet-7-1").failure_reason)


def test_a_job_that_comes_while_a_build_hangs_does_not_give_it_more_time() -> None:
    """It did: then the first job's patience ended before the build did, and no log was named."""
    fleet = building_fleet(7)
    fleet.clock.advance(900)
    fleet.queue(8)
    fleet.settle()
    fleet.clock.advance(901)
    fleet.driver().drive(f"image-{DEFAULT}")
    fleet.settle()
    assert fleet.images.running() == []
    for job_id in (7, 8):
        reason = str(fleet.row(f"fleet-{job_id}-1").failure_reason)
        assert "it took longer than 1800 s; its log: https://logs.example/memory:1" in reason


def test_without_a_builder_an_image_label_is_refused_with_that_reason() -> None:
    fleet = MemoryFleet()
    fleet.queue(7, labels=("image:ubuntu:24.04",))
    fleet.settle()
    assert "image builds are not configured" in str(fleet.row("fleet-7-1").failure_reason)
