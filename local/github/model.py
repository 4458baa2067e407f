"""What GitHub keeps of runners and jobs. Plain values and pure questions; nothing happens here."""

from datetime import datetime

from msgspec import Struct


class Runner(Struct, kw_only=True):
    """A registration. `scope` is `owner/name` of a repository, or the name of an organization.

    `token` is what the runner program proves itself with; `seen` is when it was last heard
    (monotonic seconds), `removed_at` when it is removed if it is idle still; `job_id` is what it
    works on.
    """

    id: int
    name: str
    scope: str
    labels: tuple[str, ...]
    group_id: int
    token: str
    online: bool = False
    version: str | None = None
    seen: float = 0.0
    removed_at: float | None = None
    job_id: int | None = None

    @property
    def is_idle(self) -> bool:
        """Whether it waits for a job."""
        return self.online and self.job_id is None

    def serves(self, job: "Job") -> bool:
        """Whether the job may run here: scope, and every label, in any case.

        Source: GitHub Docs, "Choosing the runner for a job".
        """
        mine = {label.lower() for label in self.labels}
        wanted = {label.lower() for label in job.labels}
        owner = job.repository.partition("/")[0]
        return self.scope.lower() in (job.repository.lower(), owner.lower()) and wanted <= mine


class Job(Struct, kw_only=True):
    """A job of a workflow run; `run` is the shell command that it consists of.

    Its status goes from `queued` to `in_progress` and `completed`. One that needs an approval is
    `waiting` in between, and `queued` again.
    """

    id: int
    run_id: int
    repository: str
    labels: tuple[str, ...]
    name: str
    workflow: str
    run: str
    created_at: datetime
    status: str = "queued"
    started_at: datetime | None = None
    completed_at: datetime | None = None
    conclusion: str | None = None
    runner_id: int | None = None
    runner_name: str | None = None
    runner_group_id: int | None = None
    cancelling: bool = False


class UnknownError(LookupError):
    """There is no such thing, or not for who asks."""


class NameTakenError(ValueError):
    """A runner of that name is registered."""


class StatusError(ValueError):
    """The job's status does not allow it."""


class BusyError(ValueError):
    """The runner works on a job."""
