"""A runner: its launch, the states of its task, and its just-in-time config."""

from shared.domain.bounds import Time
from shared.domain.event import Fact
from shared.domain.policy import Limits, Placement


class LaunchPlanned(Fact, frozen=True, kw_only=True):
    """A further runner is to be launched for the job, and why the last one did not serve it.

    `not_before` is when its launch may begin, if AWS took the last runner away.
    """

    runner_id: str
    number: int
    reason: str
    not_before: Time | None = None


class LaunchIntended(Fact, frozen=True, kw_only=True):
    """All that one attempt needs, so that every retry of it is identical. CPU units and MiB.

    `capacity` is a capacity provider, `subnet` the one subnet, `shard` where its slot is held.
    `broken_before` is how many launches in a row had been broken by then.
    """

    runner_id: str
    attempt: int = 1
    repository: str
    workflow: str = ""
    labels: tuple[str, ...]
    class_name: str
    cpu: int
    memory: int
    capacity: str
    subnet: str
    placement: Placement
    limits: Limits
    image_tag: str = ""
    shard: int = 0
    broken_before: int = 0


class LaunchResumed(Fact, frozen=True, kw_only=True):
    """Another invocation goes on with the attempt, since the last one has not recorded an outcome.

    It may have called RunTask. Once this is in the log, it can't record that it had not.
    """

    runner_id: str
    attempt: int


class LaunchFailed(Fact, frozen=True, kw_only=True):
    """The `attempt`th try to launch failed. With `retry_at` it is tried again then, else never.

    A failure that is tried again gives the slot back and is followed by a new `LaunchIntended`,
    unless it is `uncertain` whether there is a task: then the same attempt is repeated.
    `no_capacity`: the next attempt goes to another subnet or capacity provider. `refused`: GitHub
    or AWS will not launch a runner for this job, so the job is refused, too. `held_back`: it was
    not even begun, for GitHub's rate limit is known to be reached.
    """

    runner_id: str
    attempt: int
    reason: str
    retry_at: Time | None = None
    no_capacity: bool = False
    uncertain: bool = False
    refused: bool = False
    held_back: bool = False


class LaunchCancelled(Fact, frozen=True, kw_only=True):
    """A planned or intended launch is known not to have happened, and is not wanted any more."""

    runner_id: str
    reason: str


class RunnerLaunched(Fact, frozen=True, kw_only=True):
    """The task exists, and so does the registration at GitHub."""

    runner_id: str
    task_arn: str
    github_runner_id: int


class ConfigDeleted(Fact, frozen=True, kw_only=True):
    """The runner's just-in-time config is no longer stored."""

    runner_id: str


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


class RunnerConfirmed(Fact, frozen=True, kw_only=True):
    """GitHub has the idle runner registered, so that it can take a job."""

    runner_id: str


class OrphanStopped(Fact, frozen=True, kw_only=True):
    """A task runs for a runner that is over, or that never had it: ECS is asked to stop it.

    Appended before the first request, and once a task, however often ECS has to be asked.
    """

    runner_id: str
    task_arn: str
    reason: str
