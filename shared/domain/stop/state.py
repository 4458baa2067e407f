"""The state of a stop and its transition table: first deregister the runner, then stop its task."""

from datetime import datetime

from msgspec import Struct

from shared.domain.machine import Symbol


class StopPhase(Symbol):
    """The phase of a stop."""

    NONE = "none"
    INTENDED = "intended"
    DEREGISTERED = "deregistered"
    SENT = "sent"
    """StopTask was called."""


class StopSignal(Symbol):
    """The signals of the stop's state machine."""

    INTENDED = "intended"
    DEREGISTERED = "deregistered"
    FOUND_BUSY = "found busy"
    OVERRULED = "overruled"
    """The runner was found busy, and the stop is forced."""
    SENT = "sent"


STOP_TRANSITIONS: dict[StopPhase, dict[StopSignal, StopPhase]] = {
    StopPhase.NONE: {
        StopSignal.INTENDED: StopPhase.INTENDED,
    },
    StopPhase.INTENDED: {
        StopSignal.INTENDED: StopPhase.INTENDED,
        StopSignal.DEREGISTERED: StopPhase.DEREGISTERED,
        StopSignal.FOUND_BUSY: StopPhase.NONE,
        StopSignal.OVERRULED: StopPhase.DEREGISTERED,
    },
    StopPhase.DEREGISTERED: {
        StopSignal.INTENDED: StopPhase.DEREGISTERED,
        StopSignal.FOUND_BUSY: StopPhase.NONE,
        StopSignal.OVERRULED: StopPhase.DEREGISTERED,
        StopSignal.SENT: StopPhase.SENT,
    },
    StopPhase.SENT: {
        StopSignal.INTENDED: StopPhase.DEREGISTERED,
        StopSignal.FOUND_BUSY: StopPhase.NONE,
        StopSignal.OVERRULED: StopPhase.SENT,
        StopSignal.SENT: StopPhase.SENT,
    },
}


class Stop(Struct, frozen=True, kw_only=True):
    """The stop of a runner: its phase and its reason.

    Attributes:
        forced: A busy runner is stopped, too.
        sent: How often StopTask was called since the stop was intended.
    """

    phase: StopPhase = StopPhase.INTENDED
    reason: str
    forced: bool
    intended_at: datetime
    by_operator: bool = False
    sent: int = 0
    sent_at: datetime | None = None

    @property
    def deregistered(self) -> bool:
        """Whether the runner can take no more jobs."""
        return self.phase in (StopPhase.DEREGISTERED, StopPhase.SENT)
