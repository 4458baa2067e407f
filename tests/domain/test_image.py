"""An image's stream: one build for all who wait, and what is told to whom."""

from itertools import permutations

import pytest
from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.actions import (
    CheckBuild,
    FindImage,
    InformWaiters,
    Nothing,
    Record,
    RegisterDefinition,
    Role,
    StartBuild,
)
from shared.domain.image.fold import evolve, fold
from shared.domain.image.rules import CHECK_SECONDS, MOST_INFORMED
from shared.domain.image.state import Image, ImagePhase
from shared.domain.next_action import next_action, pending_work
from shared.domain.policy import Images
from tests.support.stories import POLICY, at, event

TAG = "ubuntu-24.04-0123456789ab"
IMAGE = "registry.example/runner@sha256:0"
BASE = POLICY.placement.task_definition
BUILDS = replace(POLICY, images=Images(default_base="ubuntu:24.04", revision="1"))

INTENDED = e.ImageBuildIntended(tag=TAG, number=1, base="ubuntu:24.04", timeout=600)
STARTED = e.ImageBuildStarted(tag=TAG, number=1, build_id="runner:1", log_url="https://log.example")
SUCCEEDED = e.ImageBuildEnded(build_id="runner:1", status="SUCCEEDED")
FAILED = e.ImageBuildEnded(build_id="runner:1", status="FAILED", reason="exit status 1")
BUILT = e.ImageBuilt(tag=TAG, image=IMAGE)
REGISTERED = e.TaskDefinitionRegistered(tag=TAG, base_definition=BASE, task_definition="made:1")


def _awaited(job_id: int = 7) -> e.ImageAwaited:
    return e.ImageAwaited(
        job_id=job_id, runner_id=f"fleet-{job_id}-1", tag=TAG, base="ubuntu:24.04", timeout=600
    )


def _told(*facts: e.Fact) -> Image:
    return fold(TAG, [event(fact, second) for second, fact in enumerate(facts)])


def test_an_image_that_is_wanted_is_looked_for_before_it_is_built() -> None:
    image = _told(_awaited())
    assert next_action(image, at(), BUILDS) == FindImage(image)
    intended = _told(_awaited(), INTENDED)
    assert next_action(intended, at(), BUILDS) == StartBuild(intended)


def test_all_who_wait_share_one_build() -> None:
    image = _told(_awaited(7), INTENDED, STARTED, _awaited(8), _awaited(9), _awaited(8))
    assert image.phase is ImagePhase.BUILDING
    assert image.waiters == (7, 9, 8)
    assert next_action(image, at(5), BUILDS) == Nothing()


def test_a_build_under_way_is_awaited_and_asked_for_only_when_it_is_late() -> None:
    image = _told(_awaited(), INTENDED, STARTED)
    assert next_action(image, at(CHECK_SECONDS), BUILDS) == Nothing()
    assert next_action(image, at(2 + CHECK_SECONDS), BUILDS) == CheckBuild(image)


def test_a_build_that_succeeded_is_confirmed_registered_and_told() -> None:
    story = [_awaited(), INTENDED, STARTED, SUCCEEDED]
    pushed = _told(*story)
    assert next_action(pushed, at(9), BUILDS) == FindImage(pushed)
    built = _told(*story, BUILT)
    assert next_action(built, at(9), BUILDS) == RegisterDefinition(built, BASE)
    ready = _told(*story, BUILT, REGISTERED)
    assert next_action(ready, at(9), BUILDS) == InformWaiters(ready, (7,))
    done = _told(*story, BUILT, REGISTERED, e.ImageReady(tag=TAG, job_ids=(7,)))
    assert next_action(done, at(9), BUILDS) == Nothing()


def test_a_changed_base_revision_has_a_definition_made_anew() -> None:
    """The predecessor's changed roles or environment never reached the task definition."""
    ready = _told(_awaited(), BUILT, REGISTERED)
    placement = replace(POLICY.placement, task_definition="runner:2")
    changed = replace(BUILDS, placement=placement)
    assert next_action(ready, at(9), changed) == RegisterDefinition(ready, "runner:2")


