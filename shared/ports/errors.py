"""What the other side may answer instead of doing what it was asked: the errors of all ports."""


class Unavailable(Exception):
    """The call did not succeed, and may later. Whether it was done is not known.

    Args:
        reason: What happened, in words fit for the timeline.
        retry_after: Seconds that the other side asks us to wait, if it said so.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class NotNow(Unavailable):
    """The call was turned away and changed nothing: throttled, a quota reached, no capacity."""


class TurnedAway(NotNow):
    """The call was not even looked at: too many calls, or no right to make it."""


class RateLimited(NotNow):
    """GitHub's rate limit: every caller with the same credential has to wait for `retry_after`."""

    def __init__(self, reason: str, retry_after: float) -> None:
        super().__init__(reason, retry_after)
        self.retry_after: float = retry_after


class NoCapacity(NotNow):
    """There is no capacity for the task in that subnet and provider; there may be elsewhere."""


class Refused(Exception):
    """The other side will never accept this call as it is."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NameTaken(Refused):
    """GitHub already has a runner of that name (HTTP 409)."""


class Conflict(Exception):
    """Somebody else appended first, or a projection row is newer: read again, decide again."""


class AppendTooLarge(ValueError):
    """The append can never fit into one DynamoDB transaction."""
