"""What may happen next: who can move, and the world after each move.

Two reductions keep the number of worlds small, and are exact:

- A drive stops only where somebody could come between. Reads that lead straight to an append are
  one step with it: had a stream changed in between, the append would have been refused and the
  reads repeated. For that, each stream that was read must be in the append, and was read once;
  else every call is a step. A drive that has appended is where one that reads anew would be, so it
  is a nudge again; a drive whose append is bound to be refused is one, too.
- A call that nobody else's move can touch or be touched by is made at once (`_private`): all the
  others' moves lead to the same worlds before and after it.

A nudge that finds nothing to do is gone at once. That it may come later, when there is something,
is one of the faults (`doubles`).
"""

from typing import Any, NamedTuple

from shared.domain.labels import serves
from shared.domain.state import Supply
from shared.engine.drive import NoProgressError
from shared.ports import Conflict, NameTaken, Refused, Unavailable
from tests.simulation.explore.clusters import Clusters
from tests.simulation.explore.consumers import Answer, Broke, Call, Consumers, Drive, Ended
from tests.simulation.explore.ingest import Ingest
from tests.simulation.explore.naming import runner_name, runner_of
from tests.simulation.explore.outside import Outside, stopped
from tests.simulation.explore.rules import Violation
from tests.simulation.explore.scenario import Bug, Grain, Scenario
from tests.simulation.explore.streams import Streams, job_of
from tests.simulation.explore.world import (
    FINISHED,
    Conclusion,
    Counter,
    End,
    Job,
    Kind,
    Left,
    Notice,
    Nudge,
    Phase,
    Role,
    Runner,
    Task,
    World,
    moment,
    without,
)

RETRY_SECONDS = 60
"""How long a message on which a drive raised stays invisible, and what a failed call asks for."""
_READS = frozenset({"log.read", "log.slots", "log.append", "table.waiting"})
"""The calls that need not be steps of their own: see above."""
_NOT_BY_ITSELF = frozenset(
    {"crash", "refuse", "lose", "double", "nudge", "die", "cancel", "wait"}
)
_LAUNCH = frozenset(
    {"configs.github_runner_id", "configs.put_if_absent", "registrations.mint", "tasks.run"}
)
_CAN_FAIL = frozenset(
    {"registrations.mint", "registrations.delete", "tasks.run", "tasks.stop", "configs.delete"}
)


class Move(NamedTuple):
    """A verb and whom it concerns: a notice, a nudge, a drive, a job, a runner, a time."""

    verb: str
    whom: Any
    more: Any = None


