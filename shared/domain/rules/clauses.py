"""Clauses that several rules share."""

from shared.domain import events as e
from shared.domain.actions import Record
from shared.domain.state import Runner, State, Supply

SURPLUS = "no waiting job needs it"


def is_wanted(runner: Runner) -> bool:
    """Whether a job waits for the runner and nobody asked to stop it."""
    return runner.serves is not None and runner.stop is None


def died(runner: Runner) -> bool:
    """The runner ended without a job and was not merely cancelled before it began."""
    cancelled = runner.task_arn is None and not runner.failed
    took_none = runner.took is None and runner.busy_at is None and not runner.served
    return runner.phase is Supply.CLOSED and took_none and not cancelled


def counts_as_dead(runner: Runner) -> bool:
    """Whether the runner died, and not since AWS, GitHub or an operator took it away."""
    taken_away = runner.lost or runner.removed
    asked = runner.stop is not None and runner.stop.by_operator
    return died(runner) and not taken_away and not asked


def once_a_demand(state: State, what: str) -> str:
    """The id of an event that a job has once, and once again each time it is queued again."""
    again = f"/{state.job.demands}" if state.job.demands > 1 else ""
    return f"job-{state.job_id}/{what}{again}"


def was_tried(runner: Runner) -> bool:
    """Whether there may be a registration or a stored config of the runner."""
    return runner.task_arn is not None or runner.attempts > 0


def stop(runner: Runner, reason: str, *, forced: bool = False) -> Record:
    """The wish to stop the runner; the same event for all who wish it at once."""
    fact = e.StopIntended(runner_id=runner.id, reason=reason, forced=forced)
    return Record(f"{runner.id}/stop-intended/{runner.stops + 1}", fact)
