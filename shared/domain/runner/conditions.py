"""Conditions on a runner: what rules act on, and what makes a row due for the Janitor."""

from shared.domain.job.state import Job, JobPhase
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.slot.state import Slot


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
    tried = runner.task_arn is not None or runner.attempts > 0
    return runner.plan is not None and tried


def needs_runner(job: Job) -> bool:
    """Whether the job waits and no runner is meant for it."""
    return job.phase is JobPhase.WAITING and job.paired is None


def waits_for_slot(job: Job, runner: Runner) -> bool:
    """Whether the job's runner waits for a slot, and is still wanted."""
    wanted = job.phase is JobPhase.WAITING and is_wanted(runner)
    return wanted and runner.slot is Slot.AWAITED


def awaits_its_job(runner: Runner) -> bool:
    """Whether a job is about to be given to the idle runner, if GitHub still knows it."""
    idle = runner.phase is RunnerPhase.IDLE and not runner.removed
    return idle and is_wanted(runner)


def left_slot(runner: Runner) -> bool:
    """Whether the runner has ended and holds a slot."""
    return runner.phase is RunnerPhase.CLOSED and runner.slot is Slot.HELD


def left_job(runner: Runner) -> bool:
    """Whether the runner has ended and a job waits for it."""
    return runner.phase is RunnerPhase.CLOSED and runner.serves is not None


def left_registration(runner: Runner) -> bool:
    """Whether the runner has ended without a job and may be registered still."""
    ended = runner.phase is RunnerPhase.CLOSED and runner.left_at is None
    return ended and was_tried(runner) and not runner.deregistered


def left_config(runner: Runner) -> bool:
    """Whether the runner has ended and its just-in-time config may be stored still."""
    ended = runner.phase is RunnerPhase.CLOSED
    return ended and was_tried(runner) and not runner.config_deleted


def left_nothing(runner: Runner) -> bool:
    """Whether nothing is left to do about a runner that has ended."""
    return not any(of(runner) for of in (left_slot, left_job, left_registration, left_config))
