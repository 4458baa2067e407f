"""The state of a job, and the transition table of its phases."""

from datetime import datetime

from msgspec import Struct

from shared.domain.events import JobDetails
from shared.domain.machine import Symbol
from shared.domain.slot.rate_limit import Turn


class JobPhase(Symbol):
    """The phase of a job."""

    ABSENT = "absent"
    QUEUED = "queued"
    HELD = "held"
    """GitHub does not offer the job to runners yet; its API calls the status `waiting`."""
    REFUSED = "refused"
    STARTED = "started"
    COMPLETED = "completed"


class JobSignal(Symbol):
    """The signals of the job's state machine."""

    QUEUED = "queued"
    HELD = "held"
    REFUSED = "refused"
    STARTED = "started"
    COMPLETED = "completed"


JOB_TRANSITIONS: dict[JobPhase, dict[JobSignal, JobPhase]] = {
    JobPhase.ABSENT: {
        JobSignal.QUEUED: JobPhase.QUEUED,
        JobSignal.HELD: JobPhase.HELD,
        JobSignal.STARTED: JobPhase.STARTED,
        JobSignal.COMPLETED: JobPhase.COMPLETED,
    },
    JobPhase.QUEUED: {
        JobSignal.QUEUED: JobPhase.QUEUED,
        JobSignal.HELD: JobPhase.HELD,
        JobSignal.REFUSED: JobPhase.REFUSED,
        JobSignal.STARTED: JobPhase.STARTED,
        JobSignal.COMPLETED: JobPhase.COMPLETED,
    },
    JobPhase.HELD: {
        JobSignal.QUEUED: JobPhase.QUEUED,
        JobSignal.HELD: JobPhase.HELD,
        JobSignal.STARTED: JobPhase.STARTED,
        JobSignal.COMPLETED: JobPhase.COMPLETED,
    },
    JobPhase.REFUSED: {
        JobSignal.QUEUED: JobPhase.QUEUED,
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
"""Webhooks arrive late and out of order, so only `COMPLETED` is final."""


class Job(Struct, frozen=True, kw_only=True):
    """A job: a demand for a runner.

    Attributes:
        queued_at: When it was queued, by GitHub's clock.
        arrived_at: When that was recorded. Jobs wait for slots in this order.
        runner_id: The runner of this fleet that runs it, as GitHub reports.
        paired: The runner that it waits for.
        turn: The turn at GitHub of its next launch.
        assigned: The runner that it ran on. Once it equals `runner_id`, the runner's own stream
            records the assignment, too.
        finish_recorded: Whether the runner's own stream records the job's end, too.
        check_at: Set while webhooks do not determine the status: from then on it is read from
            GitHub's API, and until that is done nothing is launched.
        checks: How often the status was read.
        held_checks: How often in a row the API reported it as held although its last webhook
            reported it as queued.
        demands: How often it began to wait.
        first: The number of its first runner since it last began to wait.
        is_webhook_due: Whether the Janitor found the job at GitHub and no webhook announced it yet.
        run_cancelled_for: The value of `demands` for which the run was cancelled.
        stuck: Why a nudge of it is in a dead-letter queue, until the next change.
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
    is_webhook_due: bool = False
    demands: int = 0
    first: int = 1
    paired: str | None = None
    turn: Turn | None = None
    assigned: str | None = None
    finish_recorded: bool = False
    reason: str | None = None
    run_cancelled_for: int = 0
    stuck: str | None = None
