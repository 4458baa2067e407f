"""A runner: its phases and what they lead to."""

from datetime import datetime
from enum import Enum

from msgspec import Struct

from shared.domain.events import LaunchIntended
from shared.domain.slot.state import Slot
from shared.domain.stop.state import Stop


class RunnerPhase(Enum):
    """Where a runner is."""

    PLANNED = "planned"
    INTENDED = "intended"
    LAUNCHED = "launched"
    IDLE = "idle"
    BUSY = "busy"
    FINISHED = "finished"
    CLOSED = "closed"


class RunnerSignal(Enum):
    """What an event means to a runner."""

    INTENDED = "intended"
    RESUMED = "resumed"
    POSTPONED = "postponed"
    """An attempt to launch failed and is made again; there is no task."""
    UNCERTAIN = "uncertain"
    """An attempt to launch failed and is repeated; there may be a task."""
    LAUNCHED = "launched"
    TASK_SEEN = "task seen"
    RUNNING = "running"
    TAKEN = "taken"
    LEFT = "left"
    NEVER_STARTED = "never started"
    STOPPED = "stopped"


RUNNER_TRANSITIONS: dict[RunnerPhase, dict[RunnerSignal, RunnerPhase]] = {
    RunnerPhase.PLANNED: {
        RunnerSignal.INTENDED: RunnerPhase.INTENDED,
        RunnerSignal.POSTPONED: RunnerPhase.PLANNED,
        RunnerSignal.NEVER_STARTED: RunnerPhase.CLOSED,
    },
    RunnerPhase.INTENDED: {
        RunnerSignal.RESUMED: RunnerPhase.INTENDED,
        RunnerSignal.POSTPONED: RunnerPhase.PLANNED,
        RunnerSignal.UNCERTAIN: RunnerPhase.INTENDED,
        RunnerSignal.LAUNCHED: RunnerPhase.LAUNCHED,
        RunnerSignal.TASK_SEEN: RunnerPhase.INTENDED,
        RunnerSignal.RUNNING: RunnerPhase.IDLE,
        RunnerSignal.TAKEN: RunnerPhase.BUSY,
        RunnerSignal.LEFT: RunnerPhase.FINISHED,
        RunnerSignal.NEVER_STARTED: RunnerPhase.CLOSED,
        RunnerSignal.STOPPED: RunnerPhase.CLOSED,
    },
    RunnerPhase.LAUNCHED: {
        RunnerSignal.TASK_SEEN: RunnerPhase.LAUNCHED,
        RunnerSignal.RUNNING: RunnerPhase.IDLE,
        RunnerSignal.TAKEN: RunnerPhase.BUSY,
        RunnerSignal.LEFT: RunnerPhase.FINISHED,
        RunnerSignal.STOPPED: RunnerPhase.CLOSED,
    },
    RunnerPhase.IDLE: {
        RunnerSignal.RESUMED: RunnerPhase.IDLE,
        RunnerSignal.POSTPONED: RunnerPhase.IDLE,
        RunnerSignal.UNCERTAIN: RunnerPhase.IDLE,
        RunnerSignal.LAUNCHED: RunnerPhase.IDLE,
        RunnerSignal.TASK_SEEN: RunnerPhase.IDLE,
        RunnerSignal.RUNNING: RunnerPhase.IDLE,
        RunnerSignal.TAKEN: RunnerPhase.BUSY,
        RunnerSignal.LEFT: RunnerPhase.FINISHED,
        RunnerSignal.STOPPED: RunnerPhase.CLOSED,
    },
    RunnerPhase.BUSY: {
        RunnerSignal.RESUMED: RunnerPhase.BUSY,
        RunnerSignal.POSTPONED: RunnerPhase.BUSY,
        RunnerSignal.UNCERTAIN: RunnerPhase.BUSY,
        RunnerSignal.LAUNCHED: RunnerPhase.BUSY,
        RunnerSignal.TASK_SEEN: RunnerPhase.BUSY,
        RunnerSignal.RUNNING: RunnerPhase.BUSY,
        RunnerSignal.TAKEN: RunnerPhase.BUSY,
        RunnerSignal.LEFT: RunnerPhase.FINISHED,
        RunnerSignal.STOPPED: RunnerPhase.CLOSED,
    },
    RunnerPhase.FINISHED: {
        RunnerSignal.RESUMED: RunnerPhase.FINISHED,
        RunnerSignal.POSTPONED: RunnerPhase.FINISHED,
        RunnerSignal.UNCERTAIN: RunnerPhase.FINISHED,
        RunnerSignal.LAUNCHED: RunnerPhase.FINISHED,
        RunnerSignal.TASK_SEEN: RunnerPhase.FINISHED,
        RunnerSignal.RUNNING: RunnerPhase.FINISHED,
        RunnerSignal.TAKEN: RunnerPhase.FINISHED,
        RunnerSignal.LEFT: RunnerPhase.FINISHED,
        RunnerSignal.STOPPED: RunnerPhase.CLOSED,
    },
    RunnerPhase.CLOSED: {
        RunnerSignal.LAUNCHED: RunnerPhase.CLOSED,
        RunnerSignal.TASK_SEEN: RunnerPhase.CLOSED,
        RunnerSignal.RUNNING: RunnerPhase.CLOSED,
        RunnerSignal.TAKEN: RunnerPhase.CLOSED,
        RunnerSignal.LEFT: RunnerPhase.CLOSED,
    },
}
"""ECS's events and GitHub's webhooks may come before the launch's outcome, and after the end."""


