"""Decisions on slots: which launch may begin, and which job gets the slot of an ended runner.

The counter is read with the streams of the decision. What a decision requires of the counter
becomes a condition of the append.
"""

from datetime import UTC, datetime
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.actions import CloseCircuit, FreeSlot
from shared.domain.decision import Decided, Given
from shared.domain.history import JobHistory
from shared.domain.policy import Policy
from shared.domain.runner.conditions import waits_for_slot
from shared.domain.runner.state import Runner
from shared.domain.slot.counter import (
    BROKEN,
    SERVED,
    Admitted,
    CircuitChange,
    Guard,
    Slots,
    admit_launch,
    share,
    trial_ends_at,
    with_room,
)
from shared.domain.slot.rate_limit import RateLimits, Turn
from shared.domain.slot.state import Slot
from shared.domain.stream import StreamId

LOOKED_AT = 10
"""Number of rows of the index by arrival that are read to find one job that still waits."""


class Admission(Struct, frozen=True):
    """A launch that has a slot, and the counter as read; `turn` is None if it needs a new one."""

    slots: Slots
    admitted: Admitted
    turn: Turn | None


def admit(given: Given, runner: Runner) -> Admission | Decided | None:
    """Admit the launch, or record that it waits for a slot; None if it already waits for one."""
    slots = given.slots()
    answer = admit_launch(slots, runner, given.now, given.policy)
    if isinstance(answer, Admitted):
        return Admission(slots, answer, _own_turn(given, slots.rate_limits, runner))
    if runner.slot is Slot.AWAITED:
        return None
    waits = e.SlotAwaited(runner_id=runner.id, reason=answer.reason, circuit=answer.circuit)
    return Decided(id=f"{runner.id}/slot-awaited/{runner.attempts}", fact=waits)


def intend(
    given: Given, runner: Runner, fact: e.LaunchIntended, admission: Admission, turn: Turn
) -> Decided:
    """Begin the launch, or give its slot back until its turn at GitHub."""
    now, policy = given.now, given.policy
    if turn.at > now:
        return _held_back(turn, runner)
    admitted, circuit = admission.admitted, admission.slots.circuit
    fact = replace(
        fact,
        shard=admitted.shard,
        broken_before=circuit.broken,
        credential=turn.credential,
    )
    trial = None
    if admitted.trial:
        trial = CircuitChange(seen=circuit, new=circuit.tried(trial_ends_at(policy, now)))
    guard = Guard(most=share(policy.max_runners, admitted.shard), circuit=trial)
    return Decided(id=f"{runner.id}/launch-intended/{runner.attempts}", fact=fact, guard=guard)


def _own_turn(given: Given, limits: RateLimits, runner: Runner) -> Turn | None:
    """Return the launch's own turn at GitHub, or None if it has none that is still valid.

    A runner that is registered needs none, and keeps its credential.
    """
    if runner.intent is not None and runner.registered:
        return Turn(at=given.now, credential=runner.intent.credential)
    own = runner.turn
    if own is None or own.credential not in given.policy.credentials or not own.is_valid(given.now):
        return None
    until = limits.of(own.credential).until
    return None if until is not None and until > max(own.at, given.now) else own


def _held_back(turn: Turn, runner: Runner) -> Decided:
    """Postpone the launch until its turn."""
    attempt = runner.attempts + 1
    fact = e.LaunchFailed(
        runner_id=runner.id,
        attempt=attempt,
        reason=f"GitHub's rate limit: its turn is at {turn.at.astimezone(UTC):%H:%M:%S} UTC",
        retry_at=turn.at,
        held_back=True,
        credential=turn.credential,
    )
    return Decided(id=f"{runner.id}/held-back/{attempt}", fact=fact)


def free(given: Given, action: FreeSlot) -> Decided:
    """Release the runner's slot, or grant it to the job that has waited longest."""
    runner, slots, policy = action.runner, given.slots(), given.policy
    circuit = _judged(slots, action.outcome, given.now, policy)
    opened = circuit.new if circuit else slots.circuit
    shard = runner.shard or 0
    within_share = slots.shards[shard].held <= share(policy.max_runners, shard)
    waiting = None
    if slots.awaited and within_share and not opened.is_open(policy):
        waiting = next(iter(jobs_awaiting_slots(given, 1)), None)
    fact = e.SlotFreed(
        runner_id=runner.id,
        shard=shard,
        outcome=action.outcome,
        granted_job_id=waiting.state.job_id if waiting else None,
        circuit_opened=opened.is_open(policy) and not slots.circuit.is_open(policy),
    )
    streams = (waiting,) if waiting else ()
    guard = Guard(circuit=circuit)
    return Decided(id=f"{runner.id}/slot-freed", fact=fact, streams=streams, guard=guard)


def close_circuit(given: Given, action: CloseCircuit) -> Decided | None:
    """Close the circuit breaker after a job started; None if no launch was counted as broken."""
    circuit = given.slots().circuit
    if not circuit.broken:
        return None
    runner_id = action.runner.id
    return Decided(
        id=f"{runner_id}/circuit-closed",
        fact=e.CircuitClosed(runner_id=runner_id),
        guard=Guard(circuit=CircuitChange(seen=circuit, new=circuit.closed())),
    )


def grant(given: Given) -> Decided | None:
    """Grant a free slot to the job's runner; None if it does not wait, or no slot is free.

    While the circuit is open nothing is granted, since launches are tried one at a time.
    """
    history, slots, policy = given.history, given.slots(), given.policy
    runner = history.state.runner(history.state.job.paired)
    if runner is None or not is_waiting(history) or slots.circuit.is_open(policy):
        return None
    shard = with_room(slots, runner.id, policy.max_runners)
    if shard is None:
        return None
    return Decided(
        id=f"{runner.id}/slot-granted/{runner.attempts}",
        fact=e.SlotGranted(runner_id=runner.id, shard=shard),
        guard=Guard(most=share(policy.max_runners, shard)),
    )


def jobs_awaiting_slots(given: Given, most: int) -> list[JobHistory]:
    """Return at most `most` jobs that wait for a slot, those that have waited longest first.

    The index lists candidates, and the streams decide which of them still wait. A stream that can't
    be read is left out.
    """
    streams = map(StreamId.of_job, given.waiting(LOOKED_AT + most))
    return list(islice(filter(is_waiting, given.readable(streams)), most))


def is_waiting(history: JobHistory) -> bool:
    """Return whether the job's runner waits for a slot, and is still wanted."""
    job = history.state.job
    runner = history.state.runner(job.paired)
    return runner is not None and waits_for_slot(job, runner)


def _judged(slots: Slots, outcome: str, now: datetime, policy: Policy) -> CircuitChange | None:
    """Return the change of the circuit breaker that follows from the runner's outcome."""
    seen = slots.circuit
    if outcome == BROKEN:
        return CircuitChange(seen=seen, new=seen.after_break(now, policy))
    if outcome == SERVED and seen.broken:
        return CircuitChange(seen=seen, new=seen.closed())
    return None
