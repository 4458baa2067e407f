"""The signals that move a job or a runner from one phase to another."""

from enum import Enum


class Signal(Enum):
    """What a fact means to one of the machines."""

    QUEUED = "queued"
    HELD = "held"
    REFUSED = "refused"
    STARTED = "started"
    COMPLETED = "completed"

    INTENDED = "intended"
    LAUNCHED = "launched"
    POSTPONED = "postponed"
    RUNNING = "running"
    TAKEN = "taken"
    LEFT = "left"
    NEVER_STARTED = "never started"
    STOPPED = "stopped"
