"""The data model of the GitHub emulator: runners, jobs and errors, without behaviour."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct


class Group(Struct, frozen=True, kw_only=True):
    """A runner group. `repositories` are those, in lower case, that may use it; None: all."""

    id: int
    name: str
    repositories: frozenset[str] | None = None

    def allows(self, repository: str) -> bool:
        """Return whether jobs of the repository may use the group's runners.

        Source: GitHub Docs, "Managing access to self-hosted runners using groups".
        """
        return self.repositories is None or repository.lower() in self.repositories


class Runner(Struct, kw_only=True):
    """A registered runner.

    `scope` is `owner/name` of a repository, the name of an organization, or that of an enterprise
    as `local.github.scopes` spells it. `reach` has the repositories and owners, in lower case,
    whose jobs may be assigned to it, if its group allows the repository. The runner program
    authenticates with `token`. `seen` is the time of its last request and `removed_at` the time at
    which it is removed if it is idle, both in monotonic seconds. `job_id` is its current job.
    """

    id: int
    name: str
    scope: str
    labels: tuple[str, ...]
    group: Group
    reach: frozenset[str]
    token: str
    online: bool = False
    version: str | None = None
    seen: float = 0.0
    removed_at: float | None = None
    job_id: int | None = None

    @property
    def is_idle(self) -> bool:
        """Return whether the runner waits for a job."""
        return self.online and self.job_id is None

    def serves(self, job: "Job") -> bool:
        """Return whether the job can run here: scope, group and all labels match, ignoring case.

        Source: GitHub Docs, "Choosing the runner for a job".
        """
        mine = {label.lower() for label in self.labels}
        wanted = {label.lower() for label in job.labels}
        owner = job.repository.partition("/")[0]
        near = job.repository.lower() in self.reach or owner.lower() in self.reach
        return near and wanted <= mine and self.group.allows(job.repository)


class Job(Struct, kw_only=True):
    """A job of a workflow run. `run` is its shell command.

    Its status changes from `queued` to `in_progress` to `completed`. A job that needs an approval
    is `waiting` in between, then `queued` again. Run again, it is another job with the same name:
    `is_superseded` marks the one before. `is_reusable`: it is of a reusable workflow.
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
    run_attempt: int = 1
    run_created_at: datetime
    is_reusable: bool = False
    is_superseded: bool = False


def status_of_run(jobs: Sequence[Job]) -> str:
    """Return the status of a workflow run with these jobs."""
    statuses = {job.status for job in jobs}
    if len(statuses) == 1:
        return statuses.pop()
    return "waiting" if "waiting" in statuses else "in_progress"


def conclusion_of_run(jobs: Sequence[Job]) -> str:
    """Return the conclusion of a workflow run whose jobs have all ended.

    Which one counts if a person cancelled some jobs and others failed is not documented.
    """
    conclusions = {job.conclusion or "" for job in jobs}
    if any(job.cancelling for job in jobs):
        return "cancelled"
    known = ("failure", "cancelled", "success")
    return next((one for one in known if one in conclusions), "neutral")


class UnknownError(LookupError):
    """The object does not exist, or the caller has no access to it."""


class NameTakenError(ValueError):
    """A runner with that name is registered."""


class StatusError(ValueError):
    """The job's status does not allow the operation."""


class RerunError(ValueError):
    """GitHub does not run the job or the run again."""


class BusyError(ValueError):
    """The runner runs a job."""
