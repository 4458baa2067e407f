"""GitHub's rate limits as launches share them: the turns of each credential, and which comes next.

Each launch registers a runner, which costs 5 of the 900 points that GitHub allows a credential in a
minute. So a launch first takes a *turn*: a second in which its credential registers it. The record
of the turns is stored beside the slot counter. Whoever takes a turn replaces it, on condition that
nobody else did meanwhile (`shared/engine/turns.py`). It is a hint: no event is derived from it, and
its loss, or that of a turn, costs refused calls or time, and nothing else.

Sources: GitHub Docs, "Rate limits for the REST API", "About secondary rate limits" (900 points a
minute) and "Calculating points for the secondary rate limit" (POST 5, GET 1).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil

from msgspec import Struct
from msgspec.structs import replace

from shared.domain.bounds import Time

FIRST = ""
"""The name of a fleet's first credential, and often its only one."""
LAUNCHES_PER_MINUTE = 170
"""How many runners a credential registers in a minute, by default. 180 would use all of its points;
the rest is for reads, deletions and commit statuses."""
WINDOW = 62
"""Seconds in which a credential has no more turns than a minute allows. How GitHub counts minutes
is not documented. In any minute fewer are then used, even if one of them is used two seconds later
than others."""
LATEST = timedelta(seconds=60)
"""How long after its time a turn can be used. Then others have used the points."""


class Turn(Struct, frozen=True, kw_only=True):
    """The time at which a launch may register its runner, and the credential for it."""

    at: Time
    credential: str = FIRST

    def is_valid(self, now: datetime) -> bool:
        """Return whether the turn is still to come, or has come lately."""
        return now <= self.at + LATEST


class RateLimit(Struct, frozen=True, kw_only=True):
    """One credential's turns, and its rate limit as the last refused launch found it.

    Attributes:
        until: GitHub refuses launches until then.
        turns: How many turns were taken by their second since 1970. Older ones than `WINDOW` are
            dropped.
    """

    until: Time | None = None
    turns: Mapping[int, int] = {}

    def holds(self, now: datetime) -> bool:
        """Return whether GitHub would refuse a launch now."""
        return self.until is not None and now < self.until

    def next_turn(self, now: datetime, per_minute: int) -> datetime:
        """Return when the next launch may register its runner: `now`, or a whole second later.

        For a minute after GitHub has refused a launch, turns are spread evenly: its true limit may
        be lower than the documented one.
        """
        second = max((int(now.timestamp()), *self.turns))
        if self.until is not None:
            second = max(second, ceil(self.until.timestamp()))
        while not self._is_free(second, per_minute):
            second += 1
        return max(now, datetime.fromtimestamp(second, UTC))

    def taken(self, turn: datetime) -> "RateLimit":
        """Return the record with that turn taken."""
        second = int(turn.timestamp())
        turns = {at: count for at, count in self.turns.items() if at > second - WINDOW}
        turns[second] = turns.get(second, 0) + 1
        return replace(self, turns=turns)

    def used(self, second: int) -> int:
        """Return the number of turns in the `WINDOW` that ends with that second."""
        return sum(count for at, count in self.turns.items() if second - WINDOW < at <= second)

    def _is_free(self, second: int, per_minute: int) -> bool:
        after_refusal = self.until is not None and second < self.until.timestamp() + WINDOW
        most = ceil(per_minute / WINDOW) if after_refusal else per_minute
        return self.turns.get(second, 0) < most and self.used(second) < per_minute


class RateLimits(Struct, frozen=True, kw_only=True):
    """The record of all credentials, by name.

    `version` increments with each change. A change is refused if another one came before it.
    """

    version: int = 0
    credentials: Mapping[str, RateLimit] = {}

    def __hash__(self) -> int:
        """Return the hash of the version, which equal records have in common."""
        return hash(self.version)

    def of(self, credential: str) -> RateLimit:
        """Return the record of a credential."""
        return self.credentials.get(credential, RateLimit())

    def holding(self, now: datetime) -> Iterator[tuple[str, datetime]]:
        """Yield each credential that GitHub refuses now, and until when."""
        for name, one in sorted(self.credentials.items()):
            if one.until is not None and one.holds(now):
                yield name, one.until

    def next_turn(self, now: datetime, credentials: Sequence[str], per_minute: int) -> Turn:
        """Return the earliest turn; of several, that of the credential with the fewest turns."""

        def rank(name: str) -> tuple[datetime, int]:
            limit = self.of(name)
            at = limit.next_turn(now, per_minute)
            return at, limit.used(int(at.timestamp()))

        name = min(credentials, key=rank)
        return Turn(at=rank(name)[0], credential=name)

    def taken(self, turn: Turn) -> "RateLimits":
        """Return the record with that turn taken."""
        return self._with(turn.credential, self.of(turn.credential).taken(turn.at))

    def refused(self, credential: str, until: datetime) -> "RateLimits":
        """Return the record after GitHub has refused a launch until that time, or a later one."""
        limit = self.of(credential)
        latest = until if limit.until is None else max(until, limit.until)
        return self._with(credential, replace(limit, until=latest))

    def _with(self, credential: str, limit: RateLimit) -> "RateLimits":
        credentials = {**self.credentials, credential: limit}
        return RateLimits(version=self.version + 1, credentials=credentials)
