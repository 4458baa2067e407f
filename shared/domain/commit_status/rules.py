"""The rule of commit statuses: which one GitHub should show for a job.

- A job that gets no runner has a failed one, with the reason.
- A job that has waited for long has a pending one.
- Both are followed by a successful one when a runner takes the job, or nothing waits any longer.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from shared.domain import events as e
from shared.domain.actions import Action, CreateCommitStatus, Record, Wait
from shared.domain.commit_status.state import LONGEST_DESCRIPTION, StatusPhase, StatusState
from shared.domain.job.state import JobPhase
from shared.domain.policy import Policy
from shared.domain.state import State

TAKEN = "A runner has taken the job."
HELD = "GitHub does not offer the job to runners now."
LEASE = timedelta(seconds=20)
"""From the intent until another invocation may create the status. A call of GitHub takes less, so
that a status can't follow a newer one."""
OVERDUE = timedelta(minutes=5)
"""From when a status has to be created until the Janitor does it."""
_UNRESOLVED = (StatusState.FAILURE, StatusState.PENDING)


class _Wanted(Struct, frozen=True):
    state: StatusState
    description: str


def set_commit_status(state: State, now: datetime, policy: Policy) -> Action | None:
    """Create the commit status that is intended, or intend the one that GitHub should show."""
    status = state.status
    if status.phase is StatusPhase.INTENDED:
        return CreateCommitStatus(status)
    wanted = _wanted(state, now, policy)
    if wanted is None or _is_last(state, wanted):
        return None
    number = status.number + 1
    fact = e.CommitStatusIntended(
        number=number, state=wanted.state, description=_shortened(wanted.description)
    )
    return Record(f"job-{state.job_id}/commit-status/{number}", fact)


def take_over(action: CreateCommitStatus, now: datetime) -> Action:
    """Return the action if the invocation that intended the status has ended; else a wait."""
    until = (action.status.intended_at or now) + LEASE
    return action if until <= now else Wait(until)


def due(state: State) -> datetime | None:
    """Return when the Janitor creates a status that no consumer has created, or None.

    It depends on the log alone. A status that is not intended yet is left to a sweep.
    """
    status, job = state.status, state.job
    if status.phase is StatusPhase.INTENDED:
        return status.intended_at and status.intended_at + OVERDUE
    if status.state is StatusState.SUCCESS or _resolved(state, is_on=False) is None:
        return None
    since = job.completed_at or job.started_at or status.intended_at
    return since and since + OVERDUE


def has_waited_long(state: State, now: datetime, policy: Policy) -> bool:
    """Return whether the job has waited for a runner for so long that GitHub should show it."""
    job = state.job
    if job.phase is not JobPhase.QUEUED or job.arrived_at is None:
        return False
    return now >= job.arrived_at + timedelta(seconds=policy.commit_statuses.pending_after)


def _wanted(state: State, now: datetime, policy: Policy) -> _Wanted | None:
    job = state.job
    if job.details is None or not job.details.head_sha:
        return None
    is_on = policy.commit_statuses.enabled
    if is_on and job.phase is JobPhase.REFUSED:
        return _Wanted(StatusState.FAILURE, job.reason or "")
    if is_on and has_waited_long(state, now, policy):
        minutes = policy.commit_statuses.pending_after // 60
        return _Wanted(StatusState.PENDING, f"No runner for {minutes} minutes: {_why(state)}")
    return _resolved(state, is_on=is_on)


def _resolved(state: State, *, is_on: bool) -> _Wanted | None:
    """Return the status of a job that no longer waits. What is shown is resolved in any case.

    A later attempt of a job has the context of the earlier one, which may have been refused.
    """
    job, shown = state.job, state.status.shown
    later = is_on and job.details is not None and job.details.run_attempt > 1
    if job.started_at is not None:
        is_due = shown in _UNRESOLVED or (shown is None and later)
        return _Wanted(StatusState.SUCCESS, TAKEN) if is_due else None
    if shown is not StatusState.PENDING:
        return None
    if job.phase is JobPhase.HELD:
        return _Wanted(StatusState.SUCCESS, HELD)
    if job.phase is JobPhase.COMPLETED:
        ended = f"The job ended ({job.conclusion}) before a runner took it."
        return _Wanted(StatusState.SUCCESS, ended)
    return None


def _is_last(state: State, wanted: _Wanted) -> bool:
    """Return whether the last status is that one. The reason of a pending one may have changed."""
    last = state.status
    if wanted.state is not last.state:
        return False
    same = _shortened(wanted.description) == last.description
    return same or wanted.state is not StatusState.FAILURE


def _why(state: State) -> str:
    """Return what the job waits for, as far as its own stream shows."""
    runner = state.runner(state.job.paired)
    if runner is None:
        return "it waits for another job's runner"
    if runner.awaits or runner.reason:
        return runner.awaits or runner.reason or ""
    if runner.image is not None:
        return f"image {runner.image.tag} is being built"
    if runner.running_at is not None:
        return f"runner {runner.id} runs, and GitHub has not assigned the job to it"
    return f"runner {runner.id} is being launched"


def _shortened(text: str) -> str:
    """Return the text, shortened to GitHub's limit, with its first letter in upper case."""
    text = text[:1].upper() + text[1:]
    return text if len(text) <= LONGEST_DESCRIPTION else f"{text[: LONGEST_DESCRIPTION - 1]}…"
