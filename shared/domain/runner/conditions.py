"""Named conditions on a runner, which the rules and the deadlines of rows use."""

from shared.domain.job.state import Job, JobPhase
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.slot.state import Slot

GITHUB = "GitHub: "
"""The beginning of each reason with which GitHub failed: see `shared/adapters/github_api.py`."""


def is_wanted(runner: Runner) -> bool:
    """Return whether a job waits for the runner and no stop is intended."""
    return runner.serves is not None and runner.stop is None


def died(runner: Runner) -> bool:
    """Return whether the runner ended without a job, other than by a cancelled launch."""
    cancelled = runner.task_arn is None and not runner.failed
    took_none = runner.took is None and runner.busy_at is None and not runner.served
    return runner.phase is RunnerPhase.CLOSED and took_none and not cancelled


def counts_as_dead(runner: Runner) -> bool:
    """Return whether the runner died, and AWS, GitHub or an operator did not end it."""
    taken_away = runner.lost or runner.removed
    asked = runner.stop is not None and runner.stop.by_operator
    return died(runner) and not taken_away and not asked


def was_tried(runner: Runner) -> bool:
    """Return whether a launch was attempted, so that the runner may be registered at GitHub."""
    tried = runner.task_arn is not None or runner.attempts > 0
    return runner.intent is not None and tried


def needs_runner(job: Job) -> bool:
    """Return whether the job waits and has no runner."""
    return job.phase is JobPhase.QUEUED and job.paired is None


def waits_for_github(runner: Runner) -> bool:
    """Return whether a launch waits for its next attempt because GitHub failed in the last one.

    It is planned again, or the same attempt is repeated since there may be a task.
    """
    is_before_launch = runner.phase in (RunnerPhase.PLANNED, RunnerPhase.INTENDED)
    is_postponed = is_before_launch and runner.retry_at is not None
    return is_postponed and (runner.reason or "").startswith(GITHUB)


def waits_for_slot(job: Job, runner: Runner) -> bool:
    """Return whether the job's runner waits for a slot, and is still wanted."""
    wanted = job.phase is JobPhase.QUEUED and is_wanted(runner)
    return wanted and runner.slot is Slot.AWAITED


def awaits_its_job(runner: Runner) -> bool:
    """Return whether a job waits for the idle runner, which should still be registered."""
    idle = runner.phase is RunnerPhase.IDLE and not runner.removed
    return idle and is_wanted(runner)


def left_slot(runner: Runner) -> bool:
    """Return whether the runner has ended and holds a slot."""
    return runner.phase is RunnerPhase.CLOSED and runner.slot is Slot.HELD


def left_job(runner: Runner) -> bool:
    """Return whether the runner has ended and a job waits for it."""
    return runner.phase is RunnerPhase.CLOSED and runner.serves is not None


def left_registration(runner: Runner) -> bool:
    """Return whether the runner has ended without a job and may still be registered."""
    ended = runner.phase is RunnerPhase.CLOSED and runner.left_at is None
    return ended and was_tried(runner) and not runner.deregistered


def left_nothing(runner: Runner) -> bool:
    """Return whether a runner that has ended needs no cleanup."""
    return not any(of(runner) for of in (left_slot, left_job, left_registration))
