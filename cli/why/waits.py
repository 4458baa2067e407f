"""Finds what a waiting job waits for, and the sentence for it. Pure.

The first condition that holds decides. A cause that stops all others, such as a nudge in a
dead-letter queue, comes first.
"""

from collections.abc import Callable
from datetime import datetime

from cli.history.phrase import time_of_day
from cli.why.cause import Cause
from cli.why.streams import Waiting
from shared.domain.job.state import JobPhase
from shared.domain.names import home_job
from shared.domain.runner.conditions import waits_for_github
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.slot.state import Slot

_BEFORE_LAUNCH = (RunnerPhase.PLANNED, RunnerPhase.INTENDED)


def awaited(waiting: Waiting, now: datetime) -> Cause:
    """Return what the job waits for."""
    runner = waiting.runner
    if waiting.job.stuck:
        return Cause.STUCK
    if waiting.job.phase is JobPhase.HELD:
        return Cause.HELD
    if waiting.job.check_at is not None:
        return Cause.CHECK
    if runner is None or runner.removed:
        return Cause.REPLACEMENT
    if runner.phase in _BEFORE_LAUNCH:
        return _launch(waiting, runner, now)
    by_phase = {RunnerPhase.LAUNCHED: Cause.START, RunnerPhase.IDLE: Cause.ASSIGNMENT}
    return by_phase.get(runner.phase, Cause.REPLACEMENT)


def _launch(waiting: Waiting, runner: Runner, now: datetime) -> Cause:
    """Return what a launch that has no outcome yet waits for."""
    if runner.slot is Slot.AWAITED:
        by_circuit = waiting.awaited is not None and waiting.awaited.circuit
        return Cause.CIRCUIT if by_circuit else Cause.SLOT
    if runner.image is not None:
        return Cause.IMAGE
    if runner.retry_at is not None and runner.retry_at > now:
        return _retry(waiting, runner)
    return Cause.SCHEDULER if runner.phase is RunnerPhase.PLANNED else Cause.LAUNCH


def _retry(waiting: Waiting, runner: Runner) -> Cause:
    """Return why the launch is not begun before a known time."""
    if runner.turn is not None or (waiting.failed and waiting.failed.held_back):
        return Cause.TURN
    if waiting.failed is None:
        return Cause.AFTER_LOSS
    if waiting.failed.no_capacity:
        return Cause.CAPACITY
    return Cause.GITHUB if waits_for_github(runner) else Cause.RETRY


def reason(waiting: Waiting, cause: Cause) -> str:
    """Return the reason that an event gives for the wait, or ""."""
    runner = waiting.runner
    if cause is Cause.STUCK:
        return waiting.job.stuck or ""
    if runner is None or cause in _WITHOUT_REASON:
        return ""
    return (runner.awaits or runner.reason) or ""


_WITHOUT_REASON = (
    *(Cause.HELD, Cause.CHECK, Cause.SCHEDULER, Cause.LAUNCH),
    *(Cause.START, Cause.ASSIGNMENT, Cause.REPLACEMENT, Cause.AFTER_LOSS),
)
"""Causes that the phase shows. A reason in the runner's state is that of an earlier wait."""


def next_at(waiting: Waiting, cause: Cause) -> datetime | None:
    """Return when the next attempt is made, if that is known."""
    if cause in (Cause.CHECK, Cause.HELD):
        return waiting.job.check_at
    timed = (Cause.TURN, Cause.GITHUB, Cause.CAPACITY, Cause.RETRY, Cause.AFTER_LOSS)
    return waiting.runner.retry_at if waiting.runner and cause in timed else None


def sentence(waiting: Waiting, cause: Cause) -> str:
    """Return the cause in one sentence."""
    said = _SENTENCES[cause](waiting, f"Job {waiting.job_id}")
    why = reason(waiting, cause) if cause is not Cause.TURN else ""
    return f"{said}: {why.rstrip('.')}." if why else f"{said}."


def _runner(waiting: Waiting) -> str:
    """Return the id of the runner, and the job that it was launched for if that is another one."""
    runner_id = waiting.job.paired or "its runner"
    home = home_job(runner_id)
    own = home in (None, waiting.job_id)
    return runner_id if own else f"{runner_id} (launched for job {home})"


def _turn(waiting: Waiting, job: str) -> str:
    at = waiting.runner.retry_at if waiting.runner else None
    when = f" at {time_of_day(at)} UTC" if at else ""
    return f"{job} waits for its turn at GitHub{when}, since launches keep to GitHub's rate limit"


def _image(waiting: Waiting, job: str) -> str:
    image = waiting.runner.image if waiting.runner else None
    return f"{job} waits for its image {image.tag if image else ''}".rstrip()


def _replacement(waiting: Waiting, job: str) -> str:
    gone = f", since {waiting.job.paired} can't serve it" if waiting.job.paired else ""
    return f"{job} has no runner at this moment{gone}: its next launch is about to be planned"


_SENTENCES: dict[Cause, Callable[[Waiting, str], str]] = {
    Cause.STUCK: lambda _, job: f"{job} is stuck: its nudge is in a dead-letter queue",
    Cause.HELD: lambda _, job: (
        f"GitHub holds {job.lower()}, such as for an approval: no runner may take it"
    ),
    Cause.CHECK: lambda _, job: (
        f"{job} waits until its status is read from GitHub, since its webhooks leave open "
        "whether it runs"
    ),
    Cause.SLOT: lambda _, job: f"{job} waits for a slot",
    Cause.CIRCUIT: lambda _, job: f"{job} is held back by the circuit breaker",
    Cause.IMAGE: _image,
    Cause.TURN: _turn,
    Cause.GITHUB: lambda _, job: (
        f"{job} waits for GitHub, which failed at the last attempt to launch"
    ),
    Cause.CAPACITY: lambda _, job: f"{job} waits for capacity at AWS",
    Cause.AFTER_LOSS: lambda _, job: (
        f"{job} waits to try again, since AWS ended its last runners before they took it"
    ),
    Cause.RETRY: lambda _, job: (
        f"{job} waits to try again, since the last attempt to launch failed"
    ),
    Cause.SCHEDULER: lambda waiting, job: (
        f"{job} waits for the scheduler, which has not begun to launch {_runner(waiting)}"
    ),
    Cause.LAUNCH: lambda waiting, job: f"{job} waits while {_runner(waiting)} is being launched",
    Cause.START: lambda waiting, job: (
        f"{job} waits for the task of {_runner(waiting)}, which ECS has accepted, to run"
    ),
    Cause.ASSIGNMENT: lambda waiting, job: (
        f"{job} waits for GitHub to assign it to {_runner(waiting)}, which is idle"
    ),
    Cause.REPLACEMENT: _replacement,
}
