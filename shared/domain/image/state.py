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


class Image(Struct, frozen=True, kw_only=True):
    """All that one image's stream says.

    Attributes:
        base: What it is made from; another base has another tag.
        repository: Of the job that asked first for the present build.
        timeout: Seconds that the build may take; who comes while it goes on does not change that.
        number: Of the last build; each one that fails is followed by another only when wanted.
        definitions: Pairs of a base revision and the task definition made from it.
        waiters: Ids of the jobs that have to be told, in the order in which they came.
        intended_at: When it was decided to build it.
        postponed: How often the builder would not start the present build yet.
        retry_at: When its start is tried again.
        unknown_ends: Ends of builds that were told before the start was.
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
