"""The ports to GitHub: registrations, workflow runs and jobs, commit statuses, deliveries."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Protocol

from msgspec import Struct

from shared.domain.commit_status.state import StatusState


class JitConfig(Struct, frozen=True, kw_only=True):
    """A just-in-time registration: GitHub's id of the runner and the encoded config (a secret)."""

    github_runner_id: int
    encoded: str

    def __repr__(self) -> str:
        """Return the value without the secret, since it may be logged."""
        return f"JitConfig(github_runner_id={self.github_runner_id}, encoded=…)"


class Deletion(Enum):
    """GitHub's answer to the deletion of a runner's registration."""

    DELETED = "deleted"
    ABSENT = "absent"
    BUSY = "busy"


class Registered(Struct, frozen=True, kw_only=True):
    """A runner as GitHub lists it. `busy`: it runs a job. `online`: it is connected."""

    github_runner_id: int
    runner_id: str
    online: bool
    busy: bool


class JobView(Struct, frozen=True, kw_only=True):
    """A job as GitHub returns it. `status` is GitHub's, as in `shared.domain.events.JobChecked`."""

    status: str
    id: int = 0
    run_id: int = 0
    run_attempt: int = 1
    name: str = ""
    workflow: str = ""
    labels: tuple[str, ...] = ()
    url: str = ""
    head_sha: str = ""
    conclusion: str = ""
    runner_name: str = ""
    github_runner_id: int | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None


class RunView(Struct, frozen=True, kw_only=True):
    """A workflow run: its last attempt. `private` and `fork` are of its repository.

    `status` and `conclusion` are GitHub's. Source of their values: GitHub Docs, "Workflow run
    statuses and conclusions".
    """

    id: int
    private: bool
    fork: bool
    status: str = ""
    conclusion: str = ""
    run_attempt: int = 1


class Registrations(Protocol):
    """Runner registrations at GitHub. `repository` is the job's, as `owner/name`.

    Where `delete` and `registered` say `place`, it may also be the name of an organization or an
    enterprise at which runners are registered: see `RunnerScopes.of`.
    """

    def mint(self, repository: str, runner_id: str, labels: Sequence[str]) -> JitConfig:
        """Register an ephemeral runner with that name, and return its just-in-time config.

        Raises:
            NameTaken, Unavailable.
            Refused: such as an unknown runner group.
        """
        ...

    def delete(self, place: str, github_runner_id: int) -> Deletion:
        """Delete a registration. That of a busy runner is not deleted.

        Raises:
            Refused, Unavailable.
        """
        ...

    def find(self, repository: str, runner_id: str) -> Registered | None:
        """Return the runner with that name, or None.

        Raises:
            Refused, Unavailable.
        """
        ...

    def registered(self, place: str, limit: int) -> Sequence[Registered]:
        """Return at most `limit` runners of the scope of that place.

        Raises:
            Refused, Unavailable.
        """
        ...

    def version_ends_at(self, place: str, version: str) -> datetime | None:
        """Return when GitHub stops giving jobs to runners of that version, or None: no date is set.

        Raises:
            Refused: GitHub does not know the version, or has no such schedule.
            Unavailable.
        """
        ...


class Jobs(Protocol):
    """Workflow runs and their jobs at GitHub. `repository` is `owner/name`."""

    def job(self, repository: str, job_id: int) -> JobView:
        """Return a job of the repository.

        Raises:
            Refused: there is no such job, or the credentials may not read it.
            Unavailable.
        """
        ...

    def cancel_run(self, repository: str, run_id: int) -> None:
        """Request that the run is cancelled, with all of its jobs. It ends some time later.

        Raises:
            Refused: it has ended, there is no such run, or the credentials may not cancel it.
            Unavailable.
        """
        ...

    def run(self, repository: str, run_id: int) -> RunView:
        """Return a workflow run.

        Raises:
            Refused: there is no such run, or the credentials may not read it.
            Unavailable.
        """
        ...

    def rerun_job(self, repository: str, job_id: int) -> None:
        """Request a new attempt of the job's run, in which the job and its dependents run again.

        Raises:
            Refused: the run has not ended, it was run again too often or is too old, the job is of
                a reusable workflow, there is no such job, or the credentials may not run it again.
            Unavailable: there was no answer; the run may have a new attempt.
        """
        ...

    def rerun_failed_jobs(self, repository: str, run_id: int) -> None:
        """Request a new attempt of the run, in which all failed jobs and their dependents run.

        Raises:
            See `rerun_job`; jobs of reusable workflows are run again, too.
        """
        ...

    def active_runs(self, repository: str, limit: int) -> Sequence[RunView]:
        """Return at most `limit` runs that may have a job that is queued or runs, newest first.

        Raises:
            RateLimited: the rest of the rate limit is reserved for other calls.
            Refused: there is no such repository, or the credentials may not read it.
            Unavailable.
        """
        ...

    def of_run(self, repository: str, run_id: int) -> Sequence[JobView]:
        """Return all jobs of the last attempt of a run. A job that can't be read is left out.

        Raises:
            See `active_runs`.
        """
        ...


class NewCommitStatus(Struct, frozen=True, kw_only=True):
    """A commit status. `target_url` is what it links to, or ""."""

    state: StatusState
    context: str
    description: str
    target_url: str = ""


class CommitStatuses(Protocol):
    """The statuses of commits. `repository` is `owner/name`."""

    def create(self, repository: str, sha: str, status: NewCommitStatus) -> None:
        """Create a status of the commit. It replaces an earlier one of its context.

        Raises:
            Refused: there is no such commit, or the credentials may not create statuses.
            Unavailable.
        """
        ...


class Delivery(Struct, frozen=True, kw_only=True):
    """One attempt to deliver an event. All attempts of an event have the same `guid`."""

    id: int
    guid: str
    event: str
    at: datetime
    is_redelivery: bool
    succeeded: bool


class DeliveryPage(Struct, frozen=True, kw_only=True):
    """A page of deliveries, newest first. `cursor` is of the next page, or "" after the last."""

    deliveries: tuple[Delivery, ...]
    cursor: str = ""


class Hook(Struct, frozen=True, kw_only=True):
    """A webhook at GitHub: its path in the REST API, and its owner."""

    path: str
    owner: str


class Deliveries(Protocol):
    """The deliveries of the webhooks that GitHub sends to the fleet."""

    def owners(self, repositories: Sequence[str]) -> Sequence[str]:
        """Return where the fleet's webhooks may be: at the App, organizations or repositories.

        Args:
            repositories: The repositories whose jobs the fleet serves.
        """
        ...

    def hook(self, owner: str) -> Hook | None:
        """Return the webhook of that owner that has the fleet's URL, or None.

        Raises:
            Refused: the credentials may not read the owner's webhooks.
            Unavailable.
        """
        ...

    def page(self, hook: Hook, cursor: str) -> DeliveryPage:
        """Return a page of the webhook's deliveries, the newest if the cursor is empty.

        Raises:
            Refused, Unavailable.
        """
        ...

    def redeliver(self, hook: Hook, delivery_id: int) -> None:
        """Have GitHub deliver the event of that delivery once more.

        Raises:
            Refused: the delivery is too old.
            Unavailable.
        """
        ...
