"""What a story is: a fleet, what happens to it, and the log that results."""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct

from tests.histories.files import Recording
from tests.histories.policies import POLICIES
from tests.support.fleet import SimulatedFleet
from tests.support.images import BuildingFleet

Play = Callable[[Any], None]


class Story(Struct, frozen=True, kw_only=True):
    """A story that can be recorded.

    Attributes:
        about: What happens in it.
        policy: The name of the policy under which it happens.
        log: Plays it from the beginning and returns the event log.
    """

    name: str
    about: str
    policy: str
    log: Callable[[], Any]


def with_policy(policy: str, plays: Iterable[Play]) -> list[Story]:
    """Stories of a fleet with that policy, each named and described by its function."""
    return [
        Story(
            name=play.__name__.replace("_", "-"),
            about=(play.__doc__ or "").strip(),
            policy=policy,
            log=lambda play=play: _played(policy, play),
        )
        for play in plays
    ]


def record(story: Story) -> Recording:
    """Plays the story and returns what is stored of it."""
    log = story.log()
    streams = {
        stream: tuple(one.text for one in log.read(stream)) for stream in sorted(log.streams())
    }
    return Recording(about=story.about, policy=story.policy, streams=streams)


def _played(policy: str, play: Play) -> Any:
    fleet = _fleet(policy)
    play(fleet)
    return fleet.log


def _fleet(name: str) -> SimulatedFleet:
    policy = POLICIES[name]
    fleet = BuildingFleet() if policy.images else SimulatedFleet(policy)
    fleet.policy = policy
    return fleet
