"""The seam between moto's CodeBuild and whoever runs its builds: no patch and no build is here."""

from typing import Any, Protocol

from local.aws.seat import Seat

BuildView = dict[str, Any]
"""A build as BatchGetBuilds shows it: the API's names, aware datetimes."""


class BuildHost(Protocol):
    """Owns the life of the builds that StartBuild starts. Called by the server's threads."""

    def begin(self, build: BuildView) -> None:
        """Take charge of a new build."""
        ...

    def halt(self, build_id: str) -> None:
        """StopBuild was called for a build in the host's charge."""
        ...

    def view(self, build_id: str) -> BuildView | None:
        """The build as it is now, or None if it is not in the host's charge."""
        ...


_seat: Seat[BuildHost] = Seat("build host")

current = _seat.current
attach = _seat.attach
detach = _seat.detach
