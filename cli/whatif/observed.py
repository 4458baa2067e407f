"""What a recorded stream shows of the world outside: a job, and how each of its launches went.

Durations are in seconds. The texts of events are kept as they are stored, so that a demand can be
written to disk.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from cli.whatif.outcome import OF_CLASS, Outcome, outcome_of, seconds
from shared.domain import events as e
from shared.domain.bounds import Time
from shared.domain.history import JobHistory
from shared.domain.job.state import Job, JobPhase
from shared.domain.runner.state import Runner

UNKNOWN = timedelta(hours=1)
"""How long before its start a job is offered that asked for other runners: nobody recorded it."""
NEVER = timedelta(days=3)
"""Longer than GitHub keeps a job queued."""


class Failed(Struct, frozen=True, kw_only=True):
    """An attempt to launch that failed.

    Attributes:
        after: Seconds from the intent until it failed.
        text: Its event.
        retry: Seconds from the failure until the next attempt; None if it was not tried again.
        capacity: The capacity provider that had no capacity; None if it failed otherwise.
    """

    after: float
    text: str
    retry: float | None = None
    capacity: str | None = None


class Launch(Struct, frozen=True, kw_only=True):
    """One runner of the recording.

    Attributes:
        failures: The attempts that failed, other than those that waited for a turn at GitHub.
        image_ready_at: Until when it waited for its image. If that was never ready: until the next
            launch began, or for `NEVER`.
        launch: From the intent until ECS had accepted the task.
        start: From then until the task ran.
        assign: From then until a job took it.
        took: The job that took it.
        died: From the last of these until it ended by itself, without a job.
        end: The event of its task's end, if it ended by itself or after its job.
        removed: GitHub removed its registration while it was idle.
    """

    failures: tuple[Failed, ...] = ()
    image_ready_at: Time | None = None
    launch: float | None = None
    start: float | None = None
    assign: float | None = None
    took: int | None = None
    died: float | None = None
    end: str | None = None
    removed: bool = False


class Demand(Struct, frozen=True, kw_only=True):
    """One job of the recording.

    Attributes:
        queued_at: When GitHub offered it to runners.
        arrivals: The events of its webhooks that it is queued, and when each arrived. None: it
            asked for other runners, and took one of the fleet's. For a job that GitHub held there
            is only the last one, when it was found to be queued.
        decide: From the first arrival until the first intent to launch, if nothing was waited for.
        duration: From its start to its end; None if it did not end in the recording.
        ended_at: When it ended, if no runner had taken it by then.
        elsewhere_at: When it started on a runner that is not the fleet's.
        task_end: From its start until the end of the task that it ran on.
        report: From that end until ECS's event of it was recorded.
        hand_over: From the grant of a slot that it waited for until the intent to launch.
        refusals: When and why it was refused, unless that was for its class: policies name those.
        launches: The runners launched for it, in order.
        recorded: How it went in the recording.
    """

    job_id: int
    details: e.JobDetails
    queued_at: Time
    arrivals: tuple[tuple[Time, str], ...]
    recorded: Outcome
    conclusion: str = ""
    decide: float | None = None
    duration: float | None = None
    ended_at: Time | None = None
    elsewhere_at: Time | None = None
    task_end: float | None = None
    report: float | None = None
    hand_over: float | None = None
    refusals: tuple[tuple[Time, str], ...] = ()
    launches: tuple[Launch, ...] = ()

    @property
    def has_ended(self) -> bool:
        """Whether the job ended in the recording, or was refused."""
        return bool(self.conclusion or self.refusals)

    def launch(self, number: int) -> Launch | None:
        """Return how the `number`th launch went, or None if the recording has none."""
        return self.launches[number - 1] if number <= len(self.launches) else None


def demand_of(history: JobHistory, recorded: Sequence[e.Recorded]) -> Demand | None:
    """Return the demand in a job's stream; None if it neither waited for a runner nor took one."""
    state = history.state
    job = state.job
    arrivals = _arrivals(recorded)
    queued_at = _queued_at(job, recorded, arrivals)
    if queued_at is None or job.details is None or not (arrivals or job.runner_id):
        return None
    ran_here = job.runner_id is not None
    never_ran = job.started_at is None and job.phase is JobPhase.COMPLETED
    return Demand(
        job_id=state.job_id,
        details=job.details,
        queued_at=queued_at,
        arrivals=arrivals,
        recorded=outcome_of(state, history.rows, (one.event for one in recorded), queued_at),
        conclusion=job.conclusion or "",
        decide=_decided(recorded),
        duration=seconds(job.started_at, job.completed_at),
        ended_at=job.completed_at if never_ran else None,
        elsewhere_at=None if ran_here else job.started_at,
        task_end=_task_end(state.runner(job.runner_id), job.started_at),
        report=_reported(recorded, job.runner_id),
        hand_over=_handed_over(recorded),
        refusals=tuple(_refusals(recorded)),
        launches=tuple(_launch(state.runners, at, recorded) for at in range(len(state.runners))),
    )


def _arrivals(recorded: Sequence[e.Recorded]) -> tuple[tuple[datetime, str], ...]:
    queued = [one for one in recorded if isinstance(one.event.fact, e.JobQueued)]
    released_at = _released_at(recorded)
    if not _was_held(recorded):
        return tuple((one.event.recorded_at, one.text) for one in queued)
    return ((released_at, queued[-1].text),) if queued and released_at else ()


