"""Stories of runner images: built, refused, postponed, expired."""

from functions.janitor.images import EXPIRY, unused_images
from shared.domain.actions import Role
from shared.ports import NotNow
from tests.histories.story import Story, with_policy
from tests.support.images import BuildingFleet, build_id, tag_of
from tests.support.janitor import janitor

_DEFAULT = tag_of("ubuntu:24.04")
_DAY = 86_400
_NO_BUILDS = "CodeBuild: AccountLimitExceededException: Cannot have more than 0 builds in queue"


def _wanted(fleet: BuildingFleet, *job_ids: int) -> None:
    """Queue these jobs, which wait for the default image."""
    fleet.queue(*job_ids)
    fleet.settle()


def image_built(fleet: BuildingFleet) -> None:
    """Two jobs wait for one build; a third one comes when the image is there."""
    _wanted(fleet, 1, 2)
    fleet.ends(build_id(1))
    fleet.settle()
    _wanted(fleet, 3)


def image_pushed_by_somebody(fleet: BuildingFleet) -> None:
    """The registry has the image already."""
    fleet.push(_DEFAULT)
    _wanted(fleet, 7)


def image_build_failed(fleet: BuildingFleet) -> None:
    """A build fails, and its job with it; the next job has it built again."""
    _wanted(fleet, 7)
    fleet.ends(build_id(1), "exit status 1")
    fleet.settle()
    _wanted(fleet, 8)
    fleet.ends(build_id(2))
    fleet.settle()


def image_build_postponed(fleet: BuildingFleet) -> None:
    """CodeBuild has no quota for the build at first."""
    build, left = fleet.images.build, [NotNow(_NO_BUILDS), NotNow(_NO_BUILDS)]

    def without_quota(*args: str) -> object:
        if left:
            raise left.pop(0)
        return build(*args)

    fleet.images.build = without_quota
    _wanted(fleet, 7)
    fleet.ends(build_id(1))
    fleet.settle()


def image_build_not_started(fleet: BuildingFleet) -> None:
    """CodeBuild never has a quota for the build: the job is refused in the end."""

    def without_quota(*_: str) -> object:
        raise NotNow(_NO_BUILDS)

    fleet.images.build = without_quota
    fleet.queue(7)
    for stream in ("job-7", f"image-{_DEFAULT}"):
        fleet.driver(Role.SCHEDULER).drive(stream)
    fleet.clock.advance(3601)
    for stream in ("job-7", f"image-{_DEFAULT}"):
        fleet.driver().drive(stream)


def image_build_hangs(fleet: BuildingFleet) -> None:
    """A build takes too long and is stopped."""
    _wanted(fleet, 7)
    fleet.clock.advance(1801)
    fleet.driver().drive(f"image-{_DEFAULT}")
    fleet.settle()


def image_expired(fleet: BuildingFleet) -> None:
    """A job's own image is deleted after a month without a pull; the next job needs it again."""
    fleet.queue(7, labels=("image:debian:12",))
    fleet.settle()
    fleet.ends(build_id(1))
    fleet.settle()
    fleet.pulls("fleet-7-1")
    fleet.serves(7)
    hour = fleet.clock.now().replace(hour=EXPIRY + 6)
    fleet.clock.advance((hour - fleet.clock.now()).total_seconds() + 31 * _DAY)
    unused_images(janitor(fleet))
    fleet.settle()
    fleet.queue(8, labels=("image:debian:12",))
    fleet.settle()


def image_limit_of_a_day(fleet: BuildingFleet) -> None:
    """Labels of two jobs name an image each, of which one may be built on that day."""
    for job_id in (1, 2):
        fleet.queue(job_id, labels=(f"image:ubuntu:{job_id}",))
        fleet.settle()


STORIES: list[Story] = [
    *with_policy(
        "images",
        (
            image_built,
            image_pushed_by_somebody,
            image_build_postponed,
            image_build_not_started,
            image_build_hangs,
            image_expired,
            image_build_failed,
        ),
    ),
    *with_policy("one build a day", (image_limit_of_a_day,)),
]
