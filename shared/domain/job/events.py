"""The events of a job: the status that GitHub reports, and why it gets no runner."""

from msgspec import Struct

from shared.domain.bounds import Time
from shared.domain.event import Fact


class JobDetails(Struct, frozen=True, kw_only=True):
    """The fields that each of GitHub's webhooks has of a job. `head_sha` is the run's commit."""

    repository: str
    labels: tuple[str, ...]
    workflow: str = ""
    name: str = ""
    run_id: int = 0
    run_attempt: int = 1
    url: str = ""
    head_sha: str = ""
    private: bool = True
    fork: bool = False


class JobQueued(Fact, frozen=True, kw_only=True):
    """GitHub queued a job that this fleet serves. The fold plans the first launch with it.

    `found`: the Janitor found it at GitHub, before any webhook of it arrived.
    """

    fleet: str
    job: JobDetails
    found: bool = False


class JobHeld(Fact, frozen=True, kw_only=True):
    """GitHub holds the job (`waiting`), such as for an approval: no runner may take it.

    Events that were stored before the field `fleet` existed do not have it.
    """

    job: JobDetails
    fleet: str = ""


class JobStarted(Fact, frozen=True, kw_only=True):
    """A runner took the job. `runner_id` is set when the runner has a name of this fleet.

    `github_runner_id` is GitHub's id of the runner.
    """

    job: JobDetails
    runner_name: str = ""
    runner_id: str | None = None
    github_runner_id: int | None = None


class JobCompleted(Fact, frozen=True, kw_only=True):
    """The job ended. `runner_id` is set if the fleet's runner ran it, `started_at` if it ran."""

    job: JobDetails
    conclusion: str
    runner_name: str = ""
    runner_id: str | None = None
    github_runner_id: int | None = None
    started_at: Time | None = None


class JobChecked(Fact, frozen=True, kw_only=True):
    """The job's status, read from GitHub's API because the webhooks do not determine it.

    `status` is GitHub's (`queued`, `waiting`, `in_progress`, `completed`, …), or empty if GitHub
    refused the request. The other fields are set as in `JobStarted` and `JobCompleted`.
    """

    status: str
    reason: str = ""
    conclusion: str = ""
    runner_name: str = ""
    runner_id: str | None = None
    github_runner_id: int | None = None
    started_at: Time | None = None
    completed_at: Time | None = None


class JobStuck(Fact, frozen=True, kw_only=True):
    """A nudge for the job's stream is in the dead-letter queue of the consumer `queue`."""

    queue: str
    receives: int
    reason: str


class JobRejected(Fact, frozen=True, kw_only=True):
    """The job gets no runner, and why."""

    reason: str


class RunCancelled(Fact, frozen=True, kw_only=True):
    """GitHub was requested to cancel the run of a refused job. `problem`: why it did not."""

    run_id: int
    problem: str = ""


class JobGivenUp(Fact, frozen=True, kw_only=True):
    """The job gets no further runner, because too many of its runners died."""

    reason: str
