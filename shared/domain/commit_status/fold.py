"""Folds the events of a job's commit status."""

from datetime import datetime

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.commit_status.state import STATUS_TRANSITIONS, StatusSignal, StatusState
from shared.domain.machine import next_phase
from shared.domain.state import Handlers, State


def _intended(state: State, fact: e.CommitStatusIntended, at: datetime) -> State:
    phase = next_phase(STATUS_TRANSITIONS, state.status.phase, StatusSignal.INTENDED)
    if phase is None:
        return state
    status = replace(
        state.status,
        phase=phase,
        number=fact.number,
        state=StatusState(fact.state),
        description=fact.description,
        intended_at=at,
    )
    return replace(state, status=status)


def _created(state: State, fact: e.CommitStatusCreated, _: datetime) -> State:
    return _answered(state, fact.number, StatusSignal.CREATED)


def _refused(state: State, fact: e.CommitStatusRefused, _: datetime) -> State:
    return _answered(state, fact.number, StatusSignal.REFUSED)


def _answered(state: State, number: int, signal: StatusSignal) -> State:
    status = state.status
    phase = next_phase(STATUS_TRANSITIONS, status.phase, signal)
    if phase is None or number != status.number:
        return state
    shown = status.state if signal is StatusSignal.CREATED else status.shown
    return replace(state, status=replace(status, phase=phase, shown=shown))


HANDLERS: Handlers = {
    e.CommitStatusIntended: _intended,
    e.CommitStatusCreated: _created,
    e.CommitStatusRefused: _refused,
}
