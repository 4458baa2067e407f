"""Folds the events of lost jobs. Only the stream of the job's runner has a state of them."""

from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.machine import next_phase
from shared.domain.rerun.state import RERUN_TRANSITIONS, Rerun, RerunSignal
from shared.domain.runner.state import Runner
from shared.domain.runner.transitions import change_runner
from shared.domain.state import Handlers, State

FIRST_CHECK = timedelta(seconds=60)
"""From the loss until GitHub is asked whether the run has ended. Several jobs of a run are often
lost together; meanwhile the others are recorded, too."""


def _lost(state: State, fact: e.JobLost, at: datetime) -> State:
    def change(runner: Runner) -> Runner:
        signal = RerunSignal.ABANDONED if fact.why_not else RerunSignal.LOST
        rerun = Rerun(job_id=fact.job_id, job=fact.job, lost_at=at, check_at=at + FIRST_CHECK)
        return _signal(replace(runner, rerun=rerun), signal) if runner.rerun is None else runner

    return change_runner(state, fact.runner_id, change)


def _postponed(state: State, fact: e.RerunPostponed, _: datetime) -> State:
    changes = {"checks": fact.checks, "check_at": fact.check_at}
    return _signalled(state, fact.runner_id, RerunSignal.POSTPONED, **changes)


def _intended(state: State, fact: e.RerunIntended, at: datetime) -> State:
    return _signalled(
        state,
        fact.runner_id,
        RerunSignal.INTENDED,
        number=fact.number,
        run_attempt=fact.run_attempt,
        target=fact.target,
        intended_at=at,
    )


def _requested(state: State, fact: e.RerunRequested, _: datetime) -> State:
    return _signalled(state, fact.runner_id, RerunSignal.REQUESTED)


def _abandoned(state: State, fact: e.RerunAbandoned, _: datetime) -> State:
    return _signalled(state, fact.runner_id, RerunSignal.ABANDONED)


def _signalled(state: State, runner_id: str, signal: RerunSignal, **changes: Any) -> State:
    return change_runner(state, runner_id, lambda runner: _signal(runner, signal, **changes))


def _signal(runner: Runner, signal: RerunSignal, **changes: Any) -> Runner:
    """Return the runner with its lost job after the signal; unchanged if the table lacks it."""
    rerun = runner.rerun
    phase = next_phase(RERUN_TRANSITIONS, rerun.phase, signal) if rerun else None
    if rerun is None or phase is None:
        return runner
    return replace(runner, rerun=replace(rerun, phase=phase, **changes))


HANDLERS: Handlers = {
    e.JobLost: _lost,
    e.RerunPostponed: _postponed,
    e.RerunIntended: _intended,
    e.RerunRequested: _requested,
    e.RerunAbandoned: _abandoned,
}
