"""Whether a runner holds one of the fleet's slots."""

from enum import Enum


class Slot(Enum):
    """Whether a runner counts among those that there may be at once."""

    NONE = "none"
    AWAITED = "awaited"
    HELD = "held"
    FREED = "freed"
