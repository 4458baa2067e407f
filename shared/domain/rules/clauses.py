"""Clauses that several rules share."""

from shared.domain import events as e
from shared.domain.actions import Record
from shared.domain.state import Runner, Supply

SURPLUS = "no waiting job needs it"


def is_wanted(runner: Runner) -> bool:
    """Whether a job waits for the runner and nobody asked to stop it."""
    return runner.serves is not None and runner.stop is None


def died(runner: Runner) -> bool:
    """The runner ended without a job and was not merely cancelled before it began."""
    cancelled = runner.task_arn is None and not runner.failed
    took_none = runner.took is None and runner.busy_at is None
    return runner.phase is Supply.CLOSED and took_none and not cancelled


def was_tried(runner: Runner) -> bool:
    """Whether there may be a registration or a stored config of the runner."""
    return runner.task_arn is not None or runner.attempts > 0


def stop(runner: Runner, reason: str, *, forced: bool = False) -> Record:
    """The wish to stop the runner; the same event for all who wish it at once."""
    fact = e.StopIntended(runner_id=runner.id, reason=reason, forced=forced)
    return Record(f"{runner.id}/stop-intended/{runner.stops + 1}", fact)
