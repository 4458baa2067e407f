"""The state of an image: its phase, its build and the jobs that wait for it."""

from datetime import datetime

from msgspec import Struct

from shared.domain import events as e
from shared.domain.machine import Symbol

SUCCEEDED = "SUCCEEDED"
"""Source: AWS CodeBuild API Reference, Build, buildStatus."""


class ImagePhase(Symbol):
    """The phase of an image."""

    UNKNOWN = "unknown"
    WANTED = "wanted"
    INTENDED = "intended"
    BUILDING = "building"
    PUSHED = "pushed"
    BUILT = "built"
    FAILED = "failed"
    EXPIRED = "expired"
    """The image is unused, and its deletion is intended."""


class ImageSignal(Symbol):
    """The signals of the image's state machine."""

    AWAITED = "awaited"
    INTENDED = "intended"
    POSTPONED = "postponed"
    STARTED = "started"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """The build ended without success."""
    ABANDONED = "abandoned"
    """The build was not started, or it left no image."""
    FOUND = "found"
    """The registry has the image."""
    EXPIRED = "expired"
    DELETED = "deleted"
    DELETED_WANTED = "deleted, but wanted"
    """The image was deleted while jobs waited for it."""


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
    """The fold of an image's stream.

    Attributes:
        base: The base image. Another base has another tag.
        repository: The repository of the job that first requested the present build.
        timeout: Limit of the present build in seconds. Later jobs do not change it.
        number: The number of the last build. After a failure the next job starts another.
        definitions: Pairs of a base revision and the task definition made from it.
        waiters: Ids of the jobs that wait for the image, in order of arrival.
        intended_at: When the build was intended.
        postponed: How often the builder did not accept the present build.
        retry_at: When its start is tried again.
        unknown_ends: Ends of builds that were recorded before their start.
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
