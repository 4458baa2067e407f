"""The fleet's slots: who may launch, and who is next when a runner is over.

What the counter means is the domain's. Here it is read with the streams that are decided on, so
that all change in one transaction or none does.
"""

from collections.abc import Callable
from datetime import datetime

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.actions import CloseCircuit, FreeSlot
from shared.domain.history import JobHistory
from shared.domain.names import job_stream
from shared.domain.policy import Policy
from shared.domain.slots import FAILED, MOST_GRANTED, SERVED, Denied, admit, grantable
from shared.domain.state import Demand, Runner, Slot
from shared.engine.decided import Decided
from shared.engine.world import World

Load = Callable[[str], JobHistory]


def intend(
    world: World, runner: Runner, fact: e.LaunchIntended, now: datetime, policy: Policy
) -> Decided | None:
    """The launch begins, or has to wait for a slot; None if it waits already."""
    slots = world.log.slots()
    answer = admit(slots, runner.slot, now, policy)
    if not isinstance(answer, Denied):
        fact = replace(fact, probe=answer.probe)
        return Decided(step=f"{runner.id}/launch-intended", fact=fact, slots=slots)
    if runner.slot is Slot.AWAITED:
        return None
    waits = e.SlotAwaited(runner_id=runner.id, reason=answer.reason)
    return Decided(step=f"{runner.id}/slot-awaited", fact=waits, slots=slots)


def free(world: World, action: FreeSlot, load: Load, policy: Policy) -> Decided:
    """The runner gives its slot back, and those who waited longest get what is free."""
    runner, slots = action.runner, world.log.slots()
    failures = slots.failures + 1 if action.outcome == FAILED else slots.failures
    failures = 0 if action.outcome == SERVED else failures
    left = replace(slots, taken=slots.taken - 1, failures=failures)
    granted = _granted(world, load, grantable(left, policy))
    fact = e.SlotFreed(
        runner_id=runner.id,
        outcome=action.outcome,
        granted_job_ids=_ids(granted),
        circuit_opened=left.is_open(policy) and not slots.is_open(policy),
    )
    return Decided(step=f"{runner.id}/slot-freed", fact=fact, streams=granted, slots=slots)


def close_circuit(world: World, action: CloseCircuit, load: Load, policy: Policy) -> Decided:
    """Launches go on, and those who waited longest get what is free."""
    slots = world.log.slots()
    granted = _granted(world, load, grantable(replace(slots, failures=0), policy))
    fact = e.CircuitClosed(runner_id=action.runner.id, granted_job_ids=_ids(granted))
    step = f"{action.runner.id}/circuit-closed"
    return Decided(step=step, fact=fact, streams=granted, slots=slots)


def _granted(world: World, load: Load, most: int) -> tuple[JobHistory, ...]:
    """The first of those that wait. The index says where to look, their streams who they are."""
    if most == 0:
        return ()
    rows = world.table.waiting(MOST_GRANTED + most)
    streams = dict.fromkeys(job_stream(row.job_id) for row in rows)
    return tuple(one for one in map(load, streams) if _waits(one))[:most]


def _waits(history: JobHistory) -> bool:
    job = history.state.job
    runner = history.state.runner(job.paired)
    wanted = job.phase is Demand.WAITING and runner is not None and runner.stop is None
    return wanted and runner is not None and runner.slot is Slot.AWAITED


def _ids(histories: tuple[JobHistory, ...]) -> tuple[int, ...]:
    return tuple(one.state.job_id for one in histories)
