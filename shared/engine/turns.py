"""Changes the shared record of GitHub's rate limits: a launch takes its turn, or was refused.

The record is replaced on condition that nobody else did since it was read. `transact` does not do
that, since the record is no event: nothing is decided from it that its loss would harm.
"""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from shared.domain.policy import Policy
from shared.domain.slot.rate_limit import RateLimits, Turn
from shared.domain.unreadable import Unreadable
from shared.engine.dependencies import Dependencies
from shared.ports import Unavailable

TRIES = 20
"""Maximum number of attempts to replace the record."""
AT_ONCE = 2
"""Number of refused attempts after which the next one is made without a pause."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5
"""Maximum pause in seconds before the first attempt with a pause and before any, with full jitter.
Reading and replacing the record takes about 10 ms."""


def take_turn(deps: Dependencies, policy: Policy, now: datetime, seen: RateLimits) -> Turn:
    """Return the earliest turn of the fleet's credentials, after it was taken in the record.

    If the record can't be written, the turn is returned all the same. GitHub then may refuse the
    launch.

    Args:
        now: The time of the decision: a turn that is free then is not in its future.
        seen: The record, if it was read before; it may be out of date.
    """

    def next_turn(limits: RateLimits) -> Turn:
        return limits.next_turn(now, policy.credentials, policy.launches_per_minute)

    turn = next_turn(seen)

    def take(limits: RateLimits) -> RateLimits:
        nonlocal turn
        turn = next_turn(limits)
        return limits.taken(turn)

    with suppress(Unavailable, Unreadable):
        _change(deps, seen, take)
    return turn


def share_limit(deps: Dependencies, credential: str, until: datetime) -> None:
    """Record that GitHub refuses the credential's launches until then.

    If the record can't be read or written, other launches reach the limit themselves.
    """
    with suppress(Unavailable, Unreadable):
        seen = deps.log.slots().rate_limits
        _change(deps, seen, lambda limits: limits.refused(credential, until))


def _change(
    deps: Dependencies, seen: RateLimits, change: Callable[[RateLimits], RateLimits]
) -> None:
    """Replace the record by its change, unless others do so first too often.

    The record that comes back with a refusal is used at once. If that is refused again and again,
    many take turns: after a pause, the record is read anew.
    """
    for attempt in range(TRIES):
        stored = deps.log.replace_rate_limits(seen, change(seen))
        if stored is None:
            return
        seen = stored
        if attempt >= AT_ONCE:
            longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (attempt - AT_ONCE))
            deps.pause(random.uniform(0, longest))  # noqa: S311 - only spreads load
            seen = deps.log.slots().rate_limits
