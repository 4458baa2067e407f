"""Conditions on a runner that several rules share."""

from shared.domain.runner.state import Runner, RunnerPhase


def is_wanted(runner: Runner) -> bool:
    """Whether a job waits for the runner and nobody asked to stop it."""
    return runner.serves is not None and runner.stop is None


def died(runner: Runner) -> bool:
    """The runner ended without a job and was not merely cancelled before it began."""
    cancelled = runner.task_arn is None and not runner.failed
    took_none = runner.took is None and runner.busy_at is None and not runner.served
    return runner.phase is RunnerPhase.CLOSED and took_none and not cancelled


def counts_as_dead(runner: Runner) -> bool:
    """Whether the runner died, and not since AWS, GitHub or an operator took it away."""
    taken_away = runner.lost or runner.removed
    asked = runner.stop is not None and runner.stop.by_operator
    return died(runner) and not taken_away and not asked


def was_tried(runner: Runner) -> bool:
    """Whether there may be a registration or a stored config of the runner."""
    return runner.task_arn is not None or runner.attempts > 0
