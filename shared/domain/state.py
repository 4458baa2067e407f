"""A job and its runners, as the log says they are: two coupled machines.

Demand is the job, supply is each runner launched for it. Their transitions are the two tables here
and nothing bypasses them. The values are frozen; `evolve` makes the next ones.
"""

from datetime import datetime
from enum import Enum

from msgspec import Struct

from shared.domain.events import JobDetails, LaunchIntended


class Demand(Enum):
    """Where a job is."""

    ABSENT = "absent"
    WAITING = "waiting"
    HELD = "held"
    REFUSED = "refused"
    STARTED = "started"
    COMPLETED = "completed"


class Supply(Enum):
    """Where a runner is."""

    PLANNED = "planned"
    INTENDED = "intended"
    LAUNCHED = "launched"
    IDLE = "idle"
    BUSY = "busy"
    FINISHED = "finished"
    CLOSED = "closed"


class Slot(Enum):
    """Whether a runner counts among those that there may be at once."""

    NONE = "none"
    AWAITED = "awaited"
    HELD = "held"
    FREED = "freed"


class Signal(Enum):
    """What a fact means to one of the machines."""

    QUEUED = "queued"
    HELD = "held"
    REFUSED = "refused"
    STARTED = "started"
    COMPLETED = "completed"

    INTENDED = "intended"
    LAUNCHED = "launched"
    POSTPONED = "postponed"
    RUNNING = "running"
    TAKEN = "taken"
    LEFT = "left"
    NEVER_STARTED = "never started"
    STOPPED = "stopped"


DEMAND: dict[Demand, dict[Signal, Demand]] = {
    Demand.ABSENT: {
        Signal.QUEUED: Demand.WAITING,
        Signal.HELD: Demand.HELD,
        Signal.STARTED: Demand.STARTED,
        Signal.COMPLETED: Demand.COMPLETED,
    },
    Demand.WAITING: {
        Signal.HELD: Demand.HELD,
        Signal.REFUSED: Demand.REFUSED,
        Signal.STARTED: Demand.STARTED,
        Signal.COMPLETED: Demand.COMPLETED,
    },
    Demand.HELD: {
        Signal.QUEUED: Demand.WAITING,
        Signal.STARTED: Demand.STARTED,
        Signal.COMPLETED: Demand.COMPLETED,
    },
    Demand.REFUSED: {
        Signal.QUEUED: Demand.WAITING,
        Signal.STARTED: Demand.STARTED,
        Signal.COMPLETED: Demand.COMPLETED,
    },
    Demand.STARTED: {
        Signal.COMPLETED: Demand.COMPLETED,
    },
    Demand.COMPLETED: {},
}

SUPPLY: dict[Supply, dict[Signal, Supply]] = {
    Supply.PLANNED: {
        Signal.INTENDED: Supply.INTENDED,
        Signal.NEVER_STARTED: Supply.CLOSED,
    },
    Supply.INTENDED: {
        Signal.POSTPONED: Supply.PLANNED,
        Signal.LAUNCHED: Supply.LAUNCHED,
        Signal.RUNNING: Supply.IDLE,
        Signal.TAKEN: Supply.BUSY,
        Signal.LEFT: Supply.FINISHED,
        Signal.NEVER_STARTED: Supply.CLOSED,
        Signal.STOPPED: Supply.CLOSED,
    },
    Supply.LAUNCHED: {
        Signal.RUNNING: Supply.IDLE,
        Signal.TAKEN: Supply.BUSY,
        Signal.LEFT: Supply.FINISHED,
        Signal.STOPPED: Supply.CLOSED,
    },
    Supply.IDLE: {
        Signal.TAKEN: Supply.BUSY,
        Signal.LEFT: Supply.FINISHED,
        Signal.STOPPED: Supply.CLOSED,
    },
    Supply.BUSY: {
        Signal.LEFT: Supply.FINISHED,
        Signal.STOPPED: Supply.CLOSED,
    },
    Supply.FINISHED: {
        Signal.STOPPED: Supply.CLOSED,
    },
    Supply.CLOSED: {},
}


class Job(Struct, frozen=True, kw_only=True):
    """The demand. `paired` is the runner that it waits for, `placed` the one that it ran on.

    `runner_id` is who runs it as GitHub says (ours only); once `placed` equals it, the runner's own
    stream knows too. `told_finished` says the same of the job's end. `stuck` is why its nudges lie
    in a dead-letter queue, until something happens again. `queued_at` is by GitHub's clock,
    `arrived_at` is when that was recorded, which is the order in which jobs wait.

    `check_at` is set while webhooks leave open where the job is: from then on GitHub is asked, and
    until it has answered nothing is launched. `checks` counts the answers, `held_checks` those in a
    row by which the job was held although its last webhook says that it is queued. `demands`
    counts how often it began to wait, `first` is the number of its first runner since then.
    """

    phase: Demand = Demand.ABSENT
    details: JobDetails | None = None
    queued_at: datetime | None = None
    arrived_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    conclusion: str | None = None
    runner_id: str | None = None
    runner_name: str = ""
    github_runner_id: int | None = None
    check_at: datetime | None = None
    checks: int = 0
    held_checks: int = 0
    is_queued_last: bool = False
    demands: int = 0
    first: int = 1
    paired: str | None = None
    placed: str | None = None
    told_finished: bool = False
    reason: str | None = None
    stuck: str | None = None
    told: tuple[str, ...] = ()


class Stop(Struct, frozen=True, kw_only=True):
    """How far the stopping of a runner has come."""

    reason: str
    forced: bool
    intended_at: datetime
    by_operator: bool = False
    deregistered: bool = False
    sent: int = 0
    sent_at: datetime | None = None


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
    phase: Supply
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


class State(Struct, frozen=True, kw_only=True):
    """All that one job's stream says. `fleet` is the prefix of the runners' names."""

    job_id: int
    fleet: str = ""
    job: Job = Job()
    runners: tuple[Runner, ...] = ()

    def runner(self, runner_id: str | None) -> Runner | None:
        """The runner of that id, if it was launched for this job."""
        return next((runner for runner in self.runners if runner.id == runner_id), None)
