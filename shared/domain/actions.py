"""What the rules ask for: a decision, or an effect.

A decision is made on streams alone (`shared/domain/decisions.py`); an effect calls another system
(`shared/engine/effects`), and its outcome is recorded like a decision.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from shared.domain.events import Fact, LaunchIntended
from shared.domain.image.state import Image
from shared.domain.job.state import Job
from shared.domain.runner.state import Runner


class Role(StrEnum):
    """Who does it: the consumer of one of the two queues. The Janitor is both."""

    SCHEDULER = "scheduler"
    RECONCILER = "reconciler"


BOTH = "both"
"""The route of an event that gives both roles something to do."""


class Action(Struct, frozen=True):
    """What is to be done about a stream."""


class Nothing(Action, frozen=True):
    """There is nothing to do now."""


class Wait(Action, frozen=True):
    """There is something to do, but not before `until`."""

    until: datetime


class Record(Action, frozen=True):
    """A decision that needs no effect: append the fact under the id."""

    id: str
    fact: Fact


class IntendLaunch(Action, frozen=True):
    """Record that the launch is to begin: once its image is ready, and there is a slot for it.

    `base` is what the runner's image is made from; None if images are not built.
    """

    runner: Runner
    fact: LaunchIntended
    base: str | None


class FreeSlot(Action, frozen=True):
    """Give back the slot of a runner that has ended, or hand it to the job that waited longest."""

    runner: Runner
    outcome: str


class SendNotice(Action, frozen=True):
    """Tell the operator's subscribers what went wrong with a runner, or with the job."""

    kind: str
    subject: str
    reason: str


class CloseCircuit(Action, frozen=True):
    """A job started on a runner although launches before it had broken."""

    runner: Runner


class Launch(Action, frozen=True):
    """Bring the runner's task up, or drop the launch if it is not `wanted` and never began."""

    runner: Runner
    wanted: bool


class AssignJob(Action, frozen=True):
    """The job runs on that runner: tell the runner's stream, and swap what is left over."""

    job_id: int
    runner_id: str
    spare_runner_id: str | None
    started_at: datetime


class EndPairing(Action, frozen=True):
    """Tell both streams that this job and this runner no longer wait for each other.

    `check_at` is set if the job may have run on the runner.
    """

    job_id: int
    runner_id: str
    reason: str
    check_at: datetime | None = None


class RecordFinish(Action, frozen=True):
    """Tell the stream of the runner, which was launched for another job, that this job ended."""

    job_id: int
    runner_id: str
    conclusion: str
    completed_at: datetime


class CheckJob(Action, frozen=True):
    """Read GitHub's own status of the job."""

    job: Job


class CheckRegistration(Action, frozen=True):
    """Look up at GitHub whether the idle runner is still registered."""

    runner: Runner


class Deregister(Action, frozen=True):
    """Delete the runner's registration at GitHub, unless it is busy."""

    runner: Runner


class StopTask(Action, frozen=True):
    """Ask ECS to stop the task."""

    runner: Runner


class CheckTask(Action, frozen=True):
    """Ask ECS what became of a task that should have stopped by now."""

    runner: Runner


class DeleteConfig(Action, frozen=True):
    """Delete the runner's just-in-time config, which it has read."""

    runner: Runner


class FindImage(Action, frozen=True):
    """Ask the registry for the image: before a build, and after it."""

    image: Image


class StartBuild(Action, frozen=True):
    """Start the build that is intended, or find that it was started."""

    image: Image


class CheckBuild(Action, frozen=True):
    """Ask the builder what became of a build, and stop one that takes too long."""

    image: Image


class DeleteImage(Action, frozen=True):
    """Delete the image from the registry: nobody has used it for long."""

    image: Image


class RegisterDefinition(Action, frozen=True):
    """Make a task definition from that revision of the base, with the image in it."""

    image: Image
    base_definition: str


class InformWaiters(Action, frozen=True):
    """Tell the streams of these jobs that the image is ready, or that there will be none."""

    image: Image
    job_ids: tuple[int, ...]
