"""Folds the events of stopping a runner."""

from datetime import datetime

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.machine import next_phase
from shared.domain.runner.state import Runner, RunnerPhase, RunnerSignal
from shared.domain.runner.transitions import CONFIRM_EVERY, change_runner, signal_runner
from shared.domain.state import Handlers, State
from shared.domain.stop.state import STOP_TRANSITIONS, Stop, StopPhase, StopSignal


def _signal(runner: Runner, signal: StopSignal) -> StopPhase | None:
    """Return the phase of the stop after the signal; None if its table lacks it."""
    phase = runner.stop.phase if runner.stop else StopPhase.NONE
    return next_phase(STOP_TRANSITIONS, phase, signal)


def _stop_intended(state: State, fact: e.StopIntended, at: datetime) -> State:
    def change(runner: Runner) -> Runner:
        phase = _signal(runner, StopSignal.INTENDED)
        if phase is None or runner.phase is RunnerPhase.CLOSED:
            return runner
        stop = Stop(
            phase=phase,
            reason=fact.reason,
            forced=fact.forced or (runner.stop is not None and runner.stop.forced),
            intended_at=at,
            by_operator=fact.by_operator,
        )
        return replace(runner, stop=stop, stops=runner.stops + 1)

    return change_runner(state, fact.runner_id, change)


def _deregistered(state: State, fact: e.RunnerDeregistered, _: datetime) -> State:
    def change(runner: Runner) -> Runner:
        removed = runner.phase is RunnerPhase.IDLE and runner.stop is None
        runner = replace(runner, deregistered=True, removed=runner.removed or removed)
        return _moved(runner, StopSignal.DEREGISTERED)

    return change_runner(state, fact.runner_id, change)


def _moved(runner: Runner, signal: StopSignal) -> Runner:
    """Return the runner with its stop after the signal."""
    phase = _signal(runner, signal)
    if phase is None or runner.stop is None:
        return runner
    return replace(
        runner, stop=None if phase is StopPhase.NONE else replace(runner.stop, phase=phase)
    )


def _confirmed(state: State, fact: e.RunnerConfirmed, at: datetime) -> State:
    def change(runner: Runner) -> Runner:
        again = at + CONFIRM_EVERY
        return replace(runner, confirm_at=again, confirmations=runner.confirmations + 1)

    return change_runner(state, fact.runner_id, change)


def _found_busy(state: State, fact: e.RunnerFoundBusy, at: datetime) -> State:
    """Continue a forced stop, and cancel any other.

    The registration of a closed runner is left for GitHub to remove.
    """

    def change(runner: Runner) -> Runner:
        if runner.phase is RunnerPhase.CLOSED:
            return replace(runner, deregistered=True)
        if runner.stop and runner.stop.forced:
            return _moved(runner, StopSignal.OVERRULED)
        runner = signal_runner(runner, RunnerSignal.TAKEN, busy_at=at)
        return _moved(runner, StopSignal.FOUND_BUSY)

    return change_runner(state, fact.runner_id, change)


def _stop_sent(state: State, fact: e.TaskStopSent, at: datetime) -> State:
    def change(runner: Runner) -> Runner:
        phase = _signal(runner, StopSignal.SENT)
        if phase is None or runner.stop is None:
            return runner
        stop = replace(runner.stop, phase=phase, sent=runner.stop.sent + 1, sent_at=at)
        return replace(runner, stop=stop)

    return change_runner(state, fact.runner_id, change)


HANDLERS: Handlers = {
    e.StopIntended: _stop_intended,
    e.RunnerDeregistered: _deregistered,
    e.RunnerConfirmed: _confirmed,
    e.RunnerFoundBusy: _found_busy,
    e.TaskStopSent: _stop_sent,
}
