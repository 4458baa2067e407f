"""The events of a runner: its launch, the states of its task, and its registration."""

from shared.domain.bounds import Time
from shared.domain.event import Fact
from shared.domain.policy import Limits, Placement
from shared.domain.slot.rate_limit import FIRST, Turn


class LaunchPlanned(Fact, frozen=True, kw_only=True):
    """A further runner is planned for the job, and why the last one did not serve it.

    `not_before` is the earliest start of its launch, set if AWS ended the last runners. `turn` is
    its turn at GitHub, if the job that took the last runner left one.
    """

    runner_id: str
    number: int
    reason: str
    not_before: Time | None = None
    turn: Turn | None = None


class LaunchIntended(Fact, frozen=True, kw_only=True):
    """All parameters of one launch attempt, so that every retry of it is identical.

    `cpu` is in CPU units and `memory` in MiB. `capacity` is a capacity provider, `shard` the shard
    of the slot counter. `broken_before` is the number of broken launches in a row before it.
    `credential` is the name of the one that registers the runner at GitHub.
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
    credential: str = FIRST


class LaunchResumed(Fact, frozen=True, kw_only=True):
    """Another invocation resumes the attempt, since the first one has not recorded an outcome.

    The first one may have called RunTask. Once this event is in the log, it can't record that it
    did not.
    """

    runner_id: str
    attempt: int


class LaunchFailed(Fact, frozen=True, kw_only=True):
    """The `attempt`th attempt to launch failed.

    Attributes:
        retry_at: When it is tried again; None: never. A retry releases the slot and begins with a
            new `LaunchIntended`, unless the outcome is `uncertain`.
        no_capacity: The next attempt uses another subnet or capacity provider.
        uncertain: There may be a task, so the same attempt is repeated.
        refused: GitHub or AWS does not launch a runner for this job, so the job is refused, too.
        held_back: The attempt was not begun, since its turn at GitHub is at `retry_at`.
        credential: The name of the credential of that turn.
        registered: The runner is registered at GitHub, and its config is stored.
    """

    runner_id: str
    attempt: int
    reason: str
    retry_at: Time | None = None
    no_capacity: bool = False
    uncertain: bool = False
    refused: bool = False
    held_back: bool = False
    credential: str = FIRST
    registered: bool = False


class LaunchUnblocked(Fact, frozen=True, kw_only=True):
    """GitHub answers again, so the launch that it held up is tried now instead of later."""

    runner_id: str


class LaunchCancelled(Fact, frozen=True, kw_only=True):
    """A planned or intended launch is no longer wanted, and ECS has no task of it."""

    runner_id: str
    reason: str


class RunnerLaunched(Fact, frozen=True, kw_only=True):
    """ECS has accepted the task, and the runner is registered at GitHub."""

    runner_id: str
    task_arn: str
    github_runner_id: int


class TaskStarted(Fact, frozen=True, kw_only=True):
    """A runner's task runs. `version` is ECS's number of the task's state, which only rises."""

    runner_id: str
    task_arn: str
    version: int


class TaskStopped(Fact, frozen=True, kw_only=True):
    """A runner's task stopped. `exit_code` is its container's; None if the container never ran.

    `stopping_at` is when it began to stop. Events that were stored before the field existed do not
    have it.
    """

    runner_id: str
    task_arn: str
    version: int
    stop_code: str = ""
    reason: str = ""
    exit_code: int | None = None
    stopping_at: Time | None = None


class RunnerConfirmed(Fact, frozen=True, kw_only=True):
    """The idle runner is registered at GitHub, so it can take a job."""

    runner_id: str


class OrphanStopped(Fact, frozen=True, kw_only=True):
    """A task of a runner that has ended, or that does not have this task, is stopped.

    Appended before the first call of StopTask, and once for each task.
    """

    runner_id: str
    task_arn: str
    reason: str
