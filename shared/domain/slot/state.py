"""Whether a runner holds one of the fleet's slots, and what changes that."""

from enum import Enum


class Slot(Enum):
    """Whether a runner counts among those that there may be at once."""

    NONE = "none"
    AWAITED = "awaited"
    HELD = "held"
    FREED = "freed"


class SlotSignal(Enum):
    """What an event means to a runner's slot."""

    AWAITED = "awaited"
    GRANTED = "granted"
    TAKEN = "taken"
    """The launch begins: with a slot that was granted, or with a free one."""
    RETURNED = "returned"
    """The attempt to launch failed, and there is no task."""
    DROPPED = "dropped"
    """The runner ends without a task; a slot that it holds is freed by an event of its own."""
    FREED = "freed"


SLOT_TRANSITIONS: dict[Slot, dict[SlotSignal, Slot]] = {
    Slot.NONE: {
        SlotSignal.AWAITED: Slot.AWAITED,
        SlotSignal.TAKEN: Slot.HELD,
    },
    Slot.AWAITED: {
        SlotSignal.GRANTED: Slot.HELD,
        SlotSignal.TAKEN: Slot.HELD,
        SlotSignal.RETURNED: Slot.NONE,
        SlotSignal.DROPPED: Slot.NONE,
    },
    Slot.HELD: {
        SlotSignal.TAKEN: Slot.HELD,
        SlotSignal.RETURNED: Slot.NONE,
        SlotSignal.FREED: Slot.FREED,
    },
    Slot.FREED: {},
}
