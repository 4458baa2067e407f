"""What the fleet asks of GitHub."""

from collections.abc import Sequence
from datetime import datetime
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


class JobView(Struct, frozen=True, kw_only=True):
    """A job as GitHub has it. `status` is GitHub's, as in `shared.domain.events.JobChecked`."""

    status: str
    conclusion: str = ""
    runner_name: str = ""
    github_runner_id: int | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None


class Registrations(Protocol):
    """Runner registrations at GitHub, and jobs. `repository` is `owner/name`, the job's."""

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

    def find(self, repository: str, runner_id: str) -> Registered | None:
        """The runner of that name, if there is one.

        Raises:
            Refused, Unavailable.
        """
        ...

    def job(self, repository: str, job_id: int) -> JobView:
        """A job of the repository, as GitHub has it now.

        Raises:
            Refused: there is no such job, or it may not be read.
            Unavailable.
        """
        ...

    def registered(self, repository: str, limit: int) -> Sequence[Registered]:
        """At most `limit` runners that are registered where the repository's jobs look for them.

        Raises:
            Refused, Unavailable.
        """
        ...
