"""The port to runner images: their registry, their builder and their task definitions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from msgspec import Struct


class Build(Struct, frozen=True, kw_only=True):
    """One build as the builder returns it. `status` is CodeBuild's, such as `IN_PROGRESS`.

    `build_id` is the id in the event of its end. `log_url` is empty until there is a log. `reason`
    is why a build failed.
    """

    build_id: str
    status: str
    log_url: str = ""
    reason: str = ""


class Images(Protocol):
    """Images by tag. Tags are immutable."""

    def find(self, tag: str) -> str | None:
        """Return the image with that tag as `<repository>@<digest>`, or None if there is none.

        Raises:
            Refused, Unavailable.
        """
        ...

    def build(self, tag: str, base: str, token: str) -> Build:
        """Start a build of the image from `base` that pushes it as `tag`, or return a started one.

        Args:
            token: The idempotency token, the same for each attempt to start one build.

        Raises:
            Refused, Unavailable.
        """
        ...

    def check(self, build_id: str) -> Build | None:
        """Return the build, or None if the builder has no such build.

        Raises:
            Refused, Unavailable.
        """
        ...

    def stop(self, build_id: str) -> None:
        """Stop a build. It is no error if it has ended.

        Raises:
            Refused, Unavailable.
        """
        ...

    def register(self, base_definition: str, image: str, tag: str) -> str:
        """Register a copy of `base_definition` with that image, and return its ARN.

        Raises:
            Refused, Unavailable.
        """
        ...

    def last_used(self) -> Mapping[str, datetime]:
        """Return when each image was last pulled, or pushed if it was never pulled, by tag.

        Raises:
            Refused, Unavailable.
        """
        ...

    def delete(self, tag: str) -> None:
        """Delete the image with that tag. It is no error if there is none.

        Raises:
            Refused, Unavailable.
        """
        ...
