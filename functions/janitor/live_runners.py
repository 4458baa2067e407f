"""Counts the live runners for the log: `ecsrunner status` shows the same for one time. Pure."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from shared.domain.projection import RunnerRow
from shared.domain.runner.status import Status

RUNNING, IDLE, LAUNCHING, WAITING = "running", "idle", "launching", "waiting"


def live_runners(rows: Iterable[RunnerRow]) -> dict[str, Any]:
    """Return how many runners run a job, wait for one, are launched, and wait to be launched."""
    counts = Counter(map(_activity, rows))
    return {name: counts[name] for name in (RUNNING, IDLE, LAUNCHING, WAITING)}


def _activity(row: RunnerRow) -> str:
    if row.status == Status.RUNNING:
        return RUNNING
    if row.status == Status.WAITING_FOR_JOB:
        return IDLE
    waits = row.stuck or row.awaits or row.status == Status.IMAGE_CREATING
    return WAITING if waits or row.launched_at is None else LAUNCHING
