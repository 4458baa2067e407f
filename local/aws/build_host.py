"""The interface through which moto's CodeBuild passes builds to the host that runs them.

The patches of moto are in `patches.codebuild`, the host is `local.codebuild`.
"""

from typing import Any, Protocol

from local.aws.seat import Seat

BuildView = dict[str, Any]
"""A build in the format of BatchGetBuilds, with timezone-aware datetimes."""


class BuildHost(Protocol):
    """Controls the builds that StartBuild starts. The server's threads call it concurrently."""

    def begin(self, build: BuildView) -> None:
        """Start to control a new build."""
        ...

    def halt(self, build_id: str) -> None:
        """Stop a build that the host controls, because StopBuild was called."""
        ...

    def view(self, build_id: str) -> BuildView | None:
        """Return the current state of the build, or None if the host does not control it."""
        ...


_seat: Seat[BuildHost] = Seat("build host")

current = _seat.current
attach = _seat.attach
detach = _seat.detach
