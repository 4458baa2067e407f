"""The limits of AWS under load: rates of calls, items that a transaction holds."""

from collections.abc import Iterable
from typing import Any

Place = tuple[str, Any]
"""Table and key of an item."""


class TokenBucket:
    """A token bucket with a burst and a rate per second, initially full.

    Source: Amazon ECS Developer Guide, "AWS Fargate throttling quotas".
    """

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = 0.0

    def take(self, now: float) -> bool:
        """Take a token; return whether there was one."""
        self._fill(now)
        if self._tokens < 1 - 1e-9:
            return False
        self._tokens -= 1
        return True

    def wait(self, now: float) -> float:
        """Reserve the next token; return when it is available."""
        self._fill(max(now, self._at))
        missing = max(0.0, 1 - self._tokens) / self._rate
        self._fill(self._at + missing)
        self._tokens -= 1
        return self._at

    def _fill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now


class Holds:
    """The items that pending transactions hold.

    Source: Amazon DynamoDB Developer Guide, "Transaction conflict handling in DynamoDB".
    """

    def __init__(self) -> None:
        self._held: set[Place] = set()

    def taken(self, places: Iterable[Place]) -> list[bool]:
        """Return for each item whether another transaction holds it."""
        return [one in self._held for one in places]

    def hold(self, places: Iterable[Place]) -> None:
        """Hold items that no transaction holds."""
        self._held.update(places)

    def release(self, places: Iterable[Place]) -> None:
        """Release the items."""
        self._held.difference_update(places)
