"""The moves that a world allows. `driving` and `happenings` compute the world after a move.

Where the order of moves does not matter, one order stands for all: see `private` and `clusters`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.simulation.explore.clusters import Clusters
from tests.simulation.explore.consumers import Call
from tests.simulation.explore.driving import Driving
from tests.simulation.explore.happenings import Happenings
from tests.simulation.explore.model import Model
from tests.simulation.explore.private import is_private
from tests.simulation.explore.scenario import Bug, Grain, Scenario
from tests.simulation.explore.world import (
    FINISHED,
    REMOVED,
    Left,
    Notice,
    Nudge,
    Phase,
    Role,
    Runner,
    Task,
    World,
    moment,
)

_NOT_BY_ITSELF = frozenset(
    {
        "crash",
        "pause",
        "refuse",
        "unanswered",
        "lose",
        "double",
        "nudge",
        "die",
        "cancel",
        "hold",
        "remove",
        "wait",
    }
)
_CAN_FAIL = frozenset(
    {
        "registrations.mint",
        "registrations.delete",
        "configs.put_if_absent",
        "tasks.run",
        "tasks.stop",
    }
)


class Move(NamedTuple):
    """A verb and its object: a notice, a nudge, a drive, a job, a runner, a time."""

    verb: str
    whom: Any
    more: Any = None


class Moves:
    """The moves of one scenario."""

    def __init__(self, scenario: Scenario, bug: Bug) -> None:
        self.model = model = Model(scenario, bug)
        self.scenario = scenario
        self.streams = model.streams
        self.consumers = model.consumers
        self._driving = Driving(model)
        self._happenings = happenings = Happenings(model)
        self.clusters = Clusters(self.streams, self.consumers)
        driving = self._driving
        self._after: dict[str, Callable[..., World]] = {
            "drive": driving.begin,
            "step": self._step,
            "refuse": driving.refuse,
            "unanswered": driving.unanswered,
            "crash": driving.crash,
            "pause": driving.pause,
            "deliver": happenings.deliver,
            "double": happenings.double,
            "lose": happenings.lose,
            "nudge": happenings.nudge,
            "sweep": happenings.sweep,
            "wait": happenings.wait,
            "start": happenings.start,
            "exit": happenings.exit,
            "die": happenings.die,
            "assign": happenings.assign,
            "complete": happenings.complete,
            "fail": happenings.fail,
            "cancel": happenings.cancel,
            "hold": happenings.hold,
            "approve": happenings.approve,
            "remove": happenings.remove,
        }

    def start(self) -> World:
        """GitHub has just queued all jobs."""
        return self.model.start()

    def after(self, world: World, move: Move) -> World:
        """The world after the move, with all that follows from it at once.

        Raises:
            Violation: the move breaks an invariant.
        """
        concerned = move[1:] if move.more is not None else move[1:2]
        return self._driving.tidy(self._after[move.verb](world, *concerned))

    def _step(self, world: World, number: int) -> World:
        world = self._driving.step(world, number)
        return world if self.model.patient else self._happenings.start_all(world)

    def enabled(self, world: World) -> list[Move]:
        """Every move that the world allows; one whose order does not matter stands alone."""
        if self._beyond(world):
            return []
        if world.active >= 0:
            pause = [Move("pause", world.active)] if world.left.pauses else []
            return self._steps(world, world.active) + pause
        if self.scenario.grain is Grain.CALLS and self.scenario.reductions.private_calls:
            for number in world.drives:
                if is_private(self.model, world, number):
                    return self._steps(world, number)
        moves = [*self.able(world), *self._faults(world)]
        return self._of_one_cluster(world, moves) or [*moves, *self._passing(world)]

    def _of_one_cluster(self, world: World, moves: list[Move]) -> list[Move]:
        """The moves of a cluster that is over: see `clusters`."""
        more_may_come = self._planned(world) < self.scenario.runners
        on = self.scenario.reductions.clusters
        if not on or world.left.waits or world.clock or self.model.scarce or more_may_come:
            return []
        for cluster in self.clusters.over(world):
            found = [move for move in moves if self.job(move) in cluster]
            if found:
                return found
        return []

    def job(self, move: Move) -> int:
        """The job whose stream the move touches, or 0 if it is not only one."""
        match move.whom:
            case Notice(job=job) | Nudge(job=job):
                return job
            case Runner(home=home):
                return home
        if move.verb in ("step", "crash", "refuse", "unanswered"):
            return self.consumers.drives[move.whom].job
        return int(move.whom) if move.verb in ("nudge", "sweep", "cancel", "hold", "approve") else 0

    def at_rest(self, world: World, moves: list[Move]) -> bool:
        """Whether nothing more happens by itself, or the world is beyond the bound."""
        return self._beyond(world) or all(move.verb in _NOT_BY_ITSELF for move in moves)

    def _beyond(self, world: World) -> bool:
        return self._planned(world) > self.scenario.runners

    def _planned(self, world: World) -> int:
        return sum(len(self.streams.histories[one].state.runners) for one in world.versions)

    def able(self, world: World) -> list[Move]:
        """The moves that need no fault and no time to pass, the control plane's own first."""
        moves = [Move("step", number) for number in world.drives]
        moves += [Move("drive", nudge) for nudge in world.nudges if self.model.ready(world, nudge)]
        moves += [Move("deliver", notice) for notice in world.notices]
        return moves + self._outer(world) + self._janitor(world)

    def _outer(self, world: World) -> list[Move]:
        """What GitHub and ECS may do while the channel has room for their notices."""
        moves: list[Move] = []
        if len(world.notices) >= self.scenario.channel:
            return moves
        for runner in world.runners:
            if runner.task is Task.PROVISIONING:
                moves.append(Move("start", runner))
            if runner.live and runner.busy in (FINISHED, REMOVED):
                moves.append(Move("exit", runner))
            if runner.busy > 0:
                moves.append(Move("complete" if runner.live else "fail", runner))
            if runner.idle:
                moves += [
                    Move("assign", runner, number)
                    for number, job in enumerate(world.jobs, 1)
                    if job.phase is Phase.QUEUED and self.model.serves[runner.home, number]
                ]
        return moves + [
            Move("approve", number)
            for number, job in enumerate(world.jobs, 1)
            if job.phase is Phase.HELD
        ]

    def _steps(self, world: World, number: int) -> list[Move]:
        moves = [Move("step", number)]
        if world.left.crashes:
            moves.append(Move("crash", number))
        call = self.consumers.next(number)
        if world.left.failures and isinstance(call, Call) and call.name in _CAN_FAIL:
            moves += [Move("refuse", number), Move("unanswered", number)]
        return moves

    def _janitor(self, world: World) -> list[Move]:
        """It drives one stream at a time, and only those that are due."""
        if any(nudge.role is Role.JANITOR for nudge in world.nudges):
            return []
        if any(self.consumers.drives[number].role is Role.JANITOR for number in world.drives):
            return []
        now = moment(world.clock)
        return [
            Move("sweep", job)
            for job, version in enumerate(world.versions, 1)
            if (due := self.streams.due_at[version]) is not None and due <= now
            if self.model.has_work(world, job, Role.JANITOR)
        ]

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
        if left.removals:
            moves += [Move("remove", runner) for runner in world.runners if runner.idle]
        if left.deaths:
            moves += [Move("die", runner) for runner in world.runners if runner.live]
        for verb, times in (("cancel", left.cancels), ("hold", left.holds)):
            moves += [
                Move(verb, number)
                for number, job in enumerate(world.jobs, 1)
                if times and job.phase is Phase.QUEUED
            ]
        return moves

    def _spurious(self, world: World) -> list[Move]:
        there = {(nudge.job, nudge.role) for nudge in world.nudges}
        return [
            Move("nudge", job, role)
            for job in range(1, len(world.jobs) + 1)
            for role in (Role.SCHEDULER, Role.RECONCILER)
            if (job, role) not in there and not self.model.driving(world, job, role)
            if self.model.has_work(world, job, role)
        ]

    def _passing(self, world: World) -> list[Move]:
        """Time passes when that has an effect: a message becomes visible, a row is due."""
        if not world.left.waits:
            return []
        return [
            Move("wait", period) for period in self.scenario.periods if self._matters(world, period)
        ]

    def _matters(self, world: World, period: int) -> bool:
        if not self.scenario.reductions.useful_waits:
            return True
        later = world._replace(clock=world.clock + period)
        hidden = any(world.clock < nudge.after <= later.clock for nudge in world.nudges)
        return hidden or bool(self._janitor(later))
