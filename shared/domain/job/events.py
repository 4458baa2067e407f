"""A job: what GitHub reports of it, and why it gets no runner."""

from msgspec import Struct

from shared.domain.bounds import Time
from shared.domain.event import Fact


class JobDetails(Struct, frozen=True, kw_only=True):
    """What GitHub says of a job in each of its webhooks."""

    repository: str
    labels: tuple[str, ...]
    workflow: str = ""
    name: str = ""
    run_id: int = 0
    run_attempt: int = 1
    url: str = ""
    private: bool = True
    fork: bool = False


class JobQueued(Fact, frozen=True, kw_only=True):
    """GitHub queued a job that this fleet serves; a first launch for it is planned with this."""

    fleet: str
    job: JobDetails


class JobHeld(Fact, frozen=True, kw_only=True):
    """GitHub holds the job (`waiting`), such as for an approval: no runner may take it."""

    job: JobDetails


class JobStarted(Fact, frozen=True, kw_only=True):
    """A runner took the job. `runner_id` is set when the runner has a name of this fleet.

    `github_runner_id` is GitHub's id of the runner.
    """

    job: JobDetails
    runner_name: str = ""
    runner_id: str | None = None
    github_runner_id: int | None = None


class JobCompleted(Fact, frozen=True, kw_only=True):
    """The job ended. `runner_id` is set if it ran on one of ours, `started_at` if it ran."""

    job: JobDetails
    conclusion: str
    runner_name: str = ""
    runner_id: str | None = None
    github_runner_id: int | None = None
    started_at: Time | None = None


class JobChecked(Fact, frozen=True, kw_only=True):
    """GitHub's own status of the job, read where webhooks left it open.

    `status` is GitHub's (`queued`, `waiting`, `in_progress`, `completed`, …), or empty if GitHub
    refused to tell. The other fields are set as in `JobStarted` and `JobCompleted`.
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
    """Nudges for the job's stream failed too often and lie in the dead-letter queue of `queue`."""

    queue: str
    receives: int
    reason: str


class JobRejected(Fact, frozen=True, kw_only=True):
    """The job gets no runner, and why."""

    reason: str


class JobGivenUp(Fact, frozen=True, kw_only=True):
    """The job's runners died too often; it gets no more of them."""

    reason: str