def _queued_at(
    job: Job, recorded: Sequence[e.Recorded], arrivals: Sequence[object]
) -> datetime | None:
    if not arrivals:
        stranger = job.started_at is not None and not _was_held(recorded)
        return job.started_at - UNKNOWN if job.started_at and stranger else None
    return _released_at(recorded) if _was_held(recorded) else job.queued_at


def _was_held(recorded: Iterable[e.Recorded]) -> bool:
    return any(isinstance(one.event.fact, e.JobHeld) for one in recorded)


def _released_at(recorded: Iterable[e.Recorded]) -> datetime | None:
    """Return when a job that GitHub held was last found to be queued."""
    released_at: datetime | None = None
    for event in (one.event for one in recorded):
        fact = event.fact
        status = fact.status if isinstance(fact, e.JobChecked) else ""
        if isinstance(fact, e.JobHeld) or status == "waiting":
            released_at = None
        elif isinstance(fact, e.JobQueued) or status == "queued":
            released_at = released_at or event.recorded_at
    return released_at


def _decided(recorded: Iterable[e.Recorded]) -> float | None:
    """Return the seconds until the first intent, unless the launch waited for something."""
    arrived_at: datetime | None = None
    for event in (one.event for one in recorded):
        if isinstance(event.fact, e.SlotAwaited | e.ImageAwaited | e.LaunchFailed | e.JobHeld):
            return None
        if isinstance(event.fact, e.JobQueued):
            arrived_at = arrived_at or event.recorded_at
        if isinstance(event.fact, e.LaunchIntended):
            return seconds(arrived_at, event.at)
    return None


def _task_end(runner: Runner | None, started_at: datetime | None) -> float | None:
    return seconds(started_at, runner.closed_at) if runner else None


def _reported(recorded: Iterable[e.Recorded], runner_id: str | None) -> float | None:
    for event in (one.event for one in recorded):
        if isinstance(event.fact, e.TaskStopped) and event.fact.runner_id == runner_id:
            return seconds(event.at, event.recorded_at)
    return None


def _handed_over(recorded: Iterable[e.Recorded]) -> float | None:
    granted_at: datetime | None = None
    for event in (one.event for one in recorded):
        if isinstance(event.fact, e.SlotGranted):
            granted_at = event.recorded_at
        if isinstance(event.fact, e.SlotFreed) and event.fact.granted_job_id is not None:
            granted_at = event.recorded_at
        if isinstance(event.fact, e.LaunchIntended) and granted_at is not None:
            return seconds(granted_at, event.at)
    return None


def _refusals(recorded: Iterable[e.Recorded]) -> Iterator[tuple[datetime, str]]:
    for event in (one.event for one in recorded):
        fact = event.fact
        of_class = isinstance(fact, e.JobRejected) and fact.reason.startswith(OF_CLASS)
        if isinstance(fact, e.JobRejected | e.ImageUnavailable) and not of_class:
            yield event.recorded_at, fact.reason


def _launch(runners: Sequence[Runner], at: int, recorded: Sequence[e.Recorded]) -> Launch:
    runner = runners[at]
    mine = [one for one in recorded if getattr(one.event.fact, "runner_id", None) == runner.id]
    end = next((one.text for one in mine if isinstance(one.event.fact, e.TaskStopped)), None)
    by_itself = runner.stop is None or runner.removed
    died = runner.took is None and by_itself and runner.launched
    last = runner.running_at or runner.launched_at
    return Launch(
        failures=tuple(_failures(mine)),
        image_ready_at=_image_ready(recorded, runner, runners[at + 1 :]),
        launch=seconds(runner.intended_at, runner.launched_at),
        start=seconds(runner.launched_at, runner.running_at),
        assign=seconds(runner.running_at, runner.taken_at),
        took=runner.took,
        died=seconds(last, runner.closed_at) if died else None,
        end=end if runner.stop is None else None,
        removed=runner.removed,
    )


def _failures(mine: Iterable[e.Recorded]) -> Iterator[Failed]:
    intended_at: datetime | None = None
    capacity: str | None = None
    for one in mine:
        fact = one.event.fact
        if isinstance(fact, e.LaunchIntended):
            capacity = fact.capacity
        if isinstance(fact, e.LaunchIntended | e.LaunchResumed):
            intended_at = one.event.at
        if isinstance(fact, e.LaunchFailed) and not fact.held_back:
            yield Failed(
                after=seconds(intended_at, one.event.at) or 0.0,
                text=one.text,
                retry=seconds(one.event.at, fact.retry_at),
                capacity=capacity if fact.no_capacity else None,
            )


def _image_ready(
    recorded: Iterable[e.Recorded], runner: Runner, others: Iterable[Runner]
) -> datetime | None:
    """Return when the image of a runner that waited for one was ready."""
    waited_at: datetime | None = None
    for event in (one.event for one in recorded):
        if isinstance(event.fact, e.ImageAwaited) and event.fact.runner_id == runner.id:
            waited_at = event.at
        if waited_at and isinstance(event.fact, e.ImageReady):
            return event.at
    begun = (other.intended_at for other in others if other.intended_at is not None)
    return next(begun, waited_at + NEVER) if waited_at else None
