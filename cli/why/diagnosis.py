"""Finds why a job waits, waited or has no runner, in its stream and that of its runner. Pure."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from cli.history import phases, rerun_words
from cli.history.marks import Phase
from cli.render.text import span
from cli.why import waits
from cli.why.cause import Cause
from cli.why.streams import JobStream, last_fact, waiting
from shared.domain import events as e
from shared.domain.job.state import JobPhase


class Diagnosis(Struct, frozen=True, kw_only=True):
    """The cause, as far as the job's stream and that of its runner show it.

    Attributes:
        sentence: The cause in one sentence.
        reason: The reason that an event gives, or "".
        longest: The cause of the longest wait of a job that no longer waits.
        since: When the present or the longest wait began.
        seconds: How long it has lasted or lasted.
        next_at: When the next attempt is made.
        runner_id: The runner that the job waits for, or ran on; "" if there is none.
        phases: What the job waited for, and how long it ran.
    """

    cause: Cause
    sentence: str
    reason: str = ""
    longest: Cause | None = None
    since: datetime | None = None
    seconds: float | None = None
    next_at: datetime | None = None
    runner_id: str = ""
    phases: tuple[Phase, ...] = ()


_OF_PHASE = {
    phases.SCHEDULER: Cause.SCHEDULER,
    phases.IMAGE: Cause.IMAGE,
    phases.SLOT: Cause.SLOT,
    phases.CIRCUIT: Cause.CIRCUIT,
    phases.RETRY: Cause.RETRY,
    phases.LAUNCH: Cause.LAUNCH,
    phases.START: Cause.START,
    phases.ASSIGNMENT: Cause.ASSIGNMENT,
    phases.REPLACEMENT: Cause.REPLACEMENT,
    phases.HELD: Cause.HELD,
    phases.CHECK: Cause.CHECK,
    phases.REFUSED: Cause.REFUSED,
}
"""The cause of each phase of waiting. A late webhook and a foreign runner have none."""
_RUNNING = "running"


def diagnose(job: JobStream, home: JobStream | None, now: datetime) -> Diagnosis:
    """Return why the job waits, waited, or has no runner.

    Args:
        home: The stream of the job that its runner was launched for, if that is another one.
    """
    state = job.history.state
    found = tuple(phases.job_phases(state.job_id, job.recorded, now))
    if state.job.phase in (JobPhase.STARTED, JobPhase.COMPLETED):
        return _no_longer_waits(job, found)
    if state.job.phase is JobPhase.REFUSED:
        return _refused(job, found)
    return _waits(job, home or job, found, now)


def _waits(job: JobStream, home: JobStream, found: tuple[Phase, ...], now: datetime) -> Diagnosis:
    what = waiting(job, home)
    cause = waits.awaited(what, now)
    present = found[-1] if found else None
    return Diagnosis(
        cause=cause,
        sentence=waits.sentence(what, cause),
        reason=waits.reason(what, cause),
        since=present.start if present else what.job.queued_at,
        seconds=present.seconds if present else None,
        next_at=waits.next_at(what, cause),
        runner_id=what.job.paired or "",
        phases=found,
    )


def _refused(job: JobStream, found: tuple[Phase, ...]) -> Diagnosis:
    state = job.history.state
    last = last_fact(job.recorded, e.JobGivenUp)
    reason = state.job.reason or ""
    given_up = last is not None and last.reason == reason
    what = "was given up" if given_up else "was refused, and gets no runner"
    return Diagnosis(
        cause=Cause.GIVEN_UP if given_up else Cause.REFUSED,
        sentence=f"Job {state.job_id} {what}: {reason.rstrip('.')}.",
        reason=reason,
        since=found[-1].start if found else None,
        runner_id=state.runners[-1].id if state.runners else "",
        phases=found,
    )


# --- jobs that no longer wait --------------------------------------------------------------------


def _no_longer_waits(job: JobStream, found: tuple[Phase, ...]) -> Diagnosis:
    state = job.history.state
    lost = last_fact(job.recorded, e.JobLost)
    waited = [phase for phase in found if phase.name != _RUNNING]
    longest = max(waited, key=lambda phase: phase.seconds, default=None)
    if lost is not None and lost.job_id == state.job_id:
        cause, sentence = Cause.LOST, _lost(job, lost)
    elif state.job.queued_at is None:
        cause, sentence = Cause.FOREIGN, _foreign(job)
    else:
        cause, sentence = _ran_or_ended(job, waited, longest)
    return Diagnosis(
        cause=cause,
        sentence=sentence,
        reason=longest.why if longest else "",
        longest=_OF_PHASE.get(longest.name) if longest else None,
        since=longest.start if longest else None,
        seconds=longest.seconds if longest else None,
        runner_id=state.job.runner_id or "",
        phases=found,
    )


def _ran_or_ended(
    job: JobStream, waited: Sequence[Phase], longest: Phase | None
) -> tuple[Cause, str]:
    state = job.history.state
    whole = span(sum(phase.seconds for phase in waited))
    most = f"; the longest part, {span(longest.seconds)}: {longest.name}" if longest else ""
    why = f" ({longest.why})" if longest and longest.why else ""
    if state.job.started_at is None:
        ended = f"ended ({state.job.conclusion}) before a runner took it"
        return Cause.ENDED, f"Job {state.job_id} {ended}, after {whole}{most}{why}."
    on = state.job.runner_id or f"{state.job.runner_name or 'a runner'}, not of this fleet"
    return Cause.STARTED, f"Job {state.job_id} started on {on} after {whole}{most}{why}."


def _foreign(job: JobStream) -> str:
    state = job.history.state
    on = state.job.runner_id or state.job.runner_name or "a runner"
    return f"Job {state.job_id} was not queued for this fleet, and ran on {on}."


def _lost(job: JobStream, lost: e.JobLost) -> str:
    """Return that the job was lost, and what the last fact about its next attempt is."""
    kinds = (e.RerunPostponed, e.RerunRequested, e.RerunAbandoned)
    facts = [one.event.fact for one in job.recorded]
    mine = [one for one in facts if isinstance(one, kinds) and one.job_id == lost.job_id]
    phrase = rerun_words.WORDS[type(mine[-1])](mine[-1]) if mine else None
    again = phrase.what if phrase else f"not run again: {lost.why_not}" if lost.why_not else ""
    what = f"Job {lost.job_id} was lost with {lost.runner_id} ({lost.reason.rstrip('.')})"
    return f"{what}; {again or 'it is to be run again'}."
