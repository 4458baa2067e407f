"""Rules about the credentials at GitHub and its rate limits.

They apply in every world. Where calls fail, or GitHub limits nothing, some of them say nothing.
"""

from tests.simulation.rules import Rule, Wrong
from tests.simulation.world.world import World

MOST_REFUSED = 0.02
"""The part of the calls to GitHub that its rate limit may refuse."""


def same(world: World) -> Wrong:
    """A runner is deleted with the credential that registered it.

    After a failed call another one may have registered it: its answer is not known.
    """
    rest = world.github.rest
    for number, deleted_by in () if world.profile.rates else rest.deleted_by.items():
        registered_by = rest.registered_by.get(number, deleted_by)
        if registered_by != deleted_by:
            what = f"GitHub's runner {number} of {registered_by} was deleted with {deleted_by}"
            yield what, None


def paced(world: World) -> Wrong:
    """GitHub's rate limit refuses few calls."""
    limits = world.github.rest.limits
    refused, calls = limits.refused.total(), limits.calls.total()
    if not world.profile.rates and refused > MOST_REFUSED * calls:
        yield f"GitHub refused {refused} of {calls} calls by its rate limit", None


AT_LAST: dict[str, Rule] = {
    "a runner is deleted with its own credential": same,
    "few calls exceed GitHub's rate limit": paced,
}
