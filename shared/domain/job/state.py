"""A job: its phases and what they lead to."""

from datetime import datetime
from enum import Enum

from msgspec import Struct

from shared.domain.events import JobDetails


class JobPhase(Enum):
    """Where a job is."""

    ABSENT = "absent"
    WAITING = "waiting"
    HELD = "held"
    REFUSED = "refused"
    STARTED = "started"
    COMPLETED = "completed"


class JobSignal(Enum):
    """What an event means to a job."""

    QUEUED = "queued"
    HELD = "held"
    REFUSED = "refused"
    STARTED = "started"
    COMPLETED = "completed"


JOB_TRANSITIONS: dict[JobPhase, dict[JobSignal, JobPhase]] = {
    JobPhase.ABSENT: {
        JobSignal.QUEUED: JobPhase.WAITING,
        JobSignal.HELD: JobPhase.HELD,
        JobSignal.STARTED: JobPhase.STARTED,
        JobSignal.COMPLETED: JobPhase.COMPLETED,
    },
    JobPhase.WAITING: {
        JobSignal.QUEUED: JobPhase.WAITING,
        JobSignal.HELD: JobPhase.HELD,
        JobSignal.REFUSED: JobPhase.REFUSED,
        JobSignal.STARTED: JobPhase.STARTED,
        JobSignal.COMPLETED: JobPhase.COMPLETED,
    },
    JobPhase.HELD: {
        JobSignal.QUEUED: JobPhase.WAITING,
        JobSignal.HELD: JobPhase.HELD,
        JobSignal.STARTED: JobPhase.STARTED,
        JobSignal.COMPLETED: JobPhase.COMPLETED,
    },
    JobPhase.REFUSED: {
        JobSignal.QUEUED: JobPhase.WAITING,
        JobSignal.STARTED: JobPhase.STARTED,
        JobSignal.COMPLETED: JobPhase.COMPLETED,
    },
    JobPhase.STARTED: {
        JobSignal.QUEUED: JobPhase.STARTED,
        JobSignal.STARTED: JobPhase.STARTED,
        JobSignal.COMPLETED: JobPhase.COMPLETED,
    },
    JobPhase.COMPLETED: {
        JobSignal.QUEUED: JobPhase.COMPLETED,
        JobSignal.STARTED: JobPhase.COMPLETED,
        JobSignal.COMPLETED: JobPhase.COMPLETED,
    },
}
"""Webhooks come late and out of order: only `COMPLETED` is final."""


class Job(Struct, frozen=True, kw_only=True):
    """The demand. `paired` is the runner that it waits for, `assigned` the one that it ran on.

    `runner_id` is who runs it as GitHub says (ours only); once `assigned` equals it, the runner's
    own stream has it, too. `finish_recorded`: so it has the job's end. `stuck` is why its
    nudges lie in a dead-letter queue, until something happens again. `queued_at` is by GitHub's
    clock, `arrived_at` is when that was recorded, which is the order in which jobs wait.

    `check_at` is set while webhooks leave open where the job is: from then on GitHub is asked, and
    until it has answered nothing is launched. `checks` counts the answers, `held_checks` those in a
    row by which the job was held although its last webhook says that it is queued. `demands`
    counts how often it began to wait, `first` is the number of its first runner since then.
    """

    phase: JobPhase = JobPhase.ABSENT
    details: JobDetails | None = None
    queued_at: datetime | None = None
    arrived_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    conclusion: str | None = None
    runner_id: str | None = None
    runner_name: str = ""
    github_runner_id: int | None = None
    check_at: datetime | None = None
    checks: int = 0
    held_checks: int = 0
    is_queued_last: bool = False
    demands: int = 0
    first: int = 1
    paired: str | None = None
    assigned: str | None = None
    finish_recorded: bool = False
    reason: str | None = None
    stuck: str | None = None
    notified: tuple[str, ...] = ()
