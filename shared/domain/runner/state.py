"""The state of a runner, and the transition table of its phases."""

from datetime import datetime

from msgspec import Struct

from shared.domain.events import LaunchIntended
from shared.domain.machine import Symbol
from shared.domain.rerun.state import Rerun
from shared.domain.slot.rate_limit import Turn
from shared.domain.slot.state import Slot
from shared.domain.stop.state import Stop


class RunnerPhase(Symbol):
    """The phase of a runner."""

    PLANNED = "planned"
    INTENDED = "intended"
    LAUNCHED = "launched"
    IDLE = "idle"
    BUSY = "busy"
    FINISHED = "finished"
    CLOSED = "closed"


class RunnerSignal(Symbol):
    """The signals of the runner's state machine."""

    INTENDED = "intended"
    RESUMED = "resumed"
    POSTPONED = "postponed"
    """An attempt to launch failed. There is no task, and the launch is planned again."""
    UNCERTAIN = "uncertain"
    """An attempt to launch failed. There may be a task, so the attempt is repeated."""
    LAUNCHED = "launched"
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
        RunnerSignal.RUNNING: RunnerPhase.IDLE,
        RunnerSignal.TAKEN: RunnerPhase.BUSY,
        RunnerSignal.LEFT: RunnerPhase.FINISHED,
        RunnerSignal.NEVER_STARTED: RunnerPhase.CLOSED,
        RunnerSignal.STOPPED: RunnerPhase.CLOSED,
    },
    RunnerPhase.LAUNCHED: {
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
        RunnerSignal.RUNNING: RunnerPhase.FINISHED,
        RunnerSignal.TAKEN: RunnerPhase.FINISHED,
        RunnerSignal.LEFT: RunnerPhase.FINISHED,
        RunnerSignal.STOPPED: RunnerPhase.CLOSED,
    },
    RunnerPhase.CLOSED: {
        RunnerSignal.LAUNCHED: RunnerPhase.CLOSED,
        RunnerSignal.RUNNING: RunnerPhase.CLOSED,
        RunnerSignal.TAKEN: RunnerPhase.CLOSED,
        RunnerSignal.LEFT: RunnerPhase.CLOSED,
    },
}
"""ECS events and GitHub webhooks may arrive before the launch's outcome, and after the end."""


class AwaitedImage(Struct, frozen=True, kw_only=True):
    """The image that a launch waits for, since when, and for at most how many seconds."""

    tag: str
    since: datetime
    timeout: int


class Runner(Struct, frozen=True, kw_only=True):
    """One launch number and its runner.

    Attributes:
        serves: The job that waits for it.
        took: The job that it ran.
        shard: The shard of the slot counter that its slot belongs to.
        awaits: Why it has no slot yet.
        attempts: Attempts to launch that failed and are repeated at `retry_at`.
        moves: Those of the attempts that found no capacity.
        turn: When it may be registered at GitHub, and with which credential.
        registered: An attempt that failed had registered it at GitHub and stored its config, so the
            next one does not register it.
        uncertain: A call of RunTask of this attempt may have started a task.
        leased_until: Until when the attempt belongs to the invocation that began or resumed it.
        busy_at: When GitHub last refused to remove it because it was busy.
        lost: AWS ended the task, as in a Spot interruption.
        served: Its exit code reports that it ran a job.
        removed: GitHub removed its registration while it was idle.
        interrupted_at: When its task began to stop, if AWS ended it or it was killed.
        rerun: The job that was lost with it.
        confirm_at: When the registration of the idle runner is checked at GitHub.
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
    intent: LaunchIntended | None = None
    intended_at: datetime | None = None
    attempts: int = 0
    moves: int = 0
    retry_at: datetime | None = None
    turn: Turn | None = None
    registered: bool = False
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
    closed_circuit: bool = False
    opened_circuit: bool = False
    closed_at: datetime | None = None
    failed: bool = False
    lost: bool = False
    served: bool = False
    removed: bool = False
    confirm_at: datetime | None = None
    confirmations: int = 0
    reason: str | None = None
    exit_code: int | None = None
    interrupted_at: datetime | None = None
    rerun: Rerun | None = None

    @property
    def launched(self) -> bool:
        """Whether it is recorded that ECS has accepted the task."""
        return self.launched_at is not None
