"""Liveness: from a world in which faults have stopped, one fair path leads to a good end.

Everything that can happen does, in a fixed order: consumers finish, messages and notices arrive,
tasks start, GitHub gives idle runners their jobs, jobs end. When nothing is left to happen, the
time passes to the next message that waits for it, and then, at most `ROUNDS` times, until the
Janitor runs: lost webhooks are redelivered then, streams that are due are driven, and at last what
is left of runners that the log has closed (orphaned tasks, registrations) is removed. Except for
the drives, the sweeps are modelled in short and without their periods of grace; they have tests of
their own. The sweep of waiting jobs is not modelled.

The search checks each world in which nothing happens by itself, and each one at its bound. From
every other world it takes all moves itself, and each path leads to such a world.
"""

from collections.abc import Iterator

from shared.domain.runner.state import RunnerPhase
from tests.simulation.explore.moves import Move, Moves
from tests.simulation.explore.naming import runner_name
from tests.simulation.explore.outside import stopped
from tests.simulation.explore.rules import Violation, check_always, check_end, ended_well
from tests.simulation.explore.symmetry import Symmetry, digest
from tests.simulation.explore.world import End, Left, Runner, World

ROUNDS = 2
PERIOD = 700
"""Seconds between the Janitor's runs: longer than every limit but a runner's lifetime."""
LONGEST = 2000
"""Moves of a fair path, beyond which it is a cycle."""


class Fairness:
    """Follows the fair path from a world; keeps the worlds from which it ends well."""

    def __init__(self, moves: Moves, symmetry: Symmetry) -> None:
        self._moves = moves
        self._symmetry = symmetry
        self._good: set[bytes] = set()

    def check(self, world: World) -> None:
        """Follow the path from the world.

        Raises:
            Violation: it does not end, or not well.
        """
        passed = []
        world = self._symmetry.canonical(world._replace(left=Left()))
        for rounds, _, then in self.path(world):
            mark = digest(self._symmetry.canonical(then)) + bytes([rounds])
            if mark in self._good:
                break
            passed.append(mark)
        self._good.update(passed)

    def path(self, world: World) -> Iterator[tuple[int, Move | None, World]]:
        """The worlds on the path, with the move that led to each and how often the Janitor ran."""
        world, rounds, move = world._replace(left=Left()), 0, None
        yield rounds, move, world
        for _ in range(LONGEST):
            able = self._moves.able(world)
            if able:
                move = able[0]
                world = self._moves.after(world, move)
            elif hidden := [nudge.after for nudge in world.nudges if nudge.after > world.clock]:
                move = Move("wait", min(hidden) - world.clock)
                world = self._moves.after(self._with_time(world), move)
            elif rounds and (clean := self._without_closed(world)) != world:
                world, move = clean, Move("clean", rounds)
            elif rounds < ROUNDS and not ended_well(world, self._moves.streams):
                rounds, move = rounds + 1, Move("wait", PERIOD)
                world = self._moves.after(self._redelivered(self._with_time(world)), move)
            else:
                check_end(world, self._moves.streams)
                return
            check_always(world, self._moves.streams)
            yield rounds, move, world
        raise Violation(f"not settled after {LONGEST} moves without faults")

    def _closed(self, world: World, runner: Runner) -> bool:
        state = self._moves.streams.histories[world.versions[runner.home - 1]].state
        known = state.runner(runner_name(*runner[:2]))
        return known is None or known.phase is RunnerPhase.CLOSED

    def _with_time(self, world: World) -> World:
        return world._replace(left=Left(waits=1))

    def _redelivered(self, world: World) -> World:
        return world._replace(notices=tuple(sorted((*world.notices, *world.lost))), lost=())

    def _without_closed(self, world: World) -> World:
        for runner in world.runners:
            if runner.busy <= 0 and self._closed(world, runner):
                world = world.put(runner._replace(registered=0))
                if runner.live:
                    world = stopped(world, world.runner(*runner[:2]), End.STOPPED)
        return world
