"""How many runners there are and may be: the fleet's one counter, and who is admitted.

The counter follows from the streams: it is written in the transaction of the events that change it,
so it can't leak. Whether launches are tried at all is a circuit: after many that failed in a row it
opens, and one launch is tried at a time until one serves a job.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.policy import Policy
from shared.domain.state import Slot, State

SERVED, FAILED, UNUSED = "served", "failed", "unused"
"""What became of a runner that held a slot."""
MOST_GRANTED = 10
"""Jobs that get a slot in one append: each is an event and a row of one transaction."""


class Slots(Struct, frozen=True, kw_only=True):
    """The counter. `version` rises with each change, which is how a change notices another one.

    Attributes:
        taken: Runners that hold a slot: from the intent to launch until they are over.
        waiting: Runners that are planned and wait for one.
        failures: Launches in a row that ended before they took a job.
        failed_at: When the last of them ended.
        probe: The one runner that is tried while the circuit is open.
    """

    version: int = 0
    taken: int = 0
    waiting: int = 0
    failures: int = 0
    failed_at: datetime | None = None
    probe: str | None = None

    def is_open(self, policy: Policy) -> bool:
        """Whether so many launches have failed that the others wait."""
        return self.failures >= policy.circuit_failures


class Admitted(Struct, frozen=True):
    """The launch may begin; `probe` if it is the one that is tried."""

    probe: bool = False


class Denied(Struct, frozen=True):
    """The launch has to wait, and why."""

    reason: str


def admit(slots: Slots, slot: Slot, now: datetime, policy: Policy) -> Admitted | Denied:
    """Whether a launch may begin now whose runner has that slot, or none.

    A job that comes while others wait goes behind them; one that waited is asked for in order.
    """
    if slot is Slot.HELD:
        return Admitted()
    if slots.is_open(policy):
        return _try_one(slots, now, policy)
    if slots.taken >= policy.max_runners:
        return Denied(f"all {policy.max_runners} runners that max_runners allows are in use")
    if slots.waiting and slot is Slot.NONE:
        return Denied(f"{slots.waiting} jobs have waited longer for one of max_runners")
    return Admitted()


def _try_one(slots: Slots, now: datetime, policy: Policy) -> Admitted | Denied:
    pause = timedelta(seconds=policy.circuit_pause)
    rested = slots.failed_at is None or slots.failed_at + pause <= now
    if slots.probe is None and rested and slots.taken < policy.max_runners:
        return Admitted(probe=True)
    return Denied(
        f"the last {slots.failures} launches failed before they took a job; "
        "one is tried at a time until one works"
    )


def grantable(slots: Slots, policy: Policy) -> int:
    """How many of the jobs that wait can be given a slot now."""
    if slots.is_open(policy):
        return 0
    return max(0, min(policy.max_runners - slots.taken, slots.waiting, MOST_GRANTED))


def counted(states: Iterable[State]) -> Slots:
    """What the streams alone say of the counter."""
    held = [runner.slot for state in states for runner in state.runners]
    return Slots(taken=held.count(Slot.HELD), waiting=held.count(Slot.AWAITED))


def changed(
    slots: Slots, before: Iterable[State], after: Iterable[State], events: Iterable[e.Event]
) -> Slots:
    """The counter after an append that brought streams from one state to another.

    It is the same value if the append does not touch it.
    """
    old, new = counted(before), counted(after)
    found = replace(
        slots,
        taken=slots.taken + new.taken - old.taken,
        waiting=slots.waiting + new.waiting - old.waiting,
    )
    for event in events:
        found = _learned(found, event)
    return slots if found == slots else replace(found, version=slots.version + 1)


def _learned(slots: Slots, event: e.Event) -> Slots:
    match event.fact:
        case e.LaunchIntended(runner_id=runner_id, probe=True):
            return replace(slots, probe=runner_id)
        case e.CircuitClosed():
            return replace(slots, failures=0, failed_at=None, probe=None)
        case e.SlotFreed() as fact:
            return _ended(slots, fact, event.at)
    return slots


def _ended(slots: Slots, fact: e.SlotFreed, at: datetime) -> Slots:
    probe = None if slots.probe == fact.runner_id else slots.probe
    slots = replace(slots, probe=probe)
    if fact.outcome == SERVED:
        return replace(slots, failures=0, failed_at=None)
    if fact.outcome == FAILED:
        return replace(slots, failures=slots.failures + 1, failed_at=at)
    return slots
