"""Computes how long a job or a runner was in each of its phases, and why. Pure.

The phases of one subject have no gaps (`marks`): they add up to the time from its first event to
its end or to now. What a launch waits for is read from the state after each event. The times at
which a task ran, a job started and either ended are those of their sources.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from cli.history.marks import Mark, Phase, between, in_order, reached
from shared.domain import events as e
from shared.domain.fold import evolve
from shared.domain.job.state import Job, JobPhase
from shared.domain.names import home_job
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.slot.state import Slot
from shared.domain.state import State

DELIVERY = "webhook under way"
SCHEDULER = "waiting for the scheduler"
IMAGE = "waiting for its image"
SLOT = "waiting for a slot"
CIRCUIT = "held back by the circuit breaker"
RETRY = "waiting to try again"
LAUNCH = "launching"
START = "task starting"
IDLE = "idle"
ON_A_JOB = "on a job"
STOP = "task stopping"
ASSIGNMENT = "waiting for GitHub to assign it"
REPLACEMENT = "waiting for a new runner"
REFUSED = "refused, without a runner"
QUEUE = "in the queue"
HELD = "held by GitHub"
CHECK = "being looked up at GitHub"
RUNNING = "running"

_TIMES = ("running_at", "taken_at", "left_at", "closed_at")
"""The times of a runner, in the order of its life cycle."""


class Step(NamedTuple):
    """An event, and the state of the job's stream before and after it."""

    event: e.Event
    before: State
    after: State


def job_phases(job_id: int, recorded: Iterable[e.Recorded], now: datetime) -> list[Phase]:
    """Return what the job waited for, and how long it ran."""
    waits: list[Mark] = []
    lives: list[Mark] = []
    for step in steps(job_id, recorded):
        before, after = step.before.job, step.after.job
        lives += reached(before, after, ("started_at", "completed_at"), (RUNNING,))
        if before.queued_at is None and after.queued_at is not None:
            waits += _queued(step.event, after.queued_at, heard_in_time=_waits(after))
        if _waits(after) or after.phase in (JobPhase.REFUSED, JobPhase.HELD):
            _note(waits, step.event.at, *_awaited(step, waits[-1].name if waits else ""))
    return between(f"job {job_id}", [*in_order(waits), *lives], now)


def runner_phases(
    job_id: int, runner_id: str, recorded: Iterable[e.Recorded], now: datetime
) -> list[Phase]:
    """Return how long a runner of that job's stream was in each of its phases."""
    waits: list[Mark] = []
    lives: list[Mark] = []
    for step in steps(job_id, recorded):
        before, after = step.before.runner(runner_id), step.after.runner(runner_id)
        if after is None:
            continue
        if before is None and isinstance(step.event.fact, e.JobQueued):
            waits += _queued(step.event, after.planned_at, heard_in_time=True)
        if after.phase in (RunnerPhase.PLANNED, RunnerPhase.INTENDED, RunnerPhase.LAUNCHED):
            name = _launching(after, step.event.fact, waits[-1].name if waits else "")
            _note(waits, step.event.at, name, _why(after, name, step.event.fact))
        if after.phase is RunnerPhase.BUSY and after.busy_at and after.taken_at is None:
            lives.append(Mark(at=after.busy_at, rank=2, name=ON_A_JOB))
        names = (IDLE, _on_job(after), STOP)
        lives += reached(before, after, _TIMES, names)
    return between(runner_id, [*in_order(waits), *lives], now)


def steps(job_id: int, recorded: Iterable[e.Recorded]) -> Iterator[Step]:
    """Yield the events of a job's stream with the states between them."""
    before = State(job_id=job_id)
    for event in (one.event for one in recorded):
        after = evolve(before, event)
        yield Step(event, before, after)
        before = after


# --- what is waited for --------------------------------------------------------------------------


def _queued(event: e.Event, at: datetime, *, heard_in_time: bool) -> list[Mark]:
    """Return the marks of a job that was queued at GitHub, and whose webhook arrived later."""
    if not heard_in_time:
        return [Mark(at=at, name=QUEUE)]
    arrived = max(at, event.recorded_at)
    return [Mark(at=at, name=DELIVERY), Mark(at=arrived, name=SCHEDULER)]


def _note(waits: list[Mark], at: datetime, name: str, why: str) -> None:
    """Add a mark, unless the last one has the same name and reason."""
    if not waits or (waits[-1].name, waits[-1].why) != (name, why):
        waits.append(Mark(at=at, name=name, why=why))


def _waits(job: Job) -> bool:
    return job.phase is JobPhase.QUEUED


def _awaited(step: Step, now: str) -> tuple[str, str]:
    """Return what the job waits for after an event, and why."""
    state = step.after
    if state.job.phase is JobPhase.REFUSED:
        return REFUSED, state.job.reason or ""
    if state.job.check_at is not None:
        return CHECK, ""
    if state.job.phase is JobPhase.HELD:
        return HELD, ""
    runner = state.runner(state.job.paired)
    if runner is None:
        return (f"waiting for {state.job.paired}" if state.job.paired else REPLACEMENT), ""
    if runner.phase in (RunnerPhase.PLANNED, RunnerPhase.INTENDED, RunnerPhase.LAUNCHED):
        name = _launching(runner, step.event.fact, now)
        return name, _why(runner, name, step.event.fact)
    return (ASSIGNMENT if runner.phase is RunnerPhase.IDLE else REPLACEMENT), ""


def _launching(runner: Runner, fact: e.Fact, now: str) -> str:
    """Return what a launch does or waits for. `now` is what it waited for before the fact."""
    if runner.phase is RunnerPhase.LAUNCHED:
        return START
    if runner.phase is RunnerPhase.INTENDED:
        return RETRY if runner.retry_at else LAUNCH
    if runner.slot is Slot.AWAITED:
        if now not in (SLOT, CIRCUIT) and isinstance(fact, e.SlotAwaited):
            return CIRCUIT if fact.circuit else SLOT
        return CIRCUIT if now == CIRCUIT else SLOT
    if runner.image is not None:
        return IMAGE
    may_begin = runner.retry_at is None or runner.slot is Slot.HELD
    return SCHEDULER if may_begin else RETRY


def _why(runner: Runner, name: str, fact: e.Fact) -> str:
    if name == IMAGE and runner.image:
        return ": ".join(filter(None, (runner.image.tag, runner.reason)))
    if name in (SLOT, CIRCUIT):
        return runner.awaits or ""
    return runner.reason or str(getattr(fact, "reason", "")) if name == RETRY else ""


def _on_job(runner: Runner) -> str:
    elsewhere = runner.took is not None and runner.took != home_job(runner.id)
    return f"on job {runner.took}" if elsewhere else "on its job"
