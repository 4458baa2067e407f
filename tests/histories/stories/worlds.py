"""Stories of whole simulated worlds, with the faults of their profiles."""

from typing import Any

from tests.histories.story import Story
from tests.simulation.simulation import simulate


def _world(profile: str, seed: int, jobs: int, policy: str = "world") -> Story:
    return Story(
        name=f"world-{profile}-{seed}",
        about=f"A simulated world: profile {profile}, seed {seed}, {jobs} jobs.",
        policy=policy,
        log=lambda: _log(profile, seed, jobs),
    )


def _log(profile: str, seed: int, jobs: int) -> Any:
    return simulate(seed, profile, jobs=jobs).world.log


STORIES: list[Story] = [
    _world("storm", 77, 1),
    _world("crowded-storm", 3, 1),
    _world("late-webhooks", 1, 2),
    _world("github-storm", 1, 1, "world, organization"),
    _world("images-storm", 1, 1, "world, images"),
]
