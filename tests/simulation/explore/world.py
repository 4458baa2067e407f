"""The world as one immutable value of numbers: cheap to hash, to compare and to rename.

Jobs are 1, 2, 3, …; a runner is its home job and its launch number. Streams and drives are numbers
too, interned by `streams` and `consumers`. `moves` lists what may happen to a world.
"""

from datetime import datetime, timedelta
from enum import IntEnum
from typing import NamedTuple

from tests.support.stories import START

FLEET = "fleet"


class Role(IntEnum):
    """Who drives a stream; the Janitor has both roles."""

    SCHEDULER = 0
    RECONCILER = 1
    JANITOR = 2


class Phase(IntEnum):
    """A job at GitHub."""

    QUEUED = 0
    RUNNING = 1
    ENDED = 2
    HELD = 3


class Task(IntEnum):
    """A runner's task at ECS."""

    NONE = 0
    PROVISIONING = 1
    RUNNING = 2
    STOPPED = 3


class End(IntEnum):
    """How a task ended."""

    NONE = 0
    EXITED = 1
    STOPPED = 2
    DIED = 3
    NOT_STARTED = 4
    JOBLESS = 5


class Conclusion(IntEnum):
    """How a job ended: GitHub's conclusions."""

    NONE = 0
    SUCCESS = 1
    FAILURE = 2
    CANCELLED = 3


class Kind(IntEnum):
    """What a notice from outside reports."""

    QUEUED = 0
    STARTED = 1
    COMPLETED = 2
    TASK_RUNNING = 3
    TASK_STOPPED = 4
    HELD = 5
    APPROVED = 6


class Left(NamedTuple):
    """How many more times each fault, and the passing of time, may happen."""

    crashes: int = 0
    losses: int = 0
    doubles: int = 0
    deaths: int = 0
    cancels: int = 0
    failures: int = 0
    pauses: int = 0
    holds: int = 0
    removals: int = 0
    waits: int = 0


class Job(NamedTuple):
    """A job as GitHub has it; `home` and `number` are the runner that took it, or 0."""

    phase: Phase
    home: int = 0
    number: int = 0
    conclusion: Conclusion = Conclusion.NONE


FINISHED = -1
"""`Runner.busy` of a runner whose job is over and whose process has not ended yet."""
REMOVED = -2
"""`Runner.busy` of a runner whose registration GitHub removed while it was idle."""


class Runner(NamedTuple):
    """A runner outside the log: its config in S3, its registration at GitHub, its task at ECS.

    A registration is known by its ordinal among all that were minted under the runner's name;
    `uses` is the one that the task read when it started.
    """

    home: int
    number: int
    config: int = 0
    registered: int = 0
    minted: int = 0
    busy: int = 0
    task: Task = Task.NONE
    uses: int = 0
    spec: int = 0
    end: End = End.NONE

    @property
    def live(self) -> bool:
        return self.task in (Task.PROVISIONING, Task.RUNNING)

    @property
    def idle(self) -> bool:
        """Online at GitHub and without a job: GitHub may assign it one."""
        online = self.task is Task.RUNNING and self.registered and self.uses == self.registered
        return bool(online and self.busy == 0)


class Notice(NamedTuple):
    """A webhook or an ECS event on its way to ingest. `at` is when it happened."""

    kind: Kind
    job: int
    home: int
    number: int
    at: int
    detail: int = 0


class Nudge(NamedTuple):
    """A message on a queue, visible from `after` on. For the Janitor: a stream that it drives."""

    job: int
    role: Role
    after: int = 0


class Counter(NamedTuple):
    """The fleet's slots, all of one shard, and its circuit breaker; `try_after` is -1 for never."""

    held: int = 0
    awaited: int = 0
    broken: int = 0
    try_after: int = -1


class World(NamedTuple):
    """Everything that a search distinguishes. Sequences are sorted, so equal worlds are equal.

    `active` is the drive that may not be interrupted, or -1: see `Grain.STEPS`.
    """

    clock: int
    left: Left
    versions: tuple[int, ...]
    counter: Counter
    nudges: tuple[Nudge, ...]
    drives: tuple[int, ...]
    jobs: tuple[Job, ...]
    runners: tuple[Runner, ...]
    notices: tuple[Notice, ...]
    lost: tuple[Notice, ...] = ()
    active: int = -1

    def runner(self, home: int, number: int) -> Runner:
        """The runner of that name; a new one if the world holds none."""
        for runner in self.runners:
            if runner.home == home and runner.number == number:
                return runner
        return Runner(home, number)

    def put(self, changed: Runner) -> "World":
        others = (one for one in self.runners if one[:2] != changed[:2])
        return self._replace(runners=tuple(sorted((*others, changed))))

    def put_job(self, number: int, changed: Job) -> "World":
        jobs = (*self.jobs[: number - 1], changed, *self.jobs[number:])
        return self._replace(jobs=jobs)

    def send(self, notice: Notice) -> "World":
        return self._replace(notices=tuple(sorted((*self.notices, notice))))

    def nudge(self, added: Nudge) -> "World":
        """Add a nudge, unless the role's queue holds one for the stream already."""
        if any(one.job == added.job and one.role == added.role for one in self.nudges):
            return self
        return self._replace(nudges=tuple(sorted((*self.nudges, added))))

    def spend(self, fault: str) -> "World":
        left = self.left
        return self._replace(left=left._replace(**{fault: getattr(left, fault) - 1}))


def moment(clock: int) -> datetime:
    return START + timedelta(seconds=clock)


def seconds(at: datetime) -> int:
    """The first whole second that is not before `at`."""
    passed = at - START
    return passed.days * 86_400 + passed.seconds + (1 if passed.microseconds else 0)


def without(items: tuple, item: object) -> tuple:
    """The tuple without one such item."""
    at = items.index(item)
    return (*items[:at], *items[at + 1 :])
