"""The facts that the log holds, past-tense and immutable: a storage format.

A change of a fact's shape is a new `SCHEMA` number and an upcaster in `codec`, never an edit.
Unknown facts (of a newer version, say) are kept as `Unknown` and fold to no change. No rule belongs
here.
"""

from datetime import datetime
from typing import ClassVar

from msgspec import Raw, Struct

from shared.domain.policy import Limits, Placement


class Fact(Struct, frozen=True, kw_only=True):
    """What one event says happened; the class name is the event's type."""

    SCHEMA: ClassVar[int] = 1


class JobDetails(Struct, frozen=True, kw_only=True):
    """What GitHub says of a job in each of its webhooks."""

    repository: str
    labels: tuple[str, ...]
    workflow: str = ""
    name: str = ""
    run_id: int = 0
    run_attempt: int = 1
    url: str = ""
    private: bool = True
    fork: bool = False


# --- facts from GitHub ---------------------------------------------------------------------------


class JobQueued(Fact, frozen=True, kw_only=True):
    """GitHub queued a job that this fleet serves; a first launch for it is planned with this."""

    fleet: str
    job: JobDetails


class JobStarted(Fact, frozen=True, kw_only=True):
    """A runner took the job. `runner_id` is set when the runner is one of ours."""

    job: JobDetails
    runner_name: str = ""
    runner_id: str | None = None


class JobCompleted(Fact, frozen=True, kw_only=True):
    """The job ended. `runner_id` is set if it ran on one of ours, `started_at` if it ran."""

    job: JobDetails
    conclusion: str
    runner_name: str = ""
    runner_id: str | None = None
    started_at: datetime | None = None


# --- facts from ECS ------------------------------------------------------------------------------


class TaskStateChanged(Fact, frozen=True, kw_only=True):
    """ECS moved a runner's task to `status`. `version` orders such facts, arrival does not."""

    runner_id: str
    task_arn: str
    status: str
    version: int


class TaskStopped(Fact, frozen=True, kw_only=True):
    """A runner's task is over; `exit_code` is its container's, if that ever ran."""

    runner_id: str
    task_arn: str
    version: int
    stop_code: str = ""
    reason: str = ""
    exit_code: int | None = None


# --- what the control plane decided and did ------------------------------------------------------


class JobRejected(Fact, frozen=True, kw_only=True):
    """The job gets no runner, and why."""

    reason: str


class JobGivenUp(Fact, frozen=True, kw_only=True):
    """The job's runners died too often; it gets no more of them."""

    reason: str


class LaunchPlanned(Fact, frozen=True, kw_only=True):
    """A further runner is to be launched for the job, and why the last one did not serve it."""

    runner_id: str
    number: int
    reason: str


class LaunchIntended(Fact, frozen=True, kw_only=True):
    """All that the launch needs, so that every retry is identical. CPU units and MiB."""

    runner_id: str
    repository: str
    labels: tuple[str, ...]
    class_name: str
    cpu: int
    memory: int
    capacity: str
    placement: Placement
    limits: Limits


class LaunchFailed(Fact, frozen=True, kw_only=True):
    """An attempt to launch failed; it is tried again at `retry_at`, or never if that is None."""

    runner_id: str
    attempt: int
    reason: str
    retry_at: datetime | None = None


class LaunchCancelled(Fact, frozen=True, kw_only=True):
    """A planned or intended launch is known not to have happened, and is not wanted any more."""

    runner_id: str
    reason: str


class RunnerLaunched(Fact, frozen=True, kw_only=True):
    """The task exists, and so does the registration at GitHub."""

    runner_id: str
    task_arn: str
    github_runner_id: int


class ConfigDeleted(Fact, frozen=True, kw_only=True):
    """The runner's just-in-time config is no longer stored."""

    runner_id: str


class JobPlaced(Fact, frozen=True, kw_only=True):
    """Job and runner that found each other at GitHub, and the swap that follows from it.

    Appended to the streams of all that it names. `displaced_job_id` waited for the runner; it gets
    `spare_runner_id`, which the placed job no longer needs, if `spare_given`.
    """

    job_id: int
    runner_id: str
    displaced_job_id: int | None = None
    spare_runner_id: str | None = None
    spare_given: bool = False


class PairingEnded(Fact, frozen=True, kw_only=True):
    """Job and runner no longer wait for each other. In the streams of both."""

    job_id: int
    runner_id: str
    reason: str


class RunnerFinished(Fact, frozen=True, kw_only=True):
    """A job ended on a runner that was launched for another job. In the streams of both."""

    job_id: int
    runner_id: str
    conclusion: str


class StopIntended(Fact, frozen=True, kw_only=True):
    """The runner is to stop; a busy one is left alone unless `forced`."""

    runner_id: str
    reason: str
    forced: bool = False


class RunnerDeregistered(Fact, frozen=True, kw_only=True):
    """GitHub no longer knows the runner, so it takes no more jobs. `outcome`: deleted or absent."""

    runner_id: str
    outcome: str


class RunnerFoundBusy(Fact, frozen=True, kw_only=True):
    """GitHub would not delete the registration: the runner is on a job."""

    runner_id: str


class TaskStopSent(Fact, frozen=True, kw_only=True):
    """ECS was asked to stop the task."""

    runner_id: str
    task_arn: str


class Unknown(Fact, frozen=True, kw_only=True):
    """A fact that this version of the code does not know, kept as it was stored."""

    type: str
    schema: int
    data: Raw


# --- the envelope --------------------------------------------------------------------------------


class Event(Struct, frozen=True, kw_only=True):
    """One fact with its evidence.

    `id` is deterministic, from the source, so that a redelivery is recognised; `at` is when it
    happened by its source's clock, `recorded_at` when it was appended; `cause` is the id of what
    led to it.
    """

    id: str
    at: datetime
    recorded_at: datetime
    actor: str
    cause: str | None = None
    fact: Fact

    @property
    def type(self) -> str:
        """The event's type: the name of its fact's class."""
        return self.fact.type if isinstance(self.fact, Unknown) else type(self.fact).__name__


class Recorded(Struct, frozen=True, kw_only=True):
    """An event in its place in the log, with the text that is stored there."""

    stream: str
    seq: int
    event: Event
    text: str


TYPES: dict[str, type[Fact]] = {
    fact.__name__: fact
    for fact in (
        JobQueued,
        JobStarted,
        JobCompleted,
        TaskStateChanged,
        TaskStopped,
        JobRejected,
        JobGivenUp,
        LaunchPlanned,
        LaunchIntended,
        LaunchFailed,
        LaunchCancelled,
        RunnerLaunched,
        ConfigDeleted,
        JobPlaced,
        PairingEnded,
        RunnerFinished,
        StopIntended,
        RunnerDeregistered,
        RunnerFoundBusy,
        TaskStopSent,
    )
}
