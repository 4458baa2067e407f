"""A runner: its phases and what they lead to."""

from datetime import datetime
from enum import Enum

from msgspec import Struct

from shared.domain.events import LaunchIntended
from shared.domain.signals import Signal
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


RUNNER_TRANSITIONS: dict[RunnerPhase, dict[Signal, RunnerPhase]] = {
    RunnerPhase.PLANNED: {
        Signal.INTENDED: RunnerPhase.INTENDED,
        Signal.NEVER_STARTED: RunnerPhase.CLOSED,
    },
    RunnerPhase.INTENDED: {
        Signal.POSTPONED: RunnerPhase.PLANNED,
        Signal.LAUNCHED: RunnerPhase.LAUNCHED,
        Signal.RUNNING: RunnerPhase.IDLE,
        Signal.TAKEN: RunnerPhase.BUSY,
        Signal.LEFT: RunnerPhase.FINISHED,
        Signal.NEVER_STARTED: RunnerPhase.CLOSED,
        Signal.STOPPED: RunnerPhase.CLOSED,
    },
    RunnerPhase.LAUNCHED: {
        Signal.RUNNING: RunnerPhase.IDLE,
        Signal.TAKEN: RunnerPhase.BUSY,
        Signal.LEFT: RunnerPhase.FINISHED,
        Signal.STOPPED: RunnerPhase.CLOSED,
    },
    RunnerPhase.IDLE: {
        Signal.TAKEN: RunnerPhase.BUSY,
        Signal.LEFT: RunnerPhase.FINISHED,
        Signal.STOPPED: RunnerPhase.CLOSED,
    },
    RunnerPhase.BUSY: {
        Signal.LEFT: RunnerPhase.FINISHED,
        Signal.STOPPED: RunnerPhase.CLOSED,
    },
    RunnerPhase.FINISHED: {
        Signal.STOPPED: RunnerPhase.CLOSED,
    },
    RunnerPhase.CLOSED: {},
}


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
    launched: bool = False
    launched_at: datetime | None = None
    task_arn: str | None = None
    github_runner_id: int | None = None
    task_status: str | None = None
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
    told: tuple[str, ...] = ()
    closed_at: datetime | None = None
    failed: bool = False
    lost: bool = False
    served: bool = False
    removed: bool = False
    confirm_at: datetime | None = None
    confirmations: int = 0
    reason: str | None = None
    exit_code: int | None = None
