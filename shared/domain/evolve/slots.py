"""Who holds one of the slots that the fleet has, and who waits for one."""

from datetime import datetime

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.evolve.steps import Handlers, change_runner
from shared.domain.state import Runner, Slot, State, Supply


def _awaited(state: State, fact: e.SlotAwaited, _: datetime) -> State:
    def change(runner: Runner) -> Runner:
        if runner.phase is not Supply.PLANNED or runner.slot is not Slot.NONE:
            return runner
        return replace(runner, slot=Slot.AWAITED, awaits=fact.reason)

    return change_runner(state, fact.runner_id, change)


def _freed(state: State, fact: e.SlotFreed, _: datetime) -> State:
    def free(runner: Runner) -> Runner:
        return replace(runner, slot=Slot.FREED, opened_circuit=fact.circuit_opened)

    state = change_runner(state, fact.runner_id, free)
    return _granted(state, fact.granted_job_ids)


def _closed(state: State, fact: e.CircuitClosed, _: datetime) -> State:
    state = change_runner(state, fact.runner_id, lambda one: replace(one, probe_told=True))
    return _granted(state, fact.granted_job_ids)


def _granted(state: State, job_ids: tuple[int, ...]) -> State:
    if state.job_id not in job_ids:
        return state

    def change(runner: Runner) -> Runner:
        if runner.slot is not Slot.AWAITED:
            return runner
        return replace(runner, slot=Slot.HELD, awaits=None)

    return change_runner(state, state.job.paired, change)


HANDLERS: Handlers = {
    e.SlotAwaited: _awaited,
    e.SlotFreed: _freed,
    e.CircuitClosed: _closed,
}
