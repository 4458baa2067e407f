"""Runner images: the registry that keeps them, the builder that makes them, what runs from them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from msgspec import Struct


class Build(Struct, frozen=True, kw_only=True):
    """One build as the builder sees it. `status` is CodeBuild's, such as `IN_PROGRESS`.

    `build_id` is the one under which the event of its end is recorded. `log_url` may be empty
    until there is a log, `reason` says why a build failed.
    """

    build_id: str
    status: str
    log_url: str = ""
    reason: str = ""


class Images(Protocol):
    """Images by tag. A tag is immutable: what was pushed under it stays."""

    def find(self, tag: str) -> str | None:
        """The image of that tag as `<repository>@<digest>`, or None if nobody pushed it yet.

        Raises:
            Refused, Unavailable.
        """
        ...

    def build(self, tag: str, base: str, token: str) -> Build:
        """Start to build the image from `base` and to push it as `tag`, or find that it is begun.

        Args:
            token: The same for each try of one build.

        Raises:
            Refused, Unavailable.
        """
        ...

    def check(self, build_id: str) -> Build | None:
        """The build as it is now, or None if the builder does not know it.

        Raises:
            Refused, Unavailable.
        """
        ...

    def stop(self, build_id: str) -> None:
        """End a build; it is no error if it has ended.

        Raises:
            Refused, Unavailable.
        """
        ...

    def register(self, base_definition: str, image: str, tag: str) -> str:
        """Register the task definition `base_definition` with that image; the new one's ARN.

        Raises:
            Refused, Unavailable.
        """
        ...

    def last_used(self) -> Mapping[str, datetime]:
        """When each image was last pulled, or was pushed if nobody has pulled it, by its tag.

        Raises:
            Refused, Unavailable.
        """
        ...

    def delete(self, tag: str) -> None:
        """Delete the image of that tag; it is no error if there is none.

        Raises:
            Refused, Unavailable.
        """
        ...
