"""The state of a runner's slot, and its transition table."""

from shared.domain.machine import Symbol


class Slot(Symbol):
    """The phase of a runner's slot."""

    NONE = "none"
    AWAITED = "awaited"
    HELD = "held"
    FREED = "freed"


class SlotSignal(Symbol):
    """The signals of the slot's state machine."""

    AWAITED = "awaited"
    GRANTED = "granted"
    TAKEN = "taken"
    """The launch begins, with a slot that was granted or with a free one."""
    RETURNED = "returned"
    """The attempt to launch failed, and there is no task."""
    DROPPED = "dropped"
    """The runner ended without a task. A slot that it holds is freed by a separate event."""
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
