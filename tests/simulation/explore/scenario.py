"""What is searched: the jobs, the faults that may happen to them, and the bug that is planted.

A bug is a deliberate error in the product while a search runs: other ports, or another rule. It
shows that the search finds such an error.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from enum import Enum
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from shared.domain.policy import Limits, Policy
from shared.engine.dependencies import Dependencies as Fleet
from tests.simulation.explore.world import Left
from tests.support import stories

SMALL = ("self-hosted",)
LARGE = ("self-hosted", "class:large")
THIEF: tuple[str, ...] = ()
"""A job that the fleet launches nothing for; GitHub may give it any runner."""
PERIODS = (90, 700, 8000)
"""Seconds that may pass at once: longer than a message stays invisible, longer than every limit but
the lifetime of a runner, longer than that."""


class Grain(Enum):
    """Where a consumer may be interrupted by all others, besides between two appends."""

    CALLS = "calls"
    """Before each call that it makes."""
    STEPS = "steps"
    """Nowhere from its read to its append, except for the `pauses` that are left. It may crash at
    each call."""


class Reductions(NamedTuple):
    """What keeps a search small. The README has an entry for each of them.

    All are on in every search, except in the tests that compare a search with and without one.
    """

    symmetry: bool = True
    relevance: bool = True
    reads_with_append: bool = True
    restarts: bool = True
    idle_nudges: bool = True
    known_notices: bool = True
    private_calls: bool = True
    clusters: bool = True
    prompt_tasks: bool = True
    useful_waits: bool = True
    fair_at_rest: bool = True
    one_shard: bool = True
    folded_once: bool = True


class Bug(Struct, frozen=True, kw_only=True):
    """A deliberate error: the ports are wrapped, or `planted` changes the code while it runs."""

    name: str
    ports: Callable[[Fleet], Fleet] = lambda fleet: fleet
    planted: Callable[[], AbstractContextManager[object]] = nullcontext


class Scenario(Struct, frozen=True, kw_only=True):
    """The labels of each job, and how often each fault may happen on one path.

    The fleet launches no runner for the last `thieves` jobs.

    From a world with more than `runners` planned in all only the one fair path is followed. Without
    that bound a webhook may be late by the whole life of another runner, or of many. GitHub and ECS
    do nothing while `channel` notices are under way (one move may send two). `most_states` is set
    where all worlds would be too many: only the first ones, the shallowest, are visited then.
    """

    labels: tuple[tuple[str, ...], ...]
    thieves: int = 0
    runners: int = 3
    channel: int = 99
    grain: Grain = Grain.CALLS
    left: Left = Left()
    periods: tuple[int, ...] = PERIODS
    policy: Policy = stories.POLICY
    reductions: Reductions = Reductions()
    most_states: int | None = None

    @property
    def leased(self) -> Policy:
        """The policy with the lease of a launch that the scenario uses.

        Where no time passes there is no lease: another consumer may resume a launch at once, so the
        order of the records decides. Where time passes, the lease is shorter than every period.
        """
        return self.policy if self.left.waits else replace(self.policy, limits=Limits(lease=0))

    def __str__(self) -> str:
        """The scenario in a line."""
        jobs = " + ".join(",".join(labels) for labels in self.labels)
        faults = ", ".join(
            f"{value} {name}" for name, value in self.left._asdict().items() if value
        )
        return (
            f"{len(self.labels)} jobs ({jobs}), up to {self.runners} runners, "
            f"{self.channel} notices under way, by {self.grain.value}; {faults or 'no faults'}"
        )
