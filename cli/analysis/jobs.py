"""One job and its runners, as statistics, reports and pictures need them: read from its stream.

Pure. Times are in UTC and durations in seconds.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from cli.history.marks import Phase
from cli.history.phases import job_phases, runner_phases
from cli.streams.stored import StoredStream
from shared.domain import events as e
from shared.domain.history import JobHistory, read_job
from shared.domain.job.state import Job
from shared.domain.projection import RunnerRow
from shared.domain.state import State
from shared.domain.stream import StreamId
from shared.domain.unreadable import Unreadable
from shared.measures import is_from_webhook

HELD_BACK = "held back"
"""The kind of a launch that was not begun, since its turn at GitHub comes later."""
FAILING = (e.LaunchFailed, e.JobRejected, e.ImageUnavailable, e.JobGivenUp)
"""The events of a job's stream that are failures."""
_REPORTED = (e.JobQueued, e.JobHeld, e.JobStarted, e.JobCompleted)
"""The events that webhooks report, and the Janitor if it finds what they did not."""


class Failure(Struct, frozen=True, kw_only=True):
    """One thing that went wrong: a launch attempt, a task, a job that got no runner.

    Attributes:
        kind: `launch failed`, `no capacity`, `held back`, `task failed`, `refused`, `given up`.
        runner_id: Empty if it is about the job.
    """

    at: datetime
    kind: str
    reason: str
    runner_id: str = ""


class RunnerRecord(Struct, frozen=True, kw_only=True):
    """A runner launched for the job: its row, and how long it was in each phase.

    `public_ip` is whether its task has a public IP address.
    """

    row: RunnerRow
    phases: tuple[Phase, ...]
    public_ip: bool = False


class JobRecord(Struct, frozen=True, kw_only=True):
    """A job, the runners launched for it, and what failed.

    Attributes:
        status: The job's phase: `queued`, `held`, `refused`, `started` or `completed`.
        outcome: GitHub's conclusion, or why it was refused; empty while neither is known.
        ran_on: The id of the runner that ran it, which may be launched for another job.
        class_name: The class of its last launch; empty before any.
        arrived_at: When it was recorded that GitHub queued it.
        found: Whether the Janitor found it at GitHub, since its webhook had not arrived.
        lost_webhooks: The actions (`queued`, `in_progress`, `completed`) whose webhooks did not
            arrive, so that the Janitor or another webhook supplied what they report.
    """

    job_id: int
    repository: str
    workflow: str
    name: str
    url: str
    labels: tuple[str, ...]
    status: str
    outcome: str
    class_name: str
    queued_at: datetime | None
    arrived_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    ran_on: str | None
    found: bool
    lost_webhooks: tuple[str, ...]
    phases: tuple[Phase, ...]
    runners: tuple[RunnerRecord, ...]
    failures: tuple[Failure, ...]

    @property
    def queue_seconds(self) -> float | None:
        """Seconds from GitHub's queue to its start; None if it has not started."""
        if self.queued_at is None or self.started_at is None:
            return None
        return max(0.0, (self.started_at - self.queued_at).total_seconds())


def job_records(
    streams: Iterable[StoredStream], now: datetime, unreadable: list[Unreadable]
) -> Iterator[JobRecord]:
    """Yield the jobs among some streams. What can't be read is added to `unreadable`."""
    for stream in streams:
        name = StreamId.parse(stream.stream)
        if name is None or name.job_id is None:
            continue
        try:
            if stream.problem is not None:
                raise stream.problem
            yield job_record(read_job(name, stream.recorded), stream.recorded, now)
        except Unreadable as error:
            unreadable.append(error)


def job_record(history: JobHistory, recorded: Iterable[e.Recorded], now: datetime) -> JobRecord:
    """Return the job with this history, as of `now`."""
    recorded = tuple(recorded)
    job = history.state.job
    details = job.details or e.JobDetails(repository="", labels=())
    intents = [runner.intent for runner in history.state.runners if runner.intent]
    return JobRecord(
        job_id=history.state.job_id,
        repository=details.repository,
        workflow=details.workflow,
        name=details.name,
        url=details.url,
        labels=details.labels,
        status=job.phase.value,
        outcome=job.conclusion or job.reason or "",
        class_name=intents[-1].class_name if intents else "",
        queued_at=job.queued_at,
        arrived_at=job.arrived_at,
        started_at=job.started_at,
        completed_at=job.completed_at,
        ran_on=job.runner_id,
        found=_is_found([one.event for one in recorded]),
        lost_webhooks=tuple(_lost_webhooks(job, [one.event for one in recorded])),
        phases=tuple(job_phases(history.state.job_id, recorded, now)),
        runners=tuple(
            RunnerRecord(
                row=row,
                phases=tuple(runner_phases(history.state.job_id, runner_id, recorded, now)),
                public_ip=has_public_ip(history.state, runner_id),
            )
            for runner_id, row in history.rows.items()
        ),
        failures=tuple(failures_of(history.state, (one.event for one in recorded))),
    )


def has_public_ip(state: State, runner_id: str) -> bool:
    """Return whether a runner's task has a public IP address."""
    runner = state.runner(runner_id)
    intent = runner.intent if runner else None
    return intent is not None and intent.placement.assign_public_ip


def _is_found(events: Sequence[e.Event]) -> bool:
    """Return whether the first event about the job was read from GitHub: no webhook came before."""
    about = [one for one in events if isinstance(one.fact, _REPORTED)]
    return bool(about) and not is_from_webhook(about[0])


def _lost_webhooks(job: Job, events: Sequence[e.Event]) -> Iterator[str]:
    """Yield the actions whose webhooks did not arrive.

    That of a queueing counts only if the Janitor found the job queued: of a job that the fleet does
    not serve, but whose runner took it, the webhook is ignored.
    """
    queued = [one for one in events if isinstance(one.fact, e.JobQueued)]
    arrived = {type(one.fact) for one in events if is_from_webhook(one)}
    if queued and e.JobQueued not in arrived:
        yield "queued"
    if job.started_at and e.JobStarted not in arrived:
        yield "in_progress"
    if job.completed_at and e.JobCompleted not in arrived:
        yield "completed"


def failures_of(state: State, events: Iterable[e.Event]) -> Iterator[Failure]:
    """Yield what failed in a job's stream. Of its events only those in `FAILING` count."""
    for event in events:
        match event.fact:
            case e.LaunchFailed(runner_id=runner_id, reason=reason) as fact:
                kind = "no capacity" if fact.no_capacity else "launch failed"
                kind = HELD_BACK if fact.held_back else kind
                yield Failure(at=event.at, kind=kind, reason=reason, runner_id=runner_id)
            case e.JobRejected(reason=reason) | e.ImageUnavailable(reason=reason):
                yield Failure(at=event.at, kind="refused", reason=reason)
            case e.JobGivenUp(reason=reason):
                yield Failure(at=event.at, kind="given up", reason=reason)
    for runner in state.runners:
        if runner.failed and runner.launched and runner.closed_at:
            reason = runner.reason or ""
            yield Failure(
                at=runner.closed_at, kind="task failed", reason=reason, runner_id=runner.id
            )
