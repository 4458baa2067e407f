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
    """Two jobs, each of which had waited for the runner that the other one has got."""

    job_id: int
    runner_id: str
    displaced_job_id: int
    spare_runner_id: str


class Entry(Struct, frozen=True, kw_only=True):
    """One event. `at` is by its source's clock, `since` the seconds since the first event."""

    seq: int
    at: datetime
    since: float
    who: str
    type: str
    what: str
    why: str
    event_id: str
    cause: str | None
    recorded_at: datetime
    swap: Swapped | None = None


class Timeline(Struct, frozen=True, kw_only=True):
    """The timeline of `subject`, a job or a runner. `related` are the ids of related subjects."""

    subject: str
    kind: str
    job_id: int
    status: str
    outcome: str
    repository: str
    workflow: str
    job_name: str
    url: str
    started_at: datetime
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
        subject=f"job {state.job_id}",
        kind="job",
        standing=(state.job.phase.value, _job_outcome(state.job)),
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
        subject=runner_id,
        kind="runner",
        standing=(status(runner).value, _runner_outcome(runner)),
        entries=entries_of(mine, runner_id, known),
        phases=runner_phases(state.job_id, runner_id, recorded, now),
        related=[f"job {job_id}" for job_id in sorted(filter(None, jobs))],
    )


def _timeline(
    state: State,
    *,
    subject: str,
    kind: str,
    standing: tuple[str, str],
    entries: tuple[Entry, ...],
    phases: Iterable[Phase],
    related: Iterable[str],
) -> Timeline:
    details = state.job.details or e.JobDetails(repository="", labels=())
    return Timeline(
        subject=subject,
        kind=kind,
        job_id=state.job_id,
        status=standing[0],
        outcome=standing[1],
        repository=details.repository,
        workflow=details.workflow,
        job_name=details.name,
        url=details.url,
        started_at=entries[0].at,
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
        since=(event.at - start).total_seconds(),
        who=event.actor,
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
