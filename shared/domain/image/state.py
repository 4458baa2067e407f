"""The fold of an image's stream: who waits for the image, and how far its build has come."""

from datetime import datetime
from enum import Enum

from msgspec import Struct

from shared.domain import events as e

SUCCEEDED = "SUCCEEDED"
"""Source: AWS CodeBuild API Reference, Build, buildStatus."""


class ImagePhase(Enum):
    """Where an image is."""

    UNKNOWN = "unknown"
    WANTED = "wanted"
    INTENDED = "intended"
    BUILDING = "building"
    PUSHED = "pushed"
    BUILT = "built"
    FAILED = "failed"
    EXPIRED = "expired"
    """It is about to be deleted from the registry."""


class ImageSignal(Enum):
    """What an event means to an image."""

    AWAITED = "awaited"
    INTENDED = "intended"
    POSTPONED = "postponed"
    STARTED = "started"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """The build ended, and not well."""
    ABANDONED = "abandoned"
    """There will be no build, or no image of it."""
    FOUND = "found"
    """The registry has the image."""
    EXPIRED = "expired"
    DELETED = "deleted"
    DELETED_WANTED = "deleted, but wanted"
    """It was deleted while jobs waited for it."""


IMAGE_TRANSITIONS: dict[ImagePhase, dict[ImageSignal, ImagePhase]] = {
    ImagePhase.UNKNOWN: {
        ImageSignal.AWAITED: ImagePhase.WANTED,
        ImageSignal.ABANDONED: ImagePhase.FAILED,
        ImageSignal.FOUND: ImagePhase.BUILT,
        ImageSignal.EXPIRED: ImagePhase.EXPIRED,
    },
    ImagePhase.WANTED: {
        ImageSignal.AWAITED: ImagePhase.WANTED,
        ImageSignal.INTENDED: ImagePhase.INTENDED,
        ImageSignal.ABANDONED: ImagePhase.FAILED,
        ImageSignal.FOUND: ImagePhase.BUILT,
    },
    ImagePhase.INTENDED: {
        ImageSignal.AWAITED: ImagePhase.INTENDED,
        ImageSignal.POSTPONED: ImagePhase.INTENDED,
        ImageSignal.STARTED: ImagePhase.BUILDING,
        ImageSignal.ABANDONED: ImagePhase.FAILED,
        ImageSignal.FOUND: ImagePhase.BUILT,
    },
    ImagePhase.BUILDING: {
        ImageSignal.AWAITED: ImagePhase.BUILDING,
        ImageSignal.SUCCEEDED: ImagePhase.PUSHED,
        ImageSignal.FAILED: ImagePhase.FAILED,
        ImageSignal.ABANDONED: ImagePhase.FAILED,
        ImageSignal.FOUND: ImagePhase.BUILT,
    },
    ImagePhase.PUSHED: {
        ImageSignal.AWAITED: ImagePhase.PUSHED,
        ImageSignal.ABANDONED: ImagePhase.FAILED,
        ImageSignal.FOUND: ImagePhase.BUILT,
    },
    ImagePhase.BUILT: {
        ImageSignal.AWAITED: ImagePhase.BUILT,
        ImageSignal.FOUND: ImagePhase.BUILT,
        ImageSignal.EXPIRED: ImagePhase.EXPIRED,
    },
    ImagePhase.FAILED: {
        ImageSignal.AWAITED: ImagePhase.WANTED,
        ImageSignal.ABANDONED: ImagePhase.FAILED,
        ImageSignal.FOUND: ImagePhase.BUILT,
        ImageSignal.EXPIRED: ImagePhase.EXPIRED,
    },
    ImagePhase.EXPIRED: {
        ImageSignal.AWAITED: ImagePhase.EXPIRED,
        ImageSignal.ABANDONED: ImagePhase.FAILED,
        ImageSignal.FOUND: ImagePhase.BUILT,
        ImageSignal.DELETED: ImagePhase.UNKNOWN,
        ImageSignal.DELETED_WANTED: ImagePhase.WANTED,
    },
}


class Image(Struct, frozen=True, kw_only=True):
    """All that one image's stream says.

    Attributes:
        base: What it is made from; another base has another tag.
        repository: Of the job that asked first for the present build.
        timeout: Seconds that the build may take; who comes while it goes on does not change that.
        number: Of the last build; each one that fails is followed by another only when wanted.
        definitions: Pairs of a base revision and the task definition made from it.
        waiters: Ids of the jobs that wait for it, in the order in which they came.
        intended_at: When it was decided to build it.
        postponed: How often the builder would not start the present build yet.
        retry_at: When its start is tried again.
        unknown_ends: Ends of builds that were recorded before the start was.
    """

    tag: str
    phase: ImagePhase = ImagePhase.UNKNOWN
    base: str = ""
    repository: str = ""
    timeout: int = 0
    number: int = 0
    build_id: str = ""
    intended_at: datetime | None = None
    postponed: int = 0
    retry_at: datetime | None = None
    started_at: datetime | None = None
    log_url: str = ""
    image: str = ""
    definitions: tuple[tuple[str, str], ...] = ()
    waiters: tuple[int, ...] = ()
    unknown_ends: tuple[e.ImageBuildEnded, ...] = ()
    reason: str = ""

    def definition(self, base_definition: str) -> str | None:
        """The task definition made from that revision of the base, if there is one."""
        return dict(self.definitions).get(base_definition)
