"""The state of a lost job, which is part of its runner's, and its transition table."""

from datetime import datetime

from msgspec import Struct

from shared.domain.job.events import JobDetails
from shared.domain.machine import Symbol


class RerunPhase(Symbol):
    """The phase of a lost job."""

    NONE = "none"
    LOST = "lost"
    """It is to be run again, once its workflow run has ended."""
    INTENDED = "intended"
    REQUESTED = "requested"
    ABANDONED = "abandoned"


class RerunSignal(Symbol):
    """The signals of the state machine."""

    LOST = "lost"
    POSTPONED = "postponed"
    INTENDED = "intended"
    REQUESTED = "requested"
    ABANDONED = "abandoned"


RERUN_TRANSITIONS: dict[RerunPhase, dict[RerunSignal, RerunPhase]] = {
    RerunPhase.NONE: {
        RerunSignal.LOST: RerunPhase.LOST,
        RerunSignal.ABANDONED: RerunPhase.ABANDONED,
    },
    RerunPhase.LOST: {
        RerunSignal.POSTPONED: RerunPhase.LOST,
        RerunSignal.INTENDED: RerunPhase.INTENDED,
        RerunSignal.REQUESTED: RerunPhase.REQUESTED,
        RerunSignal.ABANDONED: RerunPhase.ABANDONED,
    },
    RerunPhase.INTENDED: {
        RerunSignal.POSTPONED: RerunPhase.LOST,
        RerunSignal.REQUESTED: RerunPhase.REQUESTED,
        RerunSignal.ABANDONED: RerunPhase.ABANDONED,
    },
    RerunPhase.REQUESTED: {},
    RerunPhase.ABANDONED: {},
}
"""`REQUESTED` and `ABANDONED` are final. The job of the new attempt has a stream of its own."""


class Rerun(Struct, frozen=True, kw_only=True):
    """A lost job, and whether it is run again.

    Attributes:
        job_id: The lost job.
        job: Its details. `run_attempt` is the attempt in which it was lost.
        lost_at: When the loss was recorded.
        check_at: When GitHub is asked whether the run has ended.
        checks: How often it had not.
        number: How often a request was intended.
        run_attempt: The attempt after which the last request was intended.
        target: The job that it names; None: all failed jobs of the run.
    """

    phase: RerunPhase = RerunPhase.NONE
    job_id: int
    job: JobDetails
    lost_at: datetime
    check_at: datetime
    checks: int = 0
    number: int = 0
    run_attempt: int = 0
    target: int | None = None
    intended_at: datetime | None = None
