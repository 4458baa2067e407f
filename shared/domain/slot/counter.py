"""How many runners there may be at once: the sharded counter of slots, and who is admitted.

The counter follows from the streams: an append changes it in its own transaction by conditional
arithmetic, so it can't leak and nobody has to have read its present value. It is sharded because
DynamoDB refuses a transaction whose items another one holds: each shard has a share of
`max_runners`, and a runner takes its slot from one shard (ADR 10).
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from zlib import crc32

from msgspec import Struct
from msgspec.structs import replace

from shared.domain.bounds import Time
from shared.domain.policy import Policy
from shared.domain.runner.state import Runner
from shared.domain.slot.circuit import Circuit
from shared.domain.slot.state import Slot
from shared.domain.state import State

SHARDS = 8
"""Transactions that change one item collide while they hold it, for about 8 ms: at Fargate's 20
launches a second, a slot taken and one given back for each, eight shards hold it to some 4 %."""
SERVED, BROKEN, UNUSED = "served", "broken", "unused"
"""What became of a runner that held a slot."""


class Shard(Struct, frozen=True, kw_only=True):
    """`held`: runners with a slot of this shard. `awaited`: runners that wait, by their id.

    `changes` counts the changes, so that two reads show whether there was one in between.
    """

    held: int = 0
    awaited: int = 0
    changes: int = 0


class RateLimit(Struct, frozen=True, kw_only=True):
    """GitHub's rate limit, as the last launch found it that reached it: no launch before `until`.

    A hint that spares calls in vain. No event follows from it, and to lose it does no harm.
    """

    until: Time | None = None

    def holds(self, now: datetime) -> bool:
        """Whether a launch would be turned away now."""
        return self.until is not None and now < self.until


class Slots(Struct, frozen=True, kw_only=True):
    """The counter, the circuit breaker and GitHub's rate limit, as read."""

    shards: tuple[Shard, ...] = (Shard(),) * SHARDS
    circuit: Circuit = Circuit()
    rate_limit: RateLimit = RateLimit()

    @property
    def held(self) -> int:
        """How many runners hold a slot: from the intent to launch until they have ended."""
        return sum(shard.held for shard in self.shards)

    @property
    def awaited(self) -> int:
        """How many planned runners wait for a slot."""
        return sum(shard.awaited for shard in self.shards)


class ShardChange(Struct, frozen=True, kw_only=True):
    """What is added to a shard; refused if `held` would then be above `most`."""

    shard: int
    held: int = 0
    awaited: int = 0
    most: int | None = None


class CircuitChange(Struct, frozen=True, kw_only=True):
    """The circuit breaker after an append; refused unless it is still `seen`."""

    seen: Circuit
    new: Circuit


class Change(Struct, frozen=True, kw_only=True):
    """What one append changes in the counter and the circuit breaker."""

    shards: tuple[ShardChange, ...] = ()
    circuit: CircuitChange | None = None


class Guard(Struct, frozen=True, kw_only=True):
    """What a decision demands of the counter: `most` slots in a shard, and the breaker's change."""

    most: int | None = None
    circuit: CircuitChange | None = None


class Admitted(Struct, frozen=True):
    """The launch may begin, with a slot of `shard`; `trial` if the circuit is open."""

    shard: int
    trial: bool = False


class Denied(Struct, frozen=True):
    """The launch has to wait, and why; `circuit`: for the circuit breaker, not for a slot."""

    reason: str
    circuit: bool = False


def admit(slots: Slots, runner: Runner, now: datetime, policy: Policy) -> Admitted | Denied:
    """Whether the runner's launch may begin now.

    A job that comes while others wait goes behind them.
    """
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
    """The part of `max_runners` that a shard has; the shares add up to it."""
    return max_runners // SHARDS + (shard < max_runners % SHARDS)


def home(runner_id: str) -> int:
    """The shard where a runner looks for a slot first, and where it is counted while it waits."""
    return crc32(runner_id.encode()) % SHARDS


def with_room(slots: Slots, runner_id: str, max_runners: int) -> int | None:
    """The first shard with a free slot, beginning at the runner's home; None if all are full."""
    first = home(runner_id)
    order = ((first + step) % SHARDS for step in range(SHARDS))
    return next((one for one in order if slots.shards[one].held < share(max_runners, one)), None)


def counted(states: Iterable[State]) -> tuple[Shard, ...]:
    """The counter, as these streams alone have it."""
    held: Counter[int] = Counter()
    awaited: Counter[int] = Counter()
    for runner in (runner for state in states for runner in state.runners):
        if runner.slot is Slot.HELD and runner.shard is not None:
            held[runner.shard] += 1
        elif runner.slot is Slot.AWAITED:
            awaited[home(runner.id)] += 1
    return tuple(Shard(held=held[one], awaited=awaited[one]) for one in range(SHARDS))


def changed(before: Iterable[State], after: Iterable[State], guard: Guard | None) -> Change | None:
    """What an append changes that brought streams from one state to another; None if nothing."""
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
    """The counter after a change, or None if what the change demands does not hold."""
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


def lease(policy: Policy, now: datetime) -> datetime:
    """Until when a trial launch keeps others waiting, if nothing is heard of it."""
    return now + timedelta(seconds=policy.limits.start + policy.limits.idle)
