"""Rules about the credentials at GitHub and its rate limits.

They apply in every world. Where calls fail, or GitHub limits nothing, some of them say nothing.
"""

from collections import defaultdict, deque

from local.github.limits import MINUTE
from shared.domain.slot.rate_limit import LAUNCHES_PER_MINUTE
from tests.simulation.rules import Rule, Wrong
from tests.simulation.world.world import World

LATE = 5.0
"""Seconds after its turn in which a launch registers its runner, where no call fails."""


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
    """In no minute does a credential have more turns than the policy allows.

    GitHub may refuse one all the same, because of the credential's other calls.
    """
    most = int(world.profile.settings.get("GITHUB_LAUNCHES_PER_MINUTE", LAUNCHES_PER_MINUTE))
    recent: dict[str, deque[float]] = defaultdict(deque)
    for credential, at in () if world.profile.rates else world.github.rest.limits.registrations:
        times = recent[credential]
        times.append(at)
        while times[0] <= at - (MINUTE - LATE):
            times.popleft()
        if len(times) > most:
            yield f"{credential} asked for {len(times)} runners within a minute", None


AT_LAST: dict[str, Rule] = {
    "a runner is deleted with its own credential": same,
    "launches keep to their rate": paced,
}
