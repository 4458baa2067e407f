"""How long to wait before something is tried again: exponential, with jitter.

The jitter comes from the name of what is tried, so a replay waits as long as the first run did.
"""

from datetime import timedelta
from zlib import crc32

from shared.domain.policy import Policy


def delay(policy: Policy, name: str, failures: int, retry_after: float | None = None) -> timedelta:
    """How long to wait after the `failures`th failure in a row.

    Args:
        retry_after: Seconds of a `Retry-After`. The delay is never shorter, and up to half as long
            again: else all callers that got the same one come back at once.
    """
    doublings = min(failures - 1, 30)
    ceiling = min(policy.backoff_most, policy.backoff_first * 2**doublings)
    spread = crc32(f"{name}/{failures}".encode()) / 0xFFFFFFFF
    asked = (retry_after or 0.0) * (1 + spread / 2)
    return timedelta(seconds=max(ceiling * (1 + spread) / 2, asked))
