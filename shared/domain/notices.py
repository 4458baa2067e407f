"""The notices of failures. Each is stored with the event that caused it; the outbox sends it."""

from collections.abc import Iterator

from msgspec import Struct

from shared.domain.job.state import JobPhase
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.state import State

RUNNER_FAILED = "Runner Failed"
JOB_REFUSED = "Job Refused"
JOB_STUCK = "Job Stuck"
LAUNCHES_STOPPED = "Launches Stopped"


class Notice(Struct, frozen=True, kw_only=True):
    """A failure of a job or of a runner, and its reason. Subscribers filter by `kind`."""

    kind: str
    fleet: str
    job_id: int
    reason: str
    runner_id: str | None = None
    repository: str = ""
    workflow: str = ""
    url: str = ""


def notices(before: State, after: State) -> tuple[Notice, ...]:
    """Return the notices of what has failed between two states of a job's stream."""
    known = {(kind, runner_id) for kind, runner_id, _ in _failures(before)}
    failures = [one for one in _failures(after) if one[:2] not in known]
    return tuple(_notice(after, *one) for one in failures)


def _failures(state: State) -> Iterator[tuple[str, str | None, str]]:
    """Yield the kind, the runner and the reason of each failure in the state."""
    for runner in state.runners:
        if _has_failed(runner):
            yield RUNNER_FAILED, runner.id, runner.reason or ""
        if runner.opened_circuit:
            reason = "so many launches have failed in a row that the others wait"
            yield LAUNCHES_STOPPED, runner.id, reason
    if state.job.phase is JobPhase.REFUSED:
        yield JOB_REFUSED, None, state.job.reason or ""
    if state.job.stuck is not None:
        yield JOB_STUCK, None, state.job.stuck


def _has_failed(runner: Runner) -> bool:
    closed = runner.phase is RunnerPhase.CLOSED
    return closed and runner.failed and runner.intended_at is not None


def _notice(state: State, kind: str, runner_id: str | None, reason: str) -> Notice:
    details = state.job.details
    return Notice(
        kind=kind,
        fleet=state.fleet,
        job_id=state.job_id,
        reason=reason,
        runner_id=runner_id,
        repository=details.repository if details else "",
        workflow=details.workflow if details else "",
        url=details.url if details else "",
    )
