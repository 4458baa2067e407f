"""The rules of slots: when one is freed, and when the circuit breaker is closed."""

from datetime import datetime

from shared.domain.actions import (
    Action,
    CloseCircuit,
    FreeSlot,
)
from shared.domain.policy import Policy
from shared.domain.runner.conditions import died, left_slot
from shared.domain.runner.deadlines import start_limit
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.slot.counter import BROKEN, SERVED, UNUSED
from shared.domain.state import State


def close_circuit(state: State, _: datetime, __: Policy) -> Action | None:
    """Close the circuit breaker when a job runs on a runner launched after broken launches."""
    for runner in state.runners:
        after_broken = runner.intent is not None and runner.intent.broken_before > 0
        works = runner.took is not None and runner.phase is not RunnerPhase.CLOSED
        if after_broken and works and not runner.closed_circuit:
            return CloseCircuit(runner)
    return None


def free_slot(state: State, _: datetime, __: Policy) -> Action | None:
    """Free the slot of a runner that has ended."""
    for runner in state.runners:
        if left_slot(runner):
            return FreeSlot(runner, _outcome(runner))
    return None


def _outcome(runner: Runner) -> str:
    if runner.took is not None or runner.busy_at or runner.served:
        return SERVED
    ended_by_itself = died(runner) and runner.stop is None and runner.task_arn is not None
    broken = ended_by_itself or _came_up_too_late(runner)
    return BROKEN if broken and not runner.lost and not runner.removed else UNUSED


def _came_up_too_late(runner: Runner) -> bool:
    passed = start_limit(runner) if runner.running_at is None else None
    return bool(passed and runner.stop and runner.stop.intended_at >= passed)
