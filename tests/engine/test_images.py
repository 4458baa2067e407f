"""Images at work: one build for all who wait, launches by digest, failures that are told."""

from dataclasses import replace as replace_fields
from datetime import datetime, timedelta
from itertools import pairwise

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.actions import Role
from shared.domain.image.rules import MOST_INFORMED
from shared.domain.image.state import ImagePhase
from shared.domain.job.state import JobPhase
from shared.domain.stream import StreamId
from shared.engine.transact import load
from shared.ports import Build, NotNow, Refused, Unavailable
from tests.simulated.aws.definitions import BASE
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.images import BuildingFleet, build_id, building_fleet, tag_of

DEFAULT = tag_of("ubuntu:24.04")
IMAGE = StreamId.of_image(DEFAULT)


def test_many_jobs_that_want_one_missing_image_cause_one_build() -> None:
    """The predecessor started as many builds as there were jobs."""
    fleet = building_fleet(*range(1, 31))
    assert len(fleet.codebuild.builds) == 1
    assert set(fleet.statuses().values()) == {"IMAGE_CREATING"}
    assert fleet.requests.count("ecs.run_task") == 0
    (build,) = fleet.codebuild.running()
    fleet.ends(build["id"])
    fleet.settle()
    assert fleet.requests.count("ecs.run_task") == 30
    assert len(fleet.codebuild.builds) == 1


def test_tasks_run_by_digest_from_a_definition_made_for_the_image() -> None:
    fleet = building_fleet(7)
    fleet.ends(build_id(1))
    fleet.settle()
    row = fleet.row("fleet-7-1")
    assert row.image == fleet.image(DEFAULT)
    assert row.image_tag == DEFAULT
    spec = fleet.launches()["fleet-7-1"]
    assert fleet.ecs.image(spec["taskDefinition"]) == row.image


def test_a_job_whose_image_is_there_does_not_wait() -> None:
    fleet = building_fleet(1)
    fleet.ends(build_id(1))
    fleet.settle()
    fleet.queue(2)
    fleet.settle()
    assert "ImageAwaited" not in fleet.types(2)
    assert fleet.row("fleet-2-1").task_arn is not None
    assert fleet.requests.count("ecs.register_task_definition") == 1


def test_an_image_that_somebody_pushed_already_is_not_built() -> None:
    fleet = BuildingFleet()
    fleet.push(DEFAULT)
    fleet.queue(7)
    fleet.settle()
    assert fleet.codebuild.builds == {}
    assert fleet.row("fleet-7-1").task_arn is not None


def test_a_label_names_the_base_and_each_base_has_a_build_of_its_own() -> None:
    fleet = BuildingFleet()
    fleet.queue(1, labels=("image:debian:12",))
    fleet.queue(2, labels=("image:debian:13",))
    fleet.settle()
    assert fleet.bases() == {tag_of("debian:12"): "debian:12", tag_of("debian:13"): "debian:13"}


def test_a_base_that_is_not_allowed_is_refused_and_never_built() -> None:
    fleet = BuildingFleet()
    fleet.queue(7, labels=("image:evil:1",))
    fleet.settle()
    assert fleet.bases() == {}
    assert "is not allowed; allowed: ubuntu:*, debian:*" in str(
        fleet.row("fleet-7-1").failure_reason
    )


def test_a_failed_build_is_told_to_all_who_wait_with_its_log() -> None:
    """The predecessor never reported one."""
    fleet = building_fleet(7, 8)
    fleet.ends(build_id(1), "exit status 1")
    fleet.settle()
    for job_id in (7, 8):
        row = fleet.row(f"fleet-{job_id}-1")
        assert row.status == "FAILED"
        assert row.failure_reason == (
            'image from "ubuntu:24.04" could not be built: the build ended as FAILED: '
            f"BUILD: exit status 1; its log: {fleet.build(build_id(1)).log_url}"
        )


def test_the_next_job_has_a_failed_build_tried_again() -> None:
    fleet = building_fleet(7)
    fleet.ends(build_id(1), "exit status 1")
    fleet.settle()
    fleet.queue(8)
    fleet.settle()
    fleet.ends(build_id(2))
    fleet.settle()
    assert fleet.row("fleet-8-1").task_arn is not None
    assert fleet.row("fleet-7-1").status == "FAILED", "a refused job stays refused"