class AwaitedImage(Struct, frozen=True, kw_only=True):
    """The image that a launch waits for, since when, and for how many seconds at the most."""

    tag: str
    since: datetime
    timeout: int


class Runner(Struct, frozen=True, kw_only=True):
    """One launch number. `serves` is the job that waits for it, `took` the one that it ran.

    `shard` is where it holds its slot, `awaits` why it has none yet. `attempts` counts tries to
    launch that failed and are repeated at `retry_at`, `moves` those of them that found no capacity;
    `uncertain`: a RunTask of this attempt may have been done, `leased_until` until when
    the invocation that began or resumed the attempt has it to itself. `busy_at` is when GitHub last
    would not remove it. `lost`: AWS took the task away, as in a Spot interruption. `served`: its
    exit code says that it ran a job. `removed`: GitHub removed its registration while it was idle.
    `confirm_at` is when an idle runner is to be looked up at GitHub.
    """

    id: str
    number: int
    phase: RunnerPhase
    planned_at: datetime
    serves: int | None
    slot: Slot = Slot.NONE
    shard: int | None = None
    awaits: str | None = None
    image: AwaitedImage | None = None
    plan: LaunchIntended | None = None
    intended_at: datetime | None = None
    attempts: int = 0
    moves: int = 0
    retry_at: datetime | None = None
    uncertain: bool = False
    leased_until: datetime | None = None
    resumes: int = 0
    launched_at: datetime | None = None
    task_arn: str | None = None
    github_runner_id: int | None = None
    task_version: int = 0
    running_at: datetime | None = None
    took: int | None = None
    taken_at: datetime | None = None
    left_at: datetime | None = None
    conclusion: str | None = None
    stops: int = 0
    stop: Stop | None = None
    deregistered: bool = False
    busy_at: datetime | None = None
    config_deleted: bool = False
    closed_circuit: bool = False
    opened_circuit: bool = False
    notified: tuple[str, ...] = ()
    closed_at: datetime | None = None
    failed: bool = False
    lost: bool = False
    served: bool = False
    removed: bool = False
    confirm_at: datetime | None = None
    confirmations: int = 0
    reason: str | None = None
    exit_code: int | None = None

    @property
    def launched(self) -> bool:
        """Whether it is recorded that the task was started."""
        return self.launched_at is not None
