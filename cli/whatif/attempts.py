"""How the attempts to launch a runner go: as those of the recording, or as the median."""

from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from cli.whatif.observed import Failed
from cli.whatif.offers import Offers
from shared.domain import events as e
from shared.domain.codec import decode
from shared.domain.runner.state import Runner


class Attempts:
    """Counts the recorded failures of each runner that have been repeated.

    Args:
        typical: Seconds of a launch that the recording does not have.
    """

    def __init__(self, offers: Offers, typical: float) -> None:
        self._offers = offers
        self._typical = typical
        self._tried: dict[str, int] = {}

    def next(self, runner: Runner) -> tuple[float, Failed | None]:
        """Return the seconds of the runner's next attempt, and its failure if it fails."""
        observed = self._offers.observed(runner.id)
        failures = observed.failures if observed else ()
        for tried in range(self._tried.get(runner.id, 0), len(failures)):
            self._tried[runner.id] = tried + 1
            if _applies(failures[tried], runner):
                return failures[tried].after, failures[tried]
        known = observed.launch if observed else None
        return (self._typical if known is None else known), None

    def forget(self, runner_id: str) -> None:
        """Drop a runner that has ended."""
        self._tried.pop(runner_id, None)


def moved(failed: Failed, runner: Runner, now: datetime) -> e.LaunchFailed:
    """Return the recorded failure as it happens now, with the same delay until the next attempt."""
    fact: Any = decode(failed.text).fact
    retry_at = None if failed.retry is None else now + timedelta(seconds=failed.retry)
    changed: e.LaunchFailed = replace(
        fact, runner_id=runner.id, attempt=runner.attempts + 1, retry_at=retry_at
    )
    return changed


def _applies(failed: Failed, runner: Runner) -> bool:
    """Return whether an attempt fails as in the recording: other providers have capacity."""
    capacity = runner.intent.capacity if runner.intent else None
    return failed.capacity in (None, capacity)
