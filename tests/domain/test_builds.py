"""How many image builds jobs may cause in a day."""

from datetime import date

import pytest

from shared.domain import events as e
from shared.domain import history
from shared.domain.image import builds
from shared.domain.image.builds import Builds
from shared.domain.policy import Images
from shared.domain.stream import NoSuchStream, StreamId
from tests.support.stories import event

DAY = date(2026, 11, 27)
IMAGES = Images(
    default_base="ubuntu:24.04", revision="1", builds_a_day=3, repository_builds_a_day=2
)


def _builds(*repositories: str) -> Builds:
    seen = Builds(day=DAY)
    for number, repository in enumerate(repositories, start=1):
        intended = e.ImageBuildIntended(
            tag=f"t-{number}", number=1, base="b", timeout=60, repository=repository
        )
        seen = builds.evolve(seen, event(intended, number))
    return seen


def test_a_repository_may_cause_so_many_and_another_one_too() -> None:
    seen = _builds("octo/one", "octo/one")
    assert seen.refusal("octo/one", IMAGES) == (
        "jobs of octo/one have caused 2 image builds on 2026-11-27 (UTC), as many as "
        "max_repository_image_builds_per_day allows"
    )
    assert seen.refusal("octo/two", IMAGES) is None


def test_the_fleet_may_have_so_many() -> None:
    assert _builds("octo/1", "octo/2", "octo/3").refusal("octo/4", IMAGES) == (
        "there were 3 image builds on 2026-11-27 (UTC), as many as max_image_builds_per_day allows"
    )


def test_other_facts_do_not_count() -> None:
    failed = e.ImageBuildFailed(tag="t", number=1, reason="no")
    assert builds.evolve(Builds(day=DAY), event(failed, 1)) == Builds(day=DAY)


def test_a_day_has_one_stream() -> None:
    assert history.read("builds-2026-11-27", ()).state == Builds(day=DAY)


@pytest.mark.parametrize(
    "wrong", ["builds-2026-02-30", "builds-20261127", "builds-", "builds-2026-11-27 "]
)
def test_what_is_no_day_has_no_stream(wrong: str) -> None:
    with pytest.raises(NoSuchStream, match="image-<tag> and builds-<YYYY-MM-DD>"):
        StreamId(wrong)
