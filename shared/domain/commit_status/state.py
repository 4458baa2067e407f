"""The state of a job's commit status, its transition table, and the limits of its texts."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from shared.domain.machine import Symbol

LONGEST_DESCRIPTION, LONGEST_CONTEXT = 140, 255
"""Characters. Neither limit is documented. Source: GitHub's responses ("is too long (maximum is …
characters)") in github.com/zalando/zappr, issue 378, and github.com/runatlantis/atlantis, issue
2506."""


class StatusState(StrEnum):
    """A state of a commit status. Source: GitHub's OpenAPI description, "Create a commit status".

    GitHub also has `error`, which is not used.
    """

    FAILURE = "failure"
    PENDING = "pending"
    SUCCESS = "success"


class StatusPhase(Symbol):
    """The phase of the job's last commit status."""

    NONE = "none"
    INTENDED = "intended"
    CREATED = "created"
    REFUSED = "refused"


class StatusSignal(Symbol):
    """The signals of the commit status's state machine."""

    INTENDED = "intended"
    CREATED = "created"
    REFUSED = "refused"


STATUS_TRANSITIONS: dict[StatusPhase, dict[StatusSignal, StatusPhase]] = {
    StatusPhase.NONE: {
        StatusSignal.INTENDED: StatusPhase.INTENDED,
    },
    StatusPhase.INTENDED: {
        StatusSignal.CREATED: StatusPhase.CREATED,
        StatusSignal.REFUSED: StatusPhase.REFUSED,
    },
    StatusPhase.CREATED: {
        StatusSignal.INTENDED: StatusPhase.INTENDED,
    },
    StatusPhase.REFUSED: {
        StatusSignal.INTENDED: StatusPhase.INTENDED,
    },
}
"""The next status is intended only after GitHub's answer to the last one, so that they are created
in order."""


class CommitStatus(Struct, frozen=True, kw_only=True):
    """The commit status of a job.

    Attributes:
        number: The number of statuses that were intended.
        state: The state of the last one; None if there is none.
        shown: The state of the last one that GitHub has created.
    """

    phase: StatusPhase = StatusPhase.NONE
    number: int = 0
    state: StatusState | None = None
    description: str = ""
    intended_at: datetime | None = None
    shown: StatusState | None = None
