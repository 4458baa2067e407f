"""The sharded counter of slots, and the admission of launches.

The counter is derived from the streams. An append changes it in its own transaction by conditional
arithmetic, so it can't leak, and no writer needs to have read its present value. It is sharded
because DynamoDB refuses a transaction whose items another one holds: each shard has a share of
`max_runners`, and a runner takes its slot from one shard (ADR 10).
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from zlib import crc32

from msgspec import Struct
from msgspec.structs import replace

from shared.domain.policy import Policy
from shared.domain.runner.state import Runner
from shared.domain.slot.circuit import Circuit
from shared.domain.slot.rate_limit import RateLimits
from shared.domain.slot.state import Slot
from shared.domain.state import State

SHARDS = 8
"""Transactions on the same item collide while one of them holds it, for about 8 ms. At Fargate's 20
launches a second, with one slot taken and one released for each, eight shards limit collisions to
about 4 %."""
SERVED, BROKEN, UNUSED = "served", "broken", "unused"
"""The outcomes of a runner that held a slot."""


class Shard(Struct, frozen=True, kw_only=True):
    """One shard of the counter.

    Attributes:
        held: Runners with a slot of this shard.
        awaited: Runners that wait for a slot, counted in the shard of their id's hash.
        changes: The number of changes, so that two reads show whether there was one between them.
    """

    held: int = 0
    awaited: int = 0
    changes: int = 0


class Slots(Struct, frozen=True, kw_only=True):
    """The counter, the circuit breaker and GitHub's rate limits, as read."""

    shards: tuple[Shard, ...] = (Shard(),) * SHARDS
    circuit: Circuit = Circuit()
    rate_limits: RateLimits = RateLimits()

    @property
    def held(self) -> int:
        """How many runners hold a slot: from the intent to launch until they have ended."""
        return sum(shard.held for shard in self.shards)

    @property
    def awaited(self) -> int:
        """How many planned runners wait for a slot."""
        return sum(shard.awaited for shard in self.shards)


class ShardChange(Struct, frozen=True, kw_only=True):
    """The numbers added to a shard. The change is refused if `held` would then exceed `most`."""

    shard: int
    held: int = 0
    awaited: int = 0
    most: int | None = None


class CircuitChange(Struct, frozen=True, kw_only=True):
    """The circuit breaker after an append. The change is refused unless it still equals `seen`."""

    seen: Circuit
    new: Circuit


class Change(Struct, frozen=True, kw_only=True):
    """The changes of one append to the counter and the circuit breaker."""

    shards: tuple[ShardChange, ...] = ()
    circuit: CircuitChange | None = None


class Guard(Struct, frozen=True, kw_only=True):
    """The conditions of a decision: `most` slots in a shard, and the breaker's change."""

    most: int | None = None
    circuit: CircuitChange | None = None


class Admitted(Struct, frozen=True):
    """The launch may begin, with a slot of `shard`; `trial` if the circuit is open."""

    shard: int
    trial: bool = False


class Denied(Struct, frozen=True):
    """The launch has to wait, and why. `circuit`: for the circuit breaker, not for a slot."""

    reason: str
    circuit: bool = False


def admit_launch(slots: Slots, runner: Runner, now: datetime, policy: Policy) -> Admitted | Denied:
    """Return whether the runner's launch may begin now. A new job queues behind those that wait."""
    if runner.slot is Slot.HELD and runner.shard is not None:
        return Admitted(runner.shard)
    trial = slots.circuit.is_open(policy)
    if trial and not slots.circuit.admits_trial(now):
        return Denied(
            f"the last {slots.circuit.broken} launches were broken; one is tried at a time until "
            "a job starts",
            circuit=True,
        )
    shard = with_room(slots, runner.id, policy.max_runners)
    if shard is None:
        return Denied(f"all {policy.max_runners} runners that max_runners allows are in use")
    if slots.awaited and runner.slot is Slot.NONE and not trial:
        return Denied(f"{slots.awaited} jobs have waited longer for one of max_runners")
    return Admitted(shard, trial)


def share(max_runners: int, shard: int) -> int:
    """Return a shard's share of `max_runners`. The shares add up to it."""
    return max_runners // SHARDS + (shard < max_runners % SHARDS)


def home(runner_id: str) -> int:
    """Return the shard that is tried first, and that counts the runner while it waits."""
    return crc32(runner_id.encode()) % SHARDS


def with_room(slots: Slots, runner_id: str, max_runners: int) -> int | None:
    """Return the first shard with a free slot, from the runner's home on; None if all are full."""
    first = home(runner_id)
    order = ((first + step) % SHARDS for step in range(SHARDS))
    return next((one for one in order if slots.shards[one].held < share(max_runners, one)), None)


def counted(states: Iterable[State]) -> tuple[Shard, ...]:
    """Return the shards of the counter as these streams add up."""
    held: Counter[int] = Counter()
    awaited: Counter[int] = Counter()
    for runner in (runner for state in states for runner in state.runners):
        if runner.slot is Slot.HELD and runner.shard is not None:
            held[runner.shard] += 1
        elif runner.slot is Slot.AWAITED:
            awaited[home(runner.id)] += 1
    return tuple(Shard(held=held[one], awaited=awaited[one]) for one in range(SHARDS))


def changed(before: Iterable[State], after: Iterable[State], guard: Guard | None) -> Change | None:
    """Return the change of an append that took streams from one state to another, or None."""
    pairs = zip(counted(before), counted(after), strict=True)
    most = guard.most if guard else None
    shards = tuple(
        ShardChange(
            shard=number,
            held=new.held - old.held,
            awaited=new.awaited - old.awaited,
            most=most if new.held > old.held else None,
        )
        for number, (old, new) in enumerate(pairs)
        if new != old
    )
    circuit = guard.circuit if guard else None
    return Change(shards=shards, circuit=circuit) if shards or circuit else None


def applied(slots: Slots, change: Change) -> Slots | None:
    """Return the counter after a change, or None if a condition of the change does not hold."""
    shards = list(slots.shards)
    for one in change.shards:
        held = shards[one.shard].held + one.held
        if one.most is not None and held > one.most:
            return None
        old = shards[one.shard]
        awaited = old.awaited + one.awaited
        shards[one.shard] = Shard(held=held, awaited=awaited, changes=old.changes + 1)
    circuit = change.circuit
    if circuit is None:
        return replace(slots, shards=tuple(shards))
    if circuit.seen != slots.circuit:
        return None
    return replace(slots, shards=tuple(shards), circuit=circuit.new)


def trial_ends_at(policy: Policy, now: datetime) -> datetime:
    """Return until when a trial launch blocks others if its outcome is not recorded."""
    return now + timedelta(seconds=policy.limits.start + policy.limits.idle)
