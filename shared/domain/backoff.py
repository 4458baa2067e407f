"""How long to wait before a launch is tried again: exponential, with jitter.

The jitter comes from the launch's name, so a replay waits as long as the first run did.
"""

from datetime import datetime, timedelta
from zlib import crc32

from shared.domain.policy import Policy


def retry_at(
    policy: Policy, runner_id: str, attempt: int, now: datetime, retry_after: float | None
) -> datetime | None:
    """When to try again after the `attempt`th failure, or None when that was the last one.

    Args:
        retry_after: Seconds that the other side asked for; never waited less.
    """
    if attempt >= policy.launch_attempts:
        return None
    ceiling = min(policy.backoff_most, policy.backoff_first * 2 ** (attempt - 1))
    spread = crc32(f"{runner_id}/{attempt}".encode()) / 0xFFFFFFFF
    return now + timedelta(seconds=max(ceiling * (1 + spread) / 2, retry_after or 0.0))