def test_a_build_that_nobody_waits_for_any_more_is_kept_for_the_next_job() -> None:
    fleet = building_fleet(7)
    fleet.completes(7, None, "cancelled")
    fleet.settle()
    assert fleet.row("fleet-7-1").status == "OFFLINE"
    fleet.ends(build_id(1))
    fleet.settle()
    assert fleet.requests.count("ecs.run_task") == 0
    fleet.queue(8)
    fleet.settle()
    assert fleet.requests.count("ecs.run_task") == 1
    assert len(fleet.codebuild.builds) == 1


def test_a_changed_recipe_builds_anew() -> None:
    """The predecessor's images were never refreshed."""
    fleet = building_fleet(1)
    fleet.ends(build_id(1))
    fleet.settle()
    assert fleet.policy.images is not None
    fleet.policy = replace(fleet.policy, images=replace(fleet.policy.images, revision="2"))
    fleet.queue(2)
    fleet.settle()
    assert fleet.row("fleet-2-1").status == "IMAGE_CREATING"
    assert len(fleet.codebuild.builds) == 2


def test_a_changed_base_definition_reaches_the_next_task_without_a_build() -> None:
    fleet = building_fleet(1)
    fleet.ends(build_id(1))
    fleet.settle()
    fleet.ecs.register_task_definition(**BASE)
    placement = replace(fleet.policy.placement, task_definition="runner:2")
    fleet.policy = replace(fleet.policy, placement=placement)
    fleet.queue(2)
    fleet.settle()
    assert fleet.requests.count("ecs.register_task_definition") == 2
    assert len(fleet.codebuild.builds) == 1
    first, second = (fleet.launches()[f"fleet-{n}-1"]["taskDefinition"] for n in (1, 2))
    assert first != second


def test_a_build_that_says_it_succeeded_and_pushed_nothing_is_no_image() -> None:
    fleet = building_fleet(7)
    fleet.codebuild.finish(build_id(1))
    del fleet.ecr.digests[DEFAULT]
    fleet.clock.advance(121)
    fleet.driver().drive(f"image-{DEFAULT}")
    fleet.settle()
    assert load(fleet.log, f"image-{DEFAULT}").state.phase is ImagePhase.FAILED
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
    assert fleet.codebuild.running() == []
    for job_id in (7, 8):
        reason = str(fleet.row(f"fleet-{job_id}-1").failure_reason)
        assert f"it took longer than 1800 s; its log: {fleet.build(build_id(1)).log_url}" in reason


def test_without_a_builder_an_image_label_is_refused_with_that_reason() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7, labels=("image:ubuntu:24.04",))
    fleet.settle()
    assert "image builds are not configured" in str(fleet.row("fleet-7-1").failure_reason)


# --- builds that can not start yet ---------------------------------------------------------------

NO_BUILDS = "CodeBuild: AccountLimitExceededException: Cannot have more than 0 builds in queue"


class NoQuota:
    """CodeBuild starts no build until it is `granted` a quota."""

    def __init__(self, fleet: BuildingFleet) -> None:
        self._build = fleet.images.build
        self.granted = False
        self.asked_at: list[datetime] = []
        self._clock = fleet.clock
        fleet.images.build = self.build

    def build(self, *args: str) -> Build:
        self.asked_at.append(self._clock.now())
        if not self.granted:
            raise NotNow(NO_BUILDS)
        return self._build(*args)


def _without_quota(*job_ids: int) -> tuple[BuildingFleet, NoQuota]:
    """A fleet whose jobs wait for an image whose build was tried once."""
    fleet = BuildingFleet()
    quota = NoQuota(fleet)
    fleet.queue(*job_ids)
    for stream in (*(f"job-{job_id}" for job_id in job_ids), IMAGE):
        fleet.driver(Role.SCHEDULER).drive(stream)
    return fleet, quota


def _postponed(fleet: BuildingFleet, stream: str) -> list[e.ImageBuildPostponed]:
    facts = [one.event.fact for one in fleet.log.read(stream)]
    return [fact for fact in facts if isinstance(fact, e.ImageBuildPostponed)]


