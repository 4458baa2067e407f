"""What the fleet asks of GitHub."""

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from msgspec import Struct


class JitConfig(Struct, frozen=True, kw_only=True):
    """A just-in-time registration: GitHub's id of the runner and the encoded config (a secret)."""

    github_runner_id: int
    encoded: str

    def __repr__(self) -> str:
        """Without the secret: this value may meet a log line."""
        return f"JitConfig(github_runner_id={self.github_runner_id}, encoded=…)"


class Deletion(Enum):
    """GitHub's answer to the deletion of a runner's registration."""

    DELETED = "deleted"
    ABSENT = "absent"
    BUSY = "busy"


class Registered(Struct, frozen=True, kw_only=True):
    """A runner as GitHub lists it. `busy` is on a job; `online` is connected."""

    github_runner_id: int
    runner_id: str
    online: bool
    busy: bool


class Registrations(Protocol):
    """Runner registrations at GitHub. `repository` is `owner/name`, the job's."""

    def mint(self, repository: str, runner_id: str, labels: Sequence[str]) -> JitConfig:
        """Register an ephemeral runner of that name.

        Raises:
            NameTaken, Refused, Unavailable.
        """
        ...

    def delete(self, repository: str, github_runner_id: int) -> Deletion:
        """Delete a registration, which a busy runner's can't be.

        Raises:
            Refused, Unavailable.
        """
        ...

    def find(self, repository: str, runner_id: str) -> int | None:
        """GitHub's id of the runner of that name, if there is one.

        Raises:
            Refused, Unavailable.
        """
        ...

    def registered(self, repository: str, limit: int) -> Sequence[Registered]:
        """At most `limit` runners that are registered where the repository's jobs look for them.

        Raises:
            Refused, Unavailable.
        """
        ...
