"""A fleet that builds its images, and what CodeBuild says to it."""

from dataclasses import replace as replace_fields

from msgspec.structs import replace

from local.memory.images import MemoryImages
from shared.domain import events as e
from shared.domain.images import image_tag
from shared.domain.names import image_stream
from shared.domain.policy import Images
from shared.ports import Build
from tests.support import stories
from tests.support.fleet import MemoryFleet

IMAGES = Images(default_base="ubuntu:24.04", allowed=("ubuntu:*", "debian:*"), revision="1")


class BuildingFleet(MemoryFleet):
    """`images` is its registry and its builder."""

    def __init__(self, **policy: object) -> None:
        super().__init__(replace(stories.POLICY, images=IMAGES, **policy))
        self.images = MemoryImages()
        self.world = replace_fields(self.world, images=self.images)

    def ends(self, build_id: str, status: str = "SUCCEEDED", reason: str = "") -> Build:
        """CodeBuild: the build is over, and its event says so."""
        build = self.images.end(build_id, status, reason)
        tag = self.images.requests[build_id].tag
        fact = e.ImageBuildEnded(
            build_id=build_id, status=build.status, reason=build.reason, log_url=build.log_url
        )
        self.tell_stream(image_stream(tag), fact)
        return build


def building_fleet(*job_ids: int, **policy: object) -> BuildingFleet:
    """A fleet whose jobs wait for the default image, which is being built."""
    fleet = BuildingFleet(**policy)
    fleet.queue(*job_ids)
    fleet.settle()
    return fleet


def tag_of(base: str) -> str:
    """The tag of the image made from that base."""
    return image_tag(base, IMAGES)