def test_a_build_that_can_not_start_yet_is_told_in_the_images_stream_and_in_all_that_wait() -> None:
    fleet, _ = _without_quota(7, 8)
    (fact,) = _postponed(fleet, IMAGE)
    assert (fact.tag, fact.number, fact.attempt, fact.reason) == (DEFAULT, 1, 1, NO_BUILDS)
    assert fact.job_ids == (7, 8)
    assert fact.retry_at > fleet.clock.now()
    for job_id in (7, 8):
        assert _postponed(fleet, f"job-{job_id}") == [fact]
        row = fleet.row(f"fleet-{job_id}-1")
        assert (row.status, row.failure_reason) == ("IMAGE_CREATING", NO_BUILDS)


def test_all_who_wait_hear_of_it_however_many_there_are() -> None:
    jobs = range(1, MOST_INFORMED + 6)
    fleet, _ = _without_quota(*jobs)
    fleet.clock.advance(900)
    fleet.driver(Role.SCHEDULER).drive(IMAGE)
    untold = [job_id for job_id in jobs if not _postponed(fleet, f"job-{job_id}")]
    assert untold == []


def test_a_build_that_can_not_start_yet_is_tried_again_after_a_backoff_that_grows() -> None:
    fleet, quota = _without_quota(7)
    scheduler = fleet.driver(Role.SCHEDULER)
    for _ in range(12):
        retry_at = _postponed(fleet, IMAGE)[-1].retry_at
        assert scheduler.drive(IMAGE).retry_at == retry_at
        fleet.clock.advance((retry_at - fleet.clock.now()).total_seconds())
        scheduler.drive(IMAGE)
    waits = [(b - a).total_seconds() for a, b in pairwise(quota.asked_at)]
    assert len(quota.asked_at) == 13, "once each time"
    for attempt, wait in enumerate(waits):
        longest = min(900.0, 2.0 * 2**attempt)
        assert longest / 2 <= wait <= longest
    assert [fact.attempt for fact in _postponed(fleet, IMAGE)] == list(range(1, 14))
    assert "ImageBuildFailed" not in [one.event.type for one in fleet.log.read(IMAGE)]


def test_the_build_starts_once_there_is_a_quota_and_the_job_is_launched() -> None:
    fleet, quota = _without_quota(7)
    quota.granted = True
    fleet.settle()
    (build,) = fleet.codebuild.running()
    assert [one.event.type for one in fleet.log.read(IMAGE)][-2:] == [
        "ImageBuildPostponed",
        "ImageBuildStarted",
    ]
    fleet.ends(build["id"])
    fleet.settle()
    row = fleet.row("fleet-7-1")
    assert row.task_arn is not None
    assert row.failure_reason is None, "what is over is no reason any more"


def test_a_job_that_waited_too_long_is_refused_with_the_reason() -> None:
    fleet, _ = _without_quota(7)
    assert fleet.row("fleet-7-1").deadline == fleet.clock.now() + timedelta(seconds=3600)
    fleet.clock.advance(3600)
    fleet.driver().drive("job-7")
    reason = f"image {DEFAULT} was not ready within 3600 s: {NO_BUILDS}"
    assert fleet.row("fleet-7-1").failure_reason == reason
    assert fleet.history(7).state.job.phase is JobPhase.REFUSED


def test_a_build_that_could_not_start_for_as_long_as_jobs_wait_has_failed() -> None:
    fleet, quota = _without_quota(7)
    fleet.completes(7, None, "cancelled")
    fleet.clock.advance(3601)
    driven = fleet.driver(Role.SCHEDULER).drive(IMAGE)
    assert driven.retry_at is None
    assert len(quota.asked_at) == 1, "nobody waits for it any more"
    failed = fleet.log.read(IMAGE)[-1].event.fact
    assert isinstance(failed, e.ImageBuildFailed)
    assert failed.reason == f"the build could not start within 3600 s: {NO_BUILDS}"


