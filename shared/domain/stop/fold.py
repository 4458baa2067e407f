"""Folds the events of stopping a runner."""

from datetime import datetime

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.runner.transitions import CONFIRM_EVERY, change_runner, signal_runner
from shared.domain.signals import Signal
from shared.domain.state import Handlers, State
from shared.domain.stop.state import Stop


def _stop_intended(state: State, fact: e.StopIntended, at: datetime) -> State:
    def change(runner: Runner) -> Runner:
        if runner.phase is RunnerPhase.CLOSED:
            return runner
        before = runner.stop
        stop = Stop(
            reason=fact.reason,
            forced=fact.forced or (before is not None and before.forced),
            intended_at=at,
            by_operator=fact.by_operator,
            deregistered=before is not None and before.deregistered,
        )
        return replace(runner, stop=stop, stops=runner.stops + 1)

    return change_runner(state, fact.runner_id, change)


def _deregistered(state: State, fact: e.RunnerDeregistered, _: datetime) -> State:
    def change(runner: Runner) -> Runner:
        stop = replace(runner.stop, deregistered=True) if runner.stop else None
        removed = runner.phase is RunnerPhase.IDLE and stop is None
        return replace(runner, deregistered=True, stop=stop, removed=runner.removed or removed)

    return change_runner(state, fact.runner_id, change)


def _confirmed(state: State, fact: e.RunnerConfirmed, at: datetime) -> State:
    def change(runner: Runner) -> Runner:
        again = at + CONFIRM_EVERY
        return replace(runner, confirm_at=again, confirmations=runner.confirmations + 1)

    return change_runner(state, fact.runner_id, change)


def _found_busy(state: State, fact: e.RunnerFoundBusy, at: datetime) -> State:
    """A forced stop goes on, any other is off. A dead runner is GitHub's to forget."""

    def change(runner: Runner) -> Runner:
        if runner.phase is RunnerPhase.CLOSED:
            return replace(runner, deregistered=True)
        if runner.stop and runner.stop.forced:
            return replace(runner, stop=replace(runner.stop, deregistered=True))
        return replace(signal_runner(runner, Signal.TAKEN), stop=None, busy_at=at)

    return change_runner(state, fact.runner_id, change)


def _stop_sent(state: State, fact: e.TaskStopSent, at: datetime) -> State:
    def change(runner: Runner) -> Runner:
        if runner.stop is None:
            return runner
        stop = replace(runner.stop, sent=runner.stop.sent + 1, sent_at=at)
        return replace(runner, stop=stop)

    return change_runner(state, fact.runner_id, change)


HANDLERS: Handlers = {
    e.StopIntended: _stop_intended,
    e.RunnerDeregistered: _deregistered,
    e.RunnerConfirmed: _confirmed,
    e.RunnerFoundBusy: _found_busy,
    e.TaskStopSent: _stop_sent,
}
