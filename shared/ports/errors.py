"""The errors that all ports raise."""


class Unavailable(Exception):
    """The call failed and may succeed later. It may have taken effect.

    Args:
        reason: What happened, as the timeline shows it.
        retry_after: Seconds to wait, if the other system returned a delay.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class NotNow(Unavailable):
    """The call was rejected for now and changed nothing: throttling, a quota, no capacity."""


class TurnedAway(NotNow):
    """The call was rejected before it was processed: throttling, or a missing permission."""


class Throttled(TurnedAway):
    """The call exceeded a rate of AWS, which allows more calls after a second or a few."""


class RateLimited(NotNow):
    """GitHub's rate limit: all callers with the same credential must wait `retry_after` seconds."""

    def __init__(self, reason: str, retry_after: float) -> None:
        super().__init__(reason, retry_after)
        self.retry_after: float = retry_after


class NoCapacity(NotNow):
    """No capacity for the task in that subnet and capacity provider; others may have some."""


class Refused(Exception):
    """The other system rejects this call, and a retry would be rejected, too."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NameTaken(Refused):
    """GitHub already has a runner of that name (HTTP 409)."""


class Conflict(Exception):
    """Another writer appended first, or a stored row is newer: read and decide again."""


class AppendTooLarge(ValueError):
    """The append exceeds the limits of a DynamoDB transaction."""
