"""The search, breadth first: every world within the bound, each checked, and the shortest trace.

Of each visited world only the digest and the parent's place are kept. A trace is made by following
the path again.
"""

import gc
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from msgspec import Struct

from tests.simulation.explore.fairness import Fairness
from tests.simulation.explore.moves import Move, Moves
from tests.simulation.explore.rules import Violation, check_always, check_settled, settled
from tests.simulation.explore.scenario import Bug, Scenario
from tests.simulation.explore.streams import folded_once, one_shard
from tests.simulation.explore.symmetry import Symmetry, digest
from tests.simulation.explore.timeline import describe, lines_of
from tests.simulation.explore.world import World

NO_BUG = Bug(name="none")


class Found(Struct, frozen=True, kw_only=True):
    """What a search found. `whole`: all worlds within the bounds were visited, all are well."""

    states: int
    transitions: int
    depth: int
    seconds: float
    whole: bool
    violation: str | None = None
    trace: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The numbers, and the trace of a violation."""
        numbers = (
            f"{self.states:,} states, {self.transitions:,} transitions, depth {self.depth}, "
            f"{self.seconds:.1f} s ({self.states / max(self.seconds, 0.001):,.0f} states/s)"
        )
        if self.violation is not None:
            return "\n".join((numbers, f"VIOLATION: {self.violation}", *self.trace))
        return numbers + ("; no violation" if self.whole else "; STOPPED at the bound")


def explore(
    scenario: Scenario,
    bug: Bug = NO_BUG,
    *,
    most_states: int | None = None,
    progress: Callable[[int, int, int], None] = lambda _states, _frontier, _depth: None,
) -> Found:
    """Visit every world of the scenario, or the first `most_states` of them.

    Args:
        progress: Called after each level with the states so far, the size of the frontier and the
            depth.
    """
    with _uncollected(), surroundings(scenario, bug):
        return _Search(scenario, bug).run(most_states, progress)


@contextmanager
def surroundings(scenario: Scenario, bug: Bug) -> Iterator[None]:
    """What is changed in the product while a search runs it."""
    with ExitStack() as stack:
        stack.enter_context(bug.planted())
        if scenario.reductions.folded_once:
            stack.enter_context(folded_once())
        if scenario.reductions.one_shard:
            stack.enter_context(one_shard())
        yield


@contextmanager
def _uncollected() -> Iterator[None]:
    """Turn the garbage collector off: a search keeps everything that it makes, without cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Search:
    def __init__(self, scenario: Scenario, bug: Bug) -> None:
        self.moves = Moves(scenario, bug)
        self.reductions = scenario.reductions
        self.symmetry = Symmetry(self.moves)
        self.fairness = Fairness(self.moves, self.symmetry)
        self.places: dict[bytes, int] = {}
        self.digests: list[bytes] = []
        self.parents = array("q")
        self.transitions = 0
        self.depth = 0
        self.began = time.process_time()

    def run(self, most: int | None, progress: Callable[[int, int, int], None]) -> Found:
        frontier = [(self._add(first := self.moves.start(), -1), first)]
        try:
            self._check(first, 0)
            while frontier:
                progress(len(self.digests), len(frontier), self.depth)
                if most is not None and len(self.digests) >= most:
                    return self._found(whole=False)
                frontier = self._level(frontier)
                self.depth += bool(frontier)
        except _Stopped as stopped:
            return self._found(violation=stopped.violation, trace=stopped.trace)
        return self._found(whole=True)

    def _level(self, frontier: list[tuple[int, World]]) -> list[tuple[int, World]]:
        found: list[tuple[int, World]] = []
        met: set[World] = set()
        for place, world in frontier:
            moves = self.moves.enabled(world)
            if not self.reductions.fair_at_rest or self.moves.at_rest(world, moves):
                self._check_fairness(world, place)
            for move in moves:
                self.transitions += 1
                try:
                    after = self.moves.after(world, move)
                except Violation as violation:
                    raise _Stopped(violation, self._trace(place, move)) from violation
                if after in met:
                    continue
                met.add(after)
                after = self.symmetry.canonical(after)
                mark = digest(after)
                if mark not in self.places:
                    found.append((self._add(after, place, mark), after))
                    self._check(after, found[-1][0])
        return found

    def _add(self, world: World, parent: int, mark: bytes | None = None) -> int:
        mark = mark or digest(world)
        place = self.places[mark] = len(self.digests)
        self.digests.append(mark)
        self.parents.append(parent)
        return place

    def _check(self, world: World, place: int) -> None:
        streams = self.moves.streams
        try:
            check_always(world, streams)
            if settled(world):
                check_settled(world, streams)
        except Violation as violation:
            raise _Stopped(violation, self._trace(place)) from violation

    def _check_fairness(self, world: World, place: int) -> None:
        try:
            self.fairness.check(world)
        except Violation as violation:
            raise _Stopped(violation, self._trace(place, fair=True)) from violation

    def _trace(
        self, place: int, last: Move | None = None, *, fair: bool = False
    ) -> tuple[str, ...]:
        """The path to the world at `place` as a timeline, with the last move or the fair path."""
        marks = []
        while place > 0:
            marks.append(self.digests[place])
            place = self.parents[place]
        world, lines = self.moves.start(), []
        for mark in reversed(marks):
            move, after = next(
                (move, after)
                for move in self.moves.enabled(world)
                if digest(self.symmetry.canonical(after := self.moves.after(world, move))) == mark
            )
            lines += lines_of(self.moves, world, move, after)
            world = after
        if last is not None:
            lines.append(self._last(world, last))
        return (*lines, *(self._fair(world) if fair else ()))

    def _last(self, world: World, last: Move) -> str:
        return f"{world.clock:>5} s  {describe(self.moves, last)}: the invariant is broken here"

    def _fair(self, world: World) -> list[str]:
        lines, before = ["--- faults stop here ---"], world
        try:
            for _, move, after in self.fairness.path(world):
                if move is not None:
                    lines += lines_of(self.moves, before, move, after)
                before = after
        except Violation:
            lines.append("--- end of the fair path ---")
        return lines

    def _found(
        self,
        *,
        whole: bool = False,
        violation: Violation | None = None,
        trace: tuple[str, ...] = (),
    ) -> Found:
        return Found(
            states=len(self.digests),
            transitions=self.transitions,
            depth=self.depth,
            seconds=time.process_time() - self.began,
            whole=whole,
            violation=None if violation is None else str(violation),
            trace=trace,
        )


class _Stopped(Exception):
    def __init__(self, violation: Violation, trace: tuple[str, ...]) -> None:
        super().__init__(str(violation))
        self.violation = violation
        self.trace = trace