def test_a_build_that_failed_is_told_with_its_log_and_tried_again_for_the_next_job() -> None:
    failed = _told(_awaited(), INTENDED, STARTED, FAILED)
    assert failed.reason == "the build ended as FAILED: exit status 1"
    assert next_action(failed, at(9), BUILDS) == InformWaiters(failed, (7,))
    told = e.ImageUnavailable(tag=TAG, reason="no", job_ids=(7,))
    again = _told(_awaited(), INTENDED, STARTED, FAILED, told, _awaited(8))
    assert next_action(again, at(9), BUILDS) == FindImage(again)
    assert (again.waiters, again.number) == ((8,), 1)


def test_a_build_that_could_not_begin_has_not_the_log_of_the_one_before() -> None:
    again = replace(INTENDED, number=2)
    refused = e.ImageBuildFailed(tag=TAG, number=2, reason="no such project")
    image = _told(_awaited(), INTENDED, STARTED, FAILED, _awaited(8), again, refused)
    assert (image.phase, image.reason, image.log_url) == (ImagePhase.FAILED, "no such project", "")


def test_an_end_that_is_told_before_the_start_is_not_lost() -> None:
    image = _told(_awaited(), INTENDED, SUCCEEDED, STARTED)
    assert image.phase is ImagePhase.PUSHED


def test_the_end_of_an_earlier_build_is_not_taken_for_that_of_the_next() -> None:
    second = replace(INTENDED, number=2)
    began = replace(STARTED, number=2, build_id="runner:2")
    for story in ([FAILED, began], [began, FAILED]):
        image = _told(_awaited(), INTENDED, STARTED, FAILED, _awaited(8), second, *story)
        assert image.phase is ImagePhase.BUILDING


SECOND: dict[str, tuple[tuple[e.Fact, ...], e.Fact]] = {
    "a start that is recorded twice": ((STARTED,), replace(STARTED, log_url="")),
    "the start of another build": ((), replace(STARTED, number=2)),
    "a delay of another build": (
        (),
        e.ImageBuildPostponed(
            tag=TAG, number=2, attempt=1, reason="no quota", retry_at=at(60), job_ids=(7,)
        ),
    ),
}


@pytest.mark.parametrize(("story", "fact"), SECOND.values(), ids=SECOND)
def test_what_is_not_the_first_start_of_the_intended_build_changes_nothing(
    story: tuple[e.Fact, ...], fact: e.Fact
) -> None:
    image = _told(_awaited(), INTENDED, *story)
    assert evolve(image, event(fact, 9)) == image


@pytest.mark.parametrize("facts", list(permutations([STARTED, SUCCEEDED, SUCCEEDED, _awaited(8)])))
def test_any_order_of_start_and_end_comes_to_the_same(facts: tuple[e.Fact, ...]) -> None:
    image = _told(_awaited(), INTENDED, *facts)
    assert image.phase is ImagePhase.PUSHED
    assert image.waiters == (7, 8)


def test_many_jobs_are_told_in_parts_that_fit_into_a_transaction() -> None:
    image = _told(*(_awaited(number) for number in range(50)), BUILT, REGISTERED)
    action = next_action(image, at(60), BUILDS)
    assert action == InformWaiters(image, tuple(range(MOST_INFORMED)))


def test_builds_that_are_not_configured_any_more_fail_with_that_reason() -> None:
    action = next_action(_told(_awaited()), at(), POLICY)
    assert isinstance(action, Record)
    assert action.fact == e.ImageBuildFailed(
        tag=TAG, number=0, reason="image builds are not configured any more"
    )


def test_the_scheduler_builds_and_the_reconciler_tells() -> None:
    assert _who(_told(_awaited())) == [Role.SCHEDULER]
    assert _who(_told(_awaited(), BUILT, REGISTERED)) == [Role.RECONCILER]


def _who(image: Image) -> list[Role]:
    return [role for role, _ in pending_work(image, at(), BUILDS)]