def test_the_next_build_of_an_image_begins_its_own_count_of_tries() -> None:
    fleet, quota = _without_quota(7)
    quota.granted = True
    fleet.settle()
    fleet.ends(build_id(1), "exit status 1")
    fleet.settle()
    quota.granted = False
    fleet.queue(8)
    for stream in ("job-8", IMAGE):
        fleet.driver(Role.SCHEDULER).drive(stream)
    last = _postponed(fleet, IMAGE)[-1]
    assert (last.number, last.attempt, last.job_ids) == (2, 1, (8,))


def test_a_builder_that_is_out_of_reach_is_asked_again_with_the_same_token() -> None:
    """The build may have been started: only another answer says which it was."""
    fleet = BuildingFleet()
    build, tokens = fleet.images.build, []

    def no_answer_once(tag: str, base: str, token: str) -> Build:
        tokens.append(token)
        begun = build(tag, base, token)
        if len(tokens) == 1:
            raise Unavailable("CodeBuild: read timeout")
        return begun

    fleet.images.build = no_answer_once
    fleet.queue(7)
    fleet.settle()
    assert tokens == [f"{DEFAULT}-1"] * 2
    assert len(fleet.codebuild.builds) == 1
    assert _postponed(fleet, IMAGE) == []


def test_a_build_that_the_builder_refuses_has_failed_in_its_words() -> None:
    fleet = BuildingFleet()

    def refused(*_: str) -> Build:
        raise Refused("CodeBuild: no such project")

    fleet.images.build = refused
    fleet.queue(7)
    fleet.settle()
    failed = fleet.log.read(IMAGE)[-2].event.fact
    assert failed == e.ImageBuildFailed(tag=DEFAULT, number=1, reason="CodeBuild: no such project")
    assert "CodeBuild: no such project" in str(fleet.row("fleet-7-1").failure_reason)


def test_a_build_that_the_builder_does_not_know_has_ended() -> None:
    fleet = building_fleet(7)
    fleet.codebuild.builds.clear()
    fleet.clock.advance(121)
    fleet.driver().drive(IMAGE)
    fleet.settle()
    reason = str(fleet.row("fleet-7-1").failure_reason)
    assert "the build ended as UNKNOWN: the builder does not know the build" in reason


def _switched_off(fleet: BuildingFleet) -> None:
    """Image builds are not configured any more; the Janitor drives the image's stream."""
    fleet.deps = replace_fields(fleet.deps, images=None)
    fleet.policy = replace(fleet.policy, images=None)
    fleet.clock.advance(121)
    fleet.driver().drive(IMAGE)
    fleet.settle()


def test_a_build_under_way_is_given_up_when_builds_are_switched_off() -> None:
    fleet = building_fleet(7, 8)
    _switched_off(fleet)
    for job_id in (7, 8):
        reason = str(fleet.row(f"fleet-{job_id}-1").failure_reason)
        assert "could not be built: image builds are not configured any more" in reason


def test_a_built_image_without_its_definition_is_given_up_when_builds_are_switched_off() -> None:
    fleet = building_fleet(7)
    fleet.ends(build_id(1))
    fleet.driver(Role.RECONCILER).drive(IMAGE)
    image = load(fleet.log, IMAGE).state
    assert (image.phase, image.definitions) == (ImagePhase.BUILT, ())
    _switched_off(fleet)
    reason = str(fleet.row("fleet-7-1").failure_reason)
    assert "can't be used: image builds are not configured any more" in reason


def _limited(**limits: int) -> BuildingFleet:
    fleet = BuildingFleet()
    assert fleet.policy.images is not None
    fleet.policy = replace(fleet.policy, images=replace(fleet.policy.images, **limits))
    return fleet


def _ask(fleet: BuildingFleet, job_id: int, base: str, repository: str = "octo/repo") -> None:
    fleet.tell(job_id, stories.queued(f"image:{base}", repository=repository))
    fleet.settle()


def test_a_repository_causes_so_many_builds_a_day_and_its_next_job_is_refused_with_that() -> None:
    """25 invented tags made 25 builds."""
    fleet = _limited(repository_builds_a_day=3)
    for number in range(1, 26):
        _ask(fleet, number, f"ubuntu:invented-{number}")
    _ask(fleet, 26, "ubuntu:other", repository="octo/other")
    assert len(fleet.codebuild.builds) == 4
    reason = str(fleet.row("fleet-4-1").failure_reason)
    assert reason.startswith('image from "ubuntu:invented-4" could not be built: ')
    assert "as many as max_repository_image_builds_per_day allows" in reason
    assert fleet.statuses()["fleet-26-1"] == "IMAGE_CREATING"


