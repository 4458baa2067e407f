"""Exponential backoff with jitter.

The jitter is a hash of the operation's name, so a replay computes the same delay as the first run.
"""

from datetime import timedelta
from zlib import crc32

from shared.domain.policy import Policy


def delay(policy: Policy, name: str, failures: int, retry_after: float | None = None) -> timedelta:
    """Return the delay after the `failures`th failure in a row.

    Args:
        retry_after: Seconds of a `Retry-After`. The delay is between 1 and 1.5 times as long, so
            that callers with the same value do not retry at the same time.
    """
    doublings = min(failures - 1, 30)
    ceiling = min(policy.backoff_most, policy.backoff_first * 2**doublings)
    spread = crc32(f"{name}/{failures}".encode()) / 0xFFFFFFFF
    asked = (retry_after or 0.0) * (1 + spread / 2)
    return timedelta(seconds=max(ceiling * (1 + spread) / 2, asked))
