"""Facts from outside: what GitHub and AWS say happened. Only ingest and the Janitor tell them."""

from msgspec import Struct

from shared.domain.bounds import Time
from shared.domain.events.fact import Fact


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


class TaskStateChanged(Fact, frozen=True, kw_only=True):
    """ECS moved a runner's task to `status`. `version` orders such facts, arrival does not."""

    runner_id: str
    task_arn: str
    status: str
    version: int


class TaskStopped(Fact, frozen=True, kw_only=True):
    """A runner's task is over; `exit_code` is its container's, if that ever ran."""

    runner_id: str
    task_arn: str
    version: int
    stop_code: str = ""
    reason: str = ""
    exit_code: int | None = None
