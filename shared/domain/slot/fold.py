"""Folds the events of slots and of the circuit breaker."""

from datetime import datetime

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.runner.transitions import change_runner, signal_slot
from shared.domain.slot.state import SlotSignal
from shared.domain.state import Handlers, State


def _awaited(state: State, fact: e.SlotAwaited, _: datetime) -> State:
    def change(runner: Runner) -> Runner:
        if runner.phase is not RunnerPhase.PLANNED:
            return runner
        return signal_slot(runner, SlotSignal.AWAITED, awaits=fact.reason)

    return change_runner(state, fact.runner_id, change)


def _granted(state: State, fact: e.SlotGranted, _: datetime) -> State:
    return _give(state, fact.runner_id, fact.shard)


def _freed(state: State, fact: e.SlotFreed, _: datetime) -> State:
    def free(runner: Runner) -> Runner:
        return signal_slot(runner, SlotSignal.FREED, shard=None, opened_circuit=fact.circuit_opened)

    state = change_runner(state, fact.runner_id, free)
    if state.job_id != fact.granted_job_id:
        return state
    return _give(state, state.job.paired, fact.shard)


def _closed(state: State, fact: e.CircuitClosed, _: datetime) -> State:
    return change_runner(state, fact.runner_id, lambda one: replace(one, closed_circuit=True))


def _give(state: State, runner_id: str | None, shard: int) -> State:
    def change(runner: Runner) -> Runner:
        return signal_slot(runner, SlotSignal.GRANTED, shard=shard, awaits=None)

    return change_runner(state, runner_id, change)


HANDLERS: Handlers = {
    e.SlotAwaited: _awaited,
    e.SlotGranted: _granted,
    e.SlotFreed: _freed,
    e.CircuitClosed: _closed,
}
