"""Builds the timeline of a job or of a runner from a stream's events. Pure.

`cli.render` renders it, and `cli.history.wording` has the texts.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from cli.history.causes import Origins, arrow, foreign, origins
from cli.history.marks import Phase
from cli.history.phases import job_phases, runner_phases
from cli.history.phrase import Phrase
from cli.history.wording import phrase_of
from shared.domain import events as e
from shared.domain.history import read_job
from shared.domain.job.state import Job
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.runner.status import status
from shared.domain.state import State
from shared.domain.stream import StreamId

LATE_SECONDS = 5.0
"""Seconds between an event and its recording from which on the delay is shown."""


class Swapped(Struct, frozen=True, kw_only=True):
    """Two jobs, each of which had waited for the runner that the other one has got.

    Attributes:
        job_id: The job that took a runner.
        runner_id: The runner that it took.
        displaced_job_id: The job that had waited for it.
        spare_runner_id: The runner that this job gets instead.
    """

    job_id: int
    runner_id: str
    displaced_job_id: int
    spare_runner_id: str


class Entry(Struct, frozen=True, kw_only=True):
    """One event of a timeline.

    Attributes:
        since_seconds: Seconds since the first event.
        why: The reason, or the cause, and how much later it was recorded.
        swap: The swap that the event records; null if it records none.
    """

    seq: int
    at: datetime
    since_seconds: float
    actor: str
    type: str
    what: str
    why: str
    event_id: str
    cause: str | None
    recorded_at: datetime
    swap: Swapped | None = None


class Timeline(Struct, frozen=True, kw_only=True):
    """The timeline of a job or of one of its runners.

    Attributes:
        subject: `job 7`, or the runner's id.
        kind: `job` or `runner`.
        runner_id: The runner whose timeline it is; null if it is a job's.
        state: The job's state: `queued`, `held`, `refused`, `started` or `completed`.
        status: The runner's status; null for a job.
        outcome: The conclusion or the reason of a job, or what a runner ran or why it failed.
        began_at: When the first event happened.
        entries: What happened, in order of time.
        phases: How long the job and its runners, or the runner, were in each phase.
        related: Other jobs and runners that had a part in it, such as `job 8`.
    """

    subject: str
    kind: str
    job_id: int
    runner_id: str | None
    state: str
    status: str | None
    outcome: str
    repository: str
    workflow: str
    job_name: str
    url: str
    began_at: datetime
    entries: tuple[Entry, ...]
    phases: tuple[Phase, ...]
    related: tuple[str, ...]


def of_job(
    stream: StreamId, recorded: Sequence[e.Recorded], now: datetime, causes: Origins | None = None
) -> Timeline:
    """Return the timeline of a job and of the runners launched for it.

    Args:
        causes: Those in other streams.
    """
    state = read_job(stream, recorded).state
    runners = state.runners
    implied = runners[0].id if len(runners) == 1 else None
    phases = job_phases(state.job_id, recorded, now)
    for runner in runners:
        phases += runner_phases(state.job_id, runner.id, recorded, now)
    ran_on = state.job.runner_id
    elsewhere = {ran_on, state.job.paired} - {one.id for one in runners} - {None}
    return _timeline(
        state,
        outcome=_job_outcome(state.job),
        entries=entries_of(recorded, implied, causes),
        phases=phases,
        related=sorted(str(one) for one in elsewhere),
    )


def of_runner(
    stream: StreamId,
    recorded: Sequence[e.Recorded],
    runner_id: str,
    now: datetime,
    causes: Origins | None = None,
) -> Timeline | None:
    """Return the timeline of one runner, or None if it is not in the stream.

    Facts about the job's other runners are left out. `causes` is as for `of_job`.
    """
    state = read_job(stream, recorded).state
    runner = state.runner(runner_id)
    if runner is None:
        return None
    mine = [one for one in recorded if concerns(one.event.fact, runner_id)]
    known = {**origins(recorded, foreign(mine)), **(causes or {})}
    jobs = {state.job_id, runner.took, runner.serves} - {None}
    return _timeline(
        state,
        runner=runner,
        outcome=_runner_outcome(runner),
        entries=entries_of(mine, runner_id, known),
        phases=runner_phases(state.job_id, runner_id, recorded, now),
        related=[f"job {job_id}" for job_id in sorted(filter(None, jobs))],
    )


def _timeline(
    state: State,
    *,
    runner: Runner | None = None,
    outcome: str,
    entries: tuple[Entry, ...],
    phases: Iterable[Phase],
    related: Iterable[str],
) -> Timeline:
    details = state.job.details or e.JobDetails(repository="", labels=())
    return Timeline(
        subject=runner.id if runner else f"job {state.job_id}",
        kind="runner" if runner else "job",
        job_id=state.job_id,
        runner_id=runner.id if runner else None,
        state=state.job.phase.value,
        status=status(runner).value if runner else None,
        outcome=outcome,
        repository=details.repository,
        workflow=details.workflow,
        job_name=details.name,
        url=details.url,
        began_at=entries[0].at,
        entries=entries,
        phases=tuple(phases),
        related=tuple(related),
    )


def _job_outcome(job: Job) -> str:
    return job.conclusion or job.reason or (f"on {job.runner_name}" if job.runner_name else "")


def _runner_outcome(runner: Runner) -> str:
    """Return the reason of the runner's status, or the job that it runs or ran."""
    if runner.reason:
        return runner.reason
    ended = runner.phase is RunnerPhase.CLOSED
    if runner.stop:
        return f"stopped, {runner.stop.reason}" if ended else f"to stop, {runner.stop.reason}"
    if runner.took is None:
        return ""
    return f"job {runner.took}: {runner.conclusion}" if runner.conclusion else f"job {runner.took}"


