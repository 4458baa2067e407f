"""How long a call to AWS may take, and how often it is attempted."""

from typing import NamedTuple

BACKOFF = 1.0
"""Maximum delay in seconds between the first two attempts of a call in botocore's `standard` mode.
Source: botocore, `retries/standard.py`, `ExponentialBackoff`."""


class Patience(NamedTuple):
    """The timeouts of an attempt in seconds, and the number of attempts.

    `connect` is until the connection is established, `read` between two received bytes.
    """

    connect: float
    read: float
    attempts: int = 2

    @property
    def longest(self) -> float:
        """Seconds until a call fails if no attempt gets a response."""
        return self.attempts * (self.connect + self.read) + (self.attempts - 1) * BACKOFF


SHORT = Patience(connect=1, read=2.5)
"""For calls that take milliseconds: a hung one fails after 2 x (1 + 2.5) + 1 = 8 s.

GitHub waits 10 s for the response to a webhook, so one hung call leaves ingest 2 s for its cold
start and everything else. Source: GitHub Docs, "Best practices for using webhooks".
"""
LONG = Patience(connect=2, read=8)
"""For calls that start something: a hung one fails after 2 x (2 + 8) + 1 = 21 s.

A consumer starts a message only in the first half of its 120 s, so the last message has 60 s: for a
hung call (21 s, or 41 s at GitHub) and to record the outcome, even if that hangs, too (8 s). The
Janitor starts nothing after 50 s of its 120 s, and reserves the last 10 s for its report.
"""
