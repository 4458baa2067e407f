"""The actions that rules return: decisions and effects.

A decision is made on streams alone (`shared/domain/decisions.py`); an effect calls another system
(`shared/engine/effects`), and its outcome is recorded like a decision.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from shared.domain.commit_status.state import CommitStatus
from shared.domain.events import Fact, LaunchIntended
from shared.domain.image.state import Image
from shared.domain.job.state import Job
from shared.domain.rerun.state import Rerun
from shared.domain.runner.state import Runner


class Role(StrEnum):
    """The consumer that carries an action out, one for each queue. The Janitor acts as both."""

    SCHEDULER = "scheduler"
    RECONCILER = "reconciler"


BOTH = "both"
"""The route of an event after which both roles have pending work."""


class Action(Struct, frozen=True):
    """The base class of all actions on a stream."""


class Nothing(Action, frozen=True):
    """No action is pending."""


class Wait(Action, frozen=True):
    """An action is pending, but not before `until`."""

    until: datetime


class Record(Action, frozen=True):
    """Append the fact under the event id `id`, without any effect."""

    id: str
    fact: Fact


class IntendLaunch(Action, frozen=True):
    """Append the intent to launch, once the image, a slot and the turn at GitHub are there.

    An effect, because it takes a turn at GitHub, which is not in the stream. `base` is the base
    image of the runner's image; None if images are not built.
    """

    runner: Runner
    fact: LaunchIntended
    base: str | None


class FreeSlot(Action, frozen=True):
    """Release the slot of a runner that has ended, or grant it to the job that waits longest."""

    runner: Runner
    outcome: str


class CloseCircuit(Action, frozen=True):
    """Close the circuit breaker: a job started on a runner that was launched after failures."""

    runner: Runner


class Launch(Action, frozen=True):
    """Start the runner's task, or cancel the launch if it is not `wanted` and never began."""

    runner: Runner
    wanted: bool


class AssignJob(Action, frozen=True):
    """Record in the runner's stream that the job runs on it, and reassign the spare runner."""

    job_id: int
    runner_id: str
    spare_runner_id: str | None
    started_at: datetime


class EndPairing(Action, frozen=True):
    """Record in both streams that this job and this runner no longer wait for each other.

    `check_at` is set if the job may have run on the runner.
    """

    job_id: int
    runner_id: str
    reason: str
    check_at: datetime | None = None


class RecordFinish(Action, frozen=True):
    """Record the job's end in the stream of the runner, which was launched for another job."""

    job_id: int
    runner_id: str
    conclusion: str
    completed_at: datetime


class CheckJob(Action, frozen=True):
    """Read the job's status from GitHub."""

    job: Job


class CancelRun(Action, frozen=True):
    """Cancel the job's workflow run at GitHub."""

    job: Job


class RecordLoss(Action, frozen=True):
    """Record in both streams that the job was lost with the runner's task."""

    runner: Runner
    job_id: int


class CheckRun(Action, frozen=True):
    """Read whether the run of the lost job has ended, and intend to run the job again."""

    runner: Runner
    rerun: Rerun


class RerunJobs(Action, frozen=True):
    """Request the intended re-run at GitHub, unless GitHub runs the job again already."""

    runner: Runner
    rerun: Rerun


class CheckRegistration(Action, frozen=True):
    """Check at GitHub whether the idle runner is still registered."""

    runner: Runner


class Deregister(Action, frozen=True):
    """Delete the runner's registration at GitHub, unless it is busy."""

    runner: Runner


class StopTask(Action, frozen=True):
    """Call StopTask."""

    runner: Runner


class CheckTask(Action, frozen=True):
    """Describe a task that should have stopped by now."""

    runner: Runner


class CreateCommitStatus(Action, frozen=True):
    """Create the intended commit status at GitHub."""

    status: CommitStatus


class FindImage(Action, frozen=True):
    """Look the image up in the registry, before a build and after it."""

    image: Image


class StartBuild(Action, frozen=True):
    """Start the intended build. It is idempotent: a build that was started is found again."""

    image: Image


class CheckBuild(Action, frozen=True):
    """Read the status of a build from the builder, and stop a build that takes too long."""

    image: Image


class DeleteImage(Action, frozen=True):
    """Delete the image, which no task has used for a long time, from the registry."""

    image: Image


class RegisterDefinition(Action, frozen=True):
    """Register a copy of the task definition `base_definition` that runs the image."""

    image: Image
    base_definition: str


class InformWaiters(Action, frozen=True):
    """Record in these jobs' streams that the image is ready, or that its build failed."""

    image: Image
    job_ids: tuple[int, ...]
