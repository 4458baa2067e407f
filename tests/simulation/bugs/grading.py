"""Who catches a bug: exploration in its quick scenarios first, then simulation."""

import time
from collections.abc import Iterator

from tests.simulation.bugs.bug import (
    CANCELLED,
    DOUBLED,
    FAILING,
    LOST,
    UNEQUAL,
    Bug,
    Caught,
    Worlds,
)
from tests.simulation.explore.bounds import QUICK
from tests.simulation.explore.scenario import LARGE, SMALL, Grain, Scenario
from tests.simulation.explore.scenario import Bug as Planted
from tests.simulation.explore.search import explore
from tests.simulation.explore.world import Left
from tests.simulation.simulation import Outcome, simulate

SCENARIOS = QUICK | {
    CANCELLED: Scenario(
        labels=(SMALL, SMALL), runners=2, channel=1, grain=Grain.STEPS, left=Left(cancels=1)
    ),
    LOST: Scenario(
        labels=(SMALL, SMALL), runners=2, channel=1, grain=Grain.STEPS, left=Left(losses=1)
    ),
    UNEQUAL: Scenario(labels=(SMALL, LARGE), runners=2, channel=1, grain=Grain.STEPS),
    FAILING: Scenario(
        labels=(SMALL,), runners=1, channel=1, left=Left(failures=1, crashes=1, cancels=1)
    ),
    DOUBLED: Scenario(labels=(SMALL,), runners=1, grain=Grain.STEPS, left=Left(doubles=1)),
}
STATES = 20_000
"""Within so many, exploration sees a bug or does not see it."""
SEEDS = 20
"""Worlds in which simulation looks for a bug, besides the one in which it was seen."""


def grade(bug: Bug) -> Caught | None:
    """Let the product have the bug, and look who sees it first; None if nobody does."""
    began = time.process_time()
    for by, where, what in sightings(bug):
        return Caught(by, where, what, time.process_time() - began)
    return None


def sightings(bug: Bug) -> Iterator[tuple[str, str, str]]:
    """Who sees the bug, where and as what, one after the other."""
    if bug.scenario is not None:
        for name in dict.fromkeys((bug.scenario, *SCENARIOS)):
            planted = Planted(name=bug.name, planted=bug.plant)
            found = explore(SCENARIOS[name], planted, most_states=STATES)
            if found.violation is not None:
                yield "exploration", name, found.violation
    for seed in dict.fromkeys((bug.worlds.seed, *range(SEEDS))):
        with bug.plant():
            outcome = simulated(bug.worlds, seed)
        for one in outcome.violations[:1]:
            yield "simulation", where(bug.worlds, seed), f"{one.rule}: {one.what}"


def simulated(worlds: Worlds, seed: int) -> Outcome:
    """One of the worlds, run to its end."""
    return simulate(seed, worlds.profile, jobs=worlds.jobs, aim=worlds.aim)


def where(worlds: Worlds, seed: int) -> str:
    """A world's name."""
    aim = f", {worlds.aim} fails" if worlds.aim else ""
    return f"{worlds.profile} {seed}{aim}"
