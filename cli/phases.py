"""How long a job and a runner were in each of their phases. Pure: facts and `now` go in."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from shared.domain import events as e
from shared.domain.names import home_job
from shared.domain.state import Runner, State


class Phase(Struct, frozen=True, kw_only=True):
    """How long something lasted, in seconds; so far, if it has not ended."""

    of: str
    name: str
    start: datetime
    end: datetime | None
    seconds: float


def job_phases(state: State, now: datetime) -> list[Phase]:
    """How long the job waited and ran."""
    job = state.job
    milestones = (("in the queue", job.queued_at), ("running", job.started_at))
    return _phases(f"job {state.job_id}", milestones, job.completed_at, now)


def runner_phases(runner: Runner, recorded: Iterable[e.Recorded], now: datetime) -> list[Phase]:
    """How long a runner was in each of its phases. `recorded` holds when it waited for what."""
    milestones = (
        *_until_launched(runner, recorded),
        ("idle", runner.running_at),
        (_job_phase_name(runner), runner.taken_at),
        ("ending", runner.left_at),
    )
    return _phases(runner.id, milestones, runner.closed_at, now)


_PLANNED, _IMAGE, _SLOT = "planned", "waiting for its image", "waiting for a slot"
_BEGINS: dict[type[e.Fact], str] = {
    e.ImageAwaited: _IMAGE,
    e.SlotAwaited: _SLOT,
    e.SlotGranted: _PLANNED,
    e.LaunchIntended: "launching",
    e.LaunchResumed: "launching",
    e.LaunchFailed: "waiting to try again",
    e.RunnerLaunched: "coming up",
}
"""The phase that a fact about the runner begins."""


def _until_launched(
    runner: Runner, recorded: Iterable[e.Recorded]
) -> list[tuple[str, datetime | None]]:
    """The phases of all attempts to launch the runner, and when each began."""
    phases: list[tuple[str, datetime | None]] = [(_PLANNED, runner.planned_at)]
    for event in (one.event for one in recorded):
        before = phases[-1][0]
        after = _after(event.fact, runner, before)
        if after != before:
            phases.append((after, event.at))
    return phases


def _after(fact: e.Fact, runner: Runner, phase: str) -> str:
    """The phase of a runner after a fact of its stream."""
    match fact:
        case e.ImageReady():
            return _PLANNED if phase == _IMAGE else phase
        case e.SlotFreed() if fact.granted_job_id == home_job(runner.id):
            return _PLANNED if phase == _SLOT else phase
        case e.LaunchFailed(retry_at=None):
            return phase
    mine = getattr(fact, "runner_id", "") == runner.id
    return _BEGINS.get(type(fact), phase) if mine else phase


def _job_phase_name(runner: Runner) -> str:
    elsewhere = runner.took is not None and runner.took != home_job(runner.id)
    return f"on job {runner.took}" if elsewhere else "on its job"


def _phases(
    of: str,
    milestones: Sequence[tuple[str, datetime | None]],
    end: datetime | None,
    now: datetime,
) -> list[Phase]:
    """What lies between each milestone that was reached and the next one, or the end.

    Sources have clocks of their own and GitHub's has whole seconds, so that a milestone may seem to
    come before the one that it follows: nothing lasts less than no time.
    """
    reached = [(name, at) for name, at in milestones if at is not None]
    ends = [*(at for _, at in reached[1:]), end][: len(reached)]
    return [
        Phase(
            of=of,
            name=name,
            start=start,
            end=stop,
            seconds=max(0.0, ((stop or now) - start).total_seconds()),
        )
        for (name, start), stop in zip(reached, ends, strict=True)
    ]