def test_the_limit_of_a_day_is_of_that_day_alone() -> None:
    fleet = _limited(builds_a_day=1)
    _ask(fleet, 1, "ubuntu:1")
    _ask(fleet, 2, "ubuntu:2", repository="octo/other")
    assert "max_image_builds_per_day allows" in str(fleet.row("fleet-2-1").failure_reason)
    fleet.clock.advance(86_400)
    _ask(fleet, 3, "ubuntu:2", repository="octo/other")
    assert len(fleet.codebuild.builds) == 2


def test_a_build_that_failed_counts_and_the_default_image_does_not() -> None:
    fleet = _limited(builds_a_day=1)
    _ask(fleet, 1, "ubuntu:1")
    fleet.ends(build_id(1), "exit status 1")
    fleet.settle()
    _ask(fleet, 2, "ubuntu:1")
    assert fleet.statuses()["fleet-2-1"] == "FAILED"
    fleet.queue(3)
    fleet.settle()
    fleet.ends(build_id(2), "exit status 1")
    fleet.settle()
    fleet.queue(4)
    fleet.settle()
    assert len(fleet.codebuild.builds) == 3
    assert fleet.statuses()["fleet-4-1"] == "IMAGE_CREATING"


def test_an_image_that_is_there_is_used_whatever_the_limit() -> None:
    fleet = _limited(builds_a_day=1)
    _ask(fleet, 1, "ubuntu:1")
    fleet.push(tag_of("ubuntu:2"))
    _ask(fleet, 2, "ubuntu:2")
    assert fleet.launches()["fleet-2-1"]


def test_two_builds_at_once_are_not_both_the_last_one_that_is_allowed() -> None:
    fleet = _limited(builds_a_day=1)
    for number in (1, 2):
        fleet.queue(number, labels=(f"image:ubuntu:{number}",))
        fleet.driver(Role.SCHEDULER).drive(f"job-{number}")
    driver, find = fleet.driver(), fleet.images.find
    first, second = (StreamId.of_image(tag_of(f"ubuntu:{number}")) for number in (1, 2))

    def meanwhile(tag: str) -> str | None:
        fleet.images.find = find
        driver.drive(second)
        return find(tag)

    fleet.images.find = meanwhile
    driver.drive(first)
    fleet.settle()
    assert len(fleet.codebuild.builds) == 1
    assert sorted(fleet.statuses().values()) == ["FAILED", "IMAGE_CREATING"]


def test_builds_beyond_the_limit_at_once_wait_and_say_so() -> None:
    fleet = BuildingFleet()
    fleet.codebuild.most = 1
    for number in (1, 2):
        fleet.queue(number, labels=(f"image:ubuntu:{number}",))
        for stream in (f"job-{number}", StreamId.of_image(tag_of(f"ubuntu:{number}"))):
            fleet.driver(Role.SCHEDULER).drive(stream)
    assert len(fleet.codebuild.builds) == 1
    row = fleet.row("fleet-2-1")
    assert row.status == "IMAGE_CREATING"
    assert "or max_image_builds_at_once" in str(row.failure_reason)
    fleet.ends(build_id(1))
    fleet.settle()
    assert len(fleet.codebuild.builds) == 2


def test_a_job_whose_image_has_the_tag_of_another_base_is_refused() -> None:
    """No two bases have one tag but by chance, one in 2^128."""
    fleet = BuildingFleet()
    tag = tag_of("debian:12")
    stolen = e.ImageAwaited(
        job_id=99, runner_id="fleet-99-1", tag=tag, base="debian:evil", timeout=60
    )
    fleet.tell_stream(StreamId.of_image(tag), stolen)
    _ask(fleet, 7, "debian:12")
    reason = str(fleet.row("fleet-7-1").failure_reason)
    assert reason == f'label "image:debian:12" has the tag of "debian:evil": {tag}'
    assert "fleet-7-1" not in fleet.launches()
