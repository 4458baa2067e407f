"""Two searches of one scenario, with and without a reduction, in values that they share.

A search numbers versions, drives and task specifications in the order in which it meets them, so
worlds of two searches can not be compared as they are. `Reached` replaces each number by what it
stands for. Its search has none of the shortcuts of `search`: no digests, no skipped successors.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from tests.simulation.explore.moves import Move, Moves
from tests.simulation.explore.rules import check_always
from tests.simulation.explore.scenario import Scenario
from tests.simulation.explore.search import NO_BUG, surroundings
from tests.simulation.explore.streams import identity
from tests.simulation.explore.symmetry import Symmetry
from tests.simulation.explore.world import World

DEEPEST = 1000
"""More moves than any path of a small scenario has."""

Plain = tuple[Any, ...]
"""A world, or a part of it, without a search's own numbers."""


class Lead:
    """Where a comparison begins: after the first moves that do not match `avoiding`.

    The moves are taken one after the other until the world is one that `until` accepts. So the
    late part of a scenario can be searched alone where the whole is too large.
    """

    def __init__(
        self,
        until: Callable[[World], bool] = lambda _: True,
        avoiding: Callable[[Move], bool] = lambda _: False,
    ) -> None:
        self._until = until
        self._avoiding = avoiding

    def world(self, moves: Moves) -> World:
        """The world to begin with."""
        world = moves.start()
        while not self._until(world):
            able = (move for move in moves.able(world) if not self._avoiding(move))
            world = moves.after(world, next(able))
        return world


class Reached:
    """Every world of a scenario, and every step from one to another."""

    def __init__(self, scenario: Scenario, lead: Lead | None = None) -> None:
        self.steps: list[tuple[World, World]] = []
        with surroundings(scenario, NO_BUG):
            self.moves = Moves(scenario, NO_BUG)
            self.symmetry = Symmetry(self.moves)
            first = (lead or Lead()).world(self.moves)
            self.worlds = self._search(self.symmetry.canonical(first))
        self._versions: dict[int, Plain] = {}

    def _search(self, first: World) -> list[World]:
        known, level = {first}, [first]
        found = [first]
        for _ in range(DEEPEST):
            following = []
            for world in level:
                check_always(world, self.moves.streams)
                for move in self.moves.enabled(world):
                    after = self.symmetry.canonical(self.moves.after(world, move))
                    self.steps.append((world, after))
                    if after not in known:
                        known.add(after)
                        following.append(after)
            found += following
            level = following
        return found

    def outcomes(self) -> set[Plain]:
        """The `outcome` of every world."""
        return {self.outcome(world) for world in self.worlds}

    def at_rest(self) -> set[Plain]:
        """The outcome of every world in which nothing happens by itself."""
        return {self.outcome(world) for world in self.worlds if not self.moves.able(world)}

    def events(self) -> set[Plain]:
        """The outcome of every world without any time: streams by the ids of their events."""
        return {
            (tuple((seq, ids) for _, seq, ids, _ in versions), jobs, runners)
            for _, versions, _, jobs, runners in self.outcomes()
        }

    def edges(self, of: Callable[[World], Any]) -> set[tuple[Any, Any]]:
        """The steps between worlds, in the terms of `of`."""
        known = {world: of(world) for world in self.worlds}
        return {(known[before], known[after]) for before, after in self.steps}

    def outcome(self, world: World) -> Plain:
        """The log, and what GitHub and ECS hold: all that somebody outside can see.

        Not part of it: what is on its way to consumers, and how far each of them has come.
        """
        runners = [(*one._replace(spec=0), self._specification(one.spec)) for one in world.runners]
        return (world.clock, *self.log(world), world.jobs, tuple(runners))

    def log(self, world: World) -> Plain:
        """The streams and the counter."""
        return tuple(self._version(one) for one in world.versions), world.counter

    def plain(self, world: World) -> Plain:
        """All of the world but how many faults are left."""
        drives = sorted((self._drive(one) for one in world.drives), key=repr)
        under_way = world.nudges, world.notices, world.lost, tuple(drives), world.active >= 0
        return (*self.outcome(world), *under_way)

    def _version(self, number: int) -> Plain:
        found = self._versions.get(number)
        if found is None:
            found = self._versions[number] = identity(self.moves.streams.histories[number])
        return found

    def _drive(self, number: int) -> Plain:
        role, job, answers, leases = self.moves.consumers.drives[number]
        plain = [
            (one.at, one.value, one.version >= 0 and self._version(one.version), repr(one.error))
            for one in answers
        ]
        return role, job, tuple(plain), leases

    def _specification(self, number: int) -> Any:
        known = self.moves.model.outside.specifications
        return next((one for one, asked in known.items() if asked == number), None)


def without(scenario: Scenario, *names: str) -> Scenario:
    """The scenario with some of its reductions off."""
    off = scenario.reductions._replace(**dict.fromkeys(names, False))
    return replace(scenario, reductions=off)