def concerns(fact: e.Fact, runner_id: str) -> bool:
    """Return whether a fact names the runner, or names none and so is about the job."""
    named = {getattr(fact, "runner_id", None), getattr(fact, "spare_runner_id", None)} - {None}
    return runner_id in named or not named


# --- entries -------------------------------------------------------------------------------------


def entries_of(
    recorded: Sequence[e.Recorded], implied: str | None = None, causes: Origins | None = None
) -> tuple[Entry, ...]:
    """Return the entries in order of time; at the same time, in the order of recording.

    Args:
        implied: The runner that they are about. Its id is not repeated.
        causes: Those in other streams.
    """
    seqs = {one.event.id: one.seq for one in recorded}
    ordered = sorted(recorded, key=lambda one: (_happened(one.event), one.seq))
    start = min(one.event.at for one in recorded)
    return tuple(_entry(one, start, implied, seqs, causes or {}) for one in ordered)


def _happened(event: e.Event) -> datetime:
    """Return when an event happened, for the order of entries.

    A time in whole seconds, as GitHub's, is moved to the end of its second, but not past its
    recording. Otherwise a job would seem to start before a launch earlier in the same second.
    """
    if event.at.microsecond:
        return event.at
    return max(event.at, min(event.at + timedelta(seconds=1), event.recorded_at))


def _entry(
    one: e.Recorded,
    start: datetime,
    implied: str | None,
    seqs: Mapping[str, int],
    causes: Origins,
) -> Entry:
    event = one.event
    phrase = phrase_of(event.fact, implied)
    return Entry(
        seq=one.seq,
        at=event.at,
        since_seconds=(event.at - start).total_seconds(),
        actor=event.actor,
        type=event.type,
        what=phrase.what,
        why=_why(phrase, event, arrow(event.cause, seqs, causes)),
        event_id=event.id,
        cause=event.cause,
        recorded_at=event.recorded_at,
        swap=_swap(event.fact),
    )


def _why(phrase: Phrase, event: e.Event, cause: str) -> str:
    """Return the fact's reason or else its cause, and the delay of a late recording."""
    late = (event.recorded_at - event.at).total_seconds()
    parts = [phrase.why or cause]
    if late > LATE_SECONDS:
        parts.append(f"recorded {late:.0f} s later")
    return "; ".join(filter(None, parts))


def _swap(fact: e.Fact) -> Swapped | None:
    match fact:
        case e.JobAssigned(displaced_job_id=int(displaced), spare_runner_id=str(spare)):
            if fact.spare_given:
                return Swapped(
                    job_id=fact.job_id,
                    runner_id=fact.runner_id,
                    displaced_job_id=displaced,
                    spare_runner_id=spare,
                )
    return None