class Moves:
    """The moves of one scenario."""

    def __init__(self, scenario: Scenario, bug: Bug) -> None:
        self.scenario = scenario
        self.streams = Streams()
        self.outside = Outside(self.streams)
        self.consumers = Consumers(self.streams, scenario.policy, bug.ports)
        self.ingest = Ingest(self.streams, self.outside, scenario.labels)
        self.clusters = Clusters(self.streams, self.consumers)
        self._scarce = scenario.policy.max_runners <= scenario.runners
        # Where no task dies and no time passes, nobody sees a task that is slow to start or to end.
        self._patient = bool(scenario.left.deaths or scenario.left.waits)
        self._serves = {
            (home, job): serves(has, wants)
            for home, has in enumerate(scenario.labels, 1)
            for job, wants in enumerate(scenario.labels, 1)
        }

    def start(self) -> World:
        """GitHub has just queued all jobs, and its webhooks are on their way."""
        jobs = range(1, len(self.scenario.labels) + 1)
        return World(
            clock=0,
            left=self.scenario.left,
            versions=tuple(self.streams.empty(job) for job in jobs),
            counter=Counter(),
            nudges=(),
            drives=(),
            jobs=tuple(Job(Phase.QUEUED) for _ in jobs),
            runners=(),
            notices=tuple(Notice(Kind.QUEUED, job, 0, 0, 0) for job in jobs),
        )

    # --- who can move ----------------------------------------------------------------------------

    def enabled(self, world: World) -> list[Move]:
        """Every move that the world allows; one whose order does not matter stands alone."""
        if self._beyond(world):
            return []
        for number in world.drives:
            if self.scenario.grain is Grain.STEPS or self._private(world, number):
                return self._steps(world, number)
        moves = [*self.able(world), *self._faults(world)]
        return self._of_one_cluster(world, moves) or [*moves, *self._passing(world)]

    def _of_one_cluster(self, world: World, moves: list[Move]) -> list[Move]:
        """The moves of a cluster that is over: see `clusters`."""
        if world.left.waits or world.clock or self._scarce:
            return []
        for cluster in self.clusters.over(world):
            found = [move for move in moves if self._job(move) in cluster]
            if found:
                return found
        return []

    def _job(self, move: Move) -> int:
        """The job whose stream the move touches, or 0 if it is none's alone."""
        match move.whom:
            case Notice(job=job) | Nudge(job=job):
                return job
            case Runner(home=home):
                return home
        if move.verb in ("step", "crash", "refuse"):
            return self.consumers.drives[move.whom].job
        return int(move.whom) if move.verb in ("nudge", "sweep", "cancel") else 0

    def at_rest(self, world: World, moves: list[Move]) -> bool:
        """Whether nothing more happens by itself, or nothing more is looked at."""
        return self._beyond(world) or all(move.verb in _NOT_BY_ITSELF for move in moves)

    def _beyond(self, world: World) -> bool:
        planned = sum(len(self.streams.histories[one].state.runners) for one in world.versions)
        return planned > self.scenario.runners

    def able(self, world: World) -> list[Move]:
        """The moves that need no fault and no time to pass, the control plane's own first."""
        moves = [Move("step", number) for number in world.drives]
        moves += [Move("drive", nudge) for nudge in world.nudges if self._ready(world, nudge)]
        moves += [Move("deliver", notice) for notice in world.notices]
        return moves + self._outer(world) + self._janitor(world)

    def _outer(self, world: World) -> list[Move]:
        """What GitHub and ECS may do while the channel has room for what they will tell."""
        moves: list[Move] = []
        if len(world.notices) >= self.scenario.channel:
            return moves
        for runner in world.runners:
            if runner.task is Task.PROVISIONING:
                moves.append(Move("start", runner))
            if runner.live and runner.busy == FINISHED:
                moves.append(Move("exit", runner))
            if runner.busy > 0:
                moves.append(Move("complete" if runner.live else "fail", runner))
            if runner.idle:
                moves += [
                    Move("assign", runner, number)
                    for number, job in enumerate(world.jobs, 1)
                    if job.phase is Phase.QUEUED and self._serves[runner.home, number]
                ]
        return moves

    def _steps(self, world: World, number: int) -> list[Move]:
        moves = [Move("step", number)]
        if world.left.crashes:
            moves.append(Move("crash", number))
        call = self.consumers.next(number)
        if world.left.failures and isinstance(call, Call) and call.name in _CAN_FAIL:
            moves.append(Move("refuse", number))
        return moves

    def _ready(self, world: World, nudge: Nudge) -> bool:
        return nudge.after <= world.clock and not self._driving(world, nudge.job, nudge.role)

    def _driving(self, world: World, job: int, role: Role) -> bool:
        drives = (self.consumers.drives[number] for number in world.drives)
        return any(drive.job == job and drive.role is role for drive in drives)

    def _janitor(self, world: World) -> list[Move]:
        """It goes to one stream at a time, and only to those that are due."""
        if any(nudge.role is Role.JANITOR for nudge in world.nudges):
            return []
        if any(self.consumers.drives[number].role is Role.JANITOR for number in world.drives):
            return []
        now = moment(world.clock)
        return [
            Move("sweep", job)
            for job, version in enumerate(world.versions, 1)
            if (due := self.streams.due_at[version]) is not None and due <= now
            if self._has_work(world, job, Role.JANITOR)
        ]

    def _has_work(self, world: World, job: int, role: Role) -> bool:
        found = self.consumers.next(
            self.consumers.fresh(role, world.versions[job - 1], world.clock)
        )
        return not isinstance(found, Ended)

    def _faults(self, world: World) -> list[Move]:
        left, moves = world.left, []
        if left == Left():
            return []
        for number in world.drives:
            moves += self._steps(world, number)[1:]
        if left.losses:
            moves += [Move("lose", notice) for notice in world.notices]
        if left.doubles:
            moves += [Move("double", notice) for notice in world.notices]
            moves += self._spurious(world)
        if left.deaths:
            moves += [Move("die", runner) for runner in world.runners if runner.live]
        if left.cancels:
            moves += [
                Move("cancel", number)
                for number, job in enumerate(world.jobs, 1)
                if job.phase is Phase.QUEUED
            ]
        return moves

    def _spurious(self, world: World) -> list[Move]:
        there = {(nudge.job, nudge.role) for nudge in world.nudges}
        return [
            Move("nudge", job, role)
            for job in range(1, len(world.jobs) + 1)
            for role in (Role.SCHEDULER, Role.RECONCILER)
            if (job, role) not in there and not self._driving(world, job, role)
            if self._has_work(world, job, role)
        ]

    def _passing(self, world: World) -> list[Move]:
        """Time passes when something comes of it: a message is visible again, a row is due."""
        if not world.left.waits:
            return []
        return [
            Move("wait", period) for period in self.scenario.periods if self._matters(world, period)
        ]

    def _matters(self, world: World, period: int) -> bool:
        later = world._replace(clock=world.clock + period)
        hidden = any(world.clock < nudge.after <= later.clock for nudge in world.nudges)
        return hidden or bool(self._janitor(later))

    def _private(self, world: World, number: int) -> bool:
        """Whether nobody else can touch what the drive is about to touch, now or before it does.

        A runner's config and registration are touched by drives of its home stream only, and by
        GitHub once its task runs; until RunTask no other role's rule asks for them. The config of a
        runner that the log knows launched, or over, is nobody's but that of who deletes it. Where
        time may pass, the Janitor may come, so there nothing is private.
        """
        call, drive = self.consumers.next(number), self.consumers.drives[number]
        if not isinstance(call, Call):
            return False
        if call.name == "tasks.run" and world.runner(*runner_of(runner_named(call))).task:
            return True  # it is only adopted
        if world.left.waits or world.clock:
            return False
        jobs = [self.consumers.drives[one].job for one in world.drives]
        if jobs.count(drive.job) > 1 or call.port == "log":
            return False
        if call.name == "configs.delete":
            state = self.streams.histories[drive.read].state
            runner = state.runner(call.args[0])
            return runner is not None and (runner.launched or runner.phase is Supply.CLOSED)
        if call.name not in _LAUNCH:
            return False
        name = call.args[0] if call.port == "configs" else runner_named(call)
        return world.runner(*runner_of(name)).task is Task.NONE

    # --- the world after a move ------------------------------------------------------------------

    def after(self, world: World, move: Move) -> World:
        """The world after the move, with all that follows from it at once.

        Raises:
            Violation: the move breaks an invariant.
        """
        moved: World = getattr(self, f"_{move.verb}")(world, *move[1:])
        return self._tidy(moved)

    def _deliver(self, world: World, notice: Notice, _: None) -> World:
        world = world._replace(notices=without(world.notices, notice))
        return self.ingest.deliver(world, notice)

    def _double(self, world: World, notice: Notice, _: None) -> World:
        return self.ingest.deliver(world.spend("doubles"), notice)

    def _lose(self, world: World, notice: Notice, _: None) -> World:
        world = world.spend("losses")._replace(notices=without(world.notices, notice))
        # GitHub can be asked for a webhook again, and the Janitor does; ECS's events are gone.
        again = notice.kind in (Kind.QUEUED, Kind.STARTED, Kind.COMPLETED)
        return world._replace(lost=tuple(sorted((*world.lost, notice)))) if again else world

    def _drive(self, world: World, nudge: Nudge, _: None) -> World:
        world = world._replace(nudges=without(world.nudges, nudge))
        version = world.versions[nudge.job - 1]
        drive = self.consumers.drives[self.consumers.fresh(nudge.role, version, world.clock)]
        return self._at_once(world, drive) or self._goes_on(world, drive)

    def _at_once(self, world: World, drive: Drive) -> World | None:
        """Read and append in one step, if every stream read is in the append and was read once."""
        read: list[int | str] = [drive.job]
        while True:
            call = self.consumers.next(self.consumers.intern(drive))
            if not isinstance(call, Call) or call.name not in _READS:
                return None
            if call.name == "log.append":
                appends, _, slots = call.args
                covered = {job_of(one.stream) for one in appends} | ({"slots"} if slots else set())
                whole = covered.issuperset(read) and len(set(read)) == len(read)
                return self._appended(world, drive, call) if whole else None
            if call.name == "log.read":
                read.append(job_of(call.args[0]))
            if call.name == "log.slots":
                read.append("slots")
            drive = drive.answered(self._answer(world, call))

    def _answer(self, world: World, call: Call) -> Answer:
        """What a call that changes nothing returns."""
        if call.name == "log.read":
            return Answer(world.clock, version=world.versions[job_of(call.args[0]) - 1])
        return Answer(world.clock, value=self.outside.perform(world, call)[1])

    def _appended(self, world: World, drive: Drive, call: Call) -> World:
        """After an append, refused or not, the drive goes on as one that reads anew."""
        try:
            world = self.outside.append(world, call)
        except Conflict:
            pass
        return world.nudge(Nudge(drive.job, drive.role))

    def _step(self, world: World, number: int, _: None) -> World:
        world = self._stepped(world, number)
        if self._patient:
            return world
        for runner in world.runners:
            if runner.task is Task.PROVISIONING:
                world = self._start(world, runner, None)
        return world

    def _stepped(self, world: World, number: int) -> World:
        drive, call = self.consumers.drives[number], self.consumers.next(number)
        assert isinstance(call, Call)
        world = world._replace(drives=without(world.drives, number))
        if call.name == "log.append":
            return self._appended(world, drive, call)
        if call.name in _READS:
            return self._goes_on(world, drive.answered(self._answer(world, call)))
        try:
            world, value = self.outside.perform(world, call)
        except (NameTaken, Refused) as error:
            return self._goes_on(world, drive.answered(Answer(world.clock, error=error)))
        return self._goes_on(world, drive.answered(Answer(world.clock, value=value)))

    def _refuse(self, world: World, number: int, _: None) -> World:
        drive = self.consumers.drives[number]
        world = world.spend("failures")._replace(drives=without(world.drives, number))
        error = Unavailable("throttled", retry_after=RETRY_SECONDS)
        return self._goes_on(world, drive.answered(Answer(world.clock, error=error)))

    def _goes_on(self, world: World, drive: Drive) -> World:
        number = self.consumers.intern(drive)
        found = self.consumers.next(number)
        if isinstance(found, Call):
            return world._replace(drives=tuple(sorted((*world.drives, number))))
        if isinstance(found, Broke):
            return self._broke(world, drive, found)
        if found.retry_at is None or drive.role is Role.JANITOR:
            return world
        return world.nudge(Nudge(drive.job, drive.role, found.retry_at))

    def _broke(self, world: World, drive: Drive, found: Broke) -> World:
        if not isinstance(found.error, Refused | Unavailable) or isinstance(
            found.error, NoProgressError
        ):
            raise Violation(f"job-{drive.job} can not be driven: {found.error!r}")
        if drive.role is Role.JANITOR:
            return world
        return world.nudge(Nudge(drive.job, drive.role, world.clock + RETRY_SECONDS))

    def _crash(self, world: World, number: int, _: None) -> World:
        drive = self.consumers.drives[number]
        world = world.spend("crashes")._replace(drives=without(world.drives, number))
        return world if drive.role is Role.JANITOR else world.nudge(Nudge(drive.job, drive.role))

    def _nudge(self, world: World, job: int, role: Role) -> World:
        return world.spend("doubles").nudge(Nudge(job, role))

    def _sweep(self, world: World, job: int, _: None) -> World:
        return world.nudge(Nudge(job, Role.JANITOR))

    def _wait(self, world: World, period: int, _: None) -> World:
        """A period is longer than a function may run: drives under way do not outlive it."""
        for number in world.drives:
            drive = self.consumers.drives[number]
            if drive.role is not Role.JANITOR:
                world = world.nudge(Nudge(drive.job, drive.role))
        return world.spend("waits")._replace(clock=world.clock + period, drives=())

    def _start(self, world: World, runner: Runner, _: None) -> World:
        if not runner.config:
            return stopped(world, runner, End.NOT_STARTED)
        world = world.put(runner._replace(task=Task.RUNNING, uses=runner.config))
        return world.tell(Notice(Kind.TASK_RUNNING, runner.home, *runner[:2], world.clock))

    def _exit(self, world: World, runner: Runner, _: None) -> World:
        return stopped(world, runner, End.EXITED)

    def _die(self, world: World, runner: Runner, _: None) -> World:
        end = End.NOT_STARTED if runner.task is Task.PROVISIONING else End.DIED
        return stopped(world.spend("deaths"), runner, end)

    def _assign(self, world: World, runner: Runner, number: int) -> World:
        world = world.put(runner._replace(busy=number))
        world = world.put_job(number, Job(Phase.RUNNING, *runner[:2]))
        return world.tell(Notice(Kind.STARTED, number, *runner[:2], world.clock))

    def _complete(self, world: World, runner: Runner, _: None) -> World:
        world = self._over(world, runner, Conclusion.SUCCESS)
        return world if self._patient else self._exit(world, world.runner(*runner[:2]), None)

    def _fail(self, world: World, runner: Runner, _: None) -> World:
        return self._over(world, runner, Conclusion.FAILURE)

    def _over(self, world: World, runner: Runner, conclusion: Conclusion) -> World:
        """GitHub forgets an ephemeral runner with its job."""
        job = runner.busy
        world = world.put(runner._replace(busy=FINISHED, registered=0))
        world = world.put_job(job, Job(Phase.ENDED, *runner[:2], conclusion))
        told = Notice(Kind.COMPLETED, job, *runner[:2], world.clock, conclusion)
        return world.tell(told)

    def _cancel(self, world: World, number: int, _: None) -> World:
        conclusion = Conclusion.CANCELLED
        world = world.spend("cancels").put_job(number, Job(Phase.ENDED, 0, 0, conclusion))
        return world.tell(Notice(Kind.COMPLETED, number, 0, 0, world.clock, conclusion))

    # --- what follows at once --------------------------------------------------------------------

    def _tidy(self, world: World) -> World:
        """Drives that must read anew are nudges, and nudges that find nothing to do are gone."""
        for number in world.drives:
            drive, call = self.consumers.drives[number], self.consumers.next(number)
            stale = drive.read != world.versions[drive.job - 1]
            refused = isinstance(call, Call) and call.name in ("log.append", "log.slots")
            if stale and refused:
                world = world._replace(drives=without(world.drives, number))
                world = world.nudge(Nudge(drive.job, drive.role))
        for nudge in world.nudges:
            if self._ready(world, nudge):
                world = self._look(world, nudge)
        if not self.scenario.left.doubles:
            return world
        kept = tuple(one for one in world.notices if not self._heard(world, one))
        return world if len(kept) == len(world.notices) else world._replace(notices=kept)

    def _look(self, world: World, nudge: Nudge) -> World:
        version = world.versions[nudge.job - 1]
        found = self.consumers.next(self.consumers.fresh(nudge.role, version, world.clock))
        if not isinstance(found, Ended):
            return world
        world = world._replace(nudges=without(world.nudges, nudge))
        if found.retry_at is None or nudge.role is Role.JANITOR:
            return world
        return world.nudge(nudge._replace(after=found.retry_at))

    def _heard(self, world: World, notice: Notice) -> bool:
        """A notice that the log holds already: taken in once more, it changes nothing."""
        return self.ingest.deliver(world, notice) == world


def runner_named(call: Call) -> str:
    """The runner that a call of the launch recipe is about."""
    if call.name == "tasks.run":
        return str(call.args[0].runner_id)
    return str(call.args[1])


__all__ = ["Move", "Moves", "runner_name"]
