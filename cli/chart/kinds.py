"""The kinds of phases that a chart distinguishes. Pure."""

from enum import StrEnum

from cli.history import phases


class Kind(StrEnum):
    """What a job or a runner does in a phase."""

    WAITING = "waiting"
    IMAGE = "image"
    LAUNCHING = "launching"
    IDLE = "idle"
    BUSY = "on a job"
    STOPPING = "stopping"
    REFUSED = "refused"


_KINDS = {
    phases.IMAGE: Kind.IMAGE,
    phases.LAUNCH: Kind.LAUNCHING,
    phases.START: Kind.LAUNCHING,
    phases.IDLE: Kind.IDLE,
    phases.STOP: Kind.STOPPING,
    phases.REFUSED: Kind.REFUSED,
    phases.RUNNING: Kind.BUSY,
}


def kind_of(phase: str) -> Kind:
    """Return the kind of a phase by its name; all that is left is waiting for something."""
    if phase.startswith("on "):  # "on its job", "on job 7"
        return Kind.BUSY
    return _KINDS.get(phase, Kind.WAITING)
