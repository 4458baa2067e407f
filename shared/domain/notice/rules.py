"""The rule of notices: each failure is sent to the operator's subscribers once."""

from collections.abc import Iterator
from datetime import datetime

from shared.domain.actions import Action, SendNotice
from shared.domain.job.state import JobPhase
from shared.domain.policy import Policy
from shared.domain.runner.state import RunnerPhase
from shared.domain.state import State

RUNNER_FAILED = "Runner Failed"
JOB_REFUSED = "Job Refused"
JOB_STUCK = "Job Stuck"
LAUNCHES_STOPPED = "Launches Stopped"


def send_notice(state: State, _: datetime, policy: Policy) -> Action | None:
    """Send a notice of the first failure that has none yet."""
    return next(_notices(state), None) if policy.notices else None


def _notices(state: State) -> Iterator[SendNotice]:
    for runner in state.runners:
        failed = (
            runner.phase is RunnerPhase.CLOSED and runner.failed and runner.intended_at is not None
        )
        if failed and RUNNER_FAILED not in runner.notified:
            yield SendNotice(RUNNER_FAILED, runner.id, runner.reason or "")
        if runner.opened_circuit and LAUNCHES_STOPPED not in runner.notified:
            reason = "so many launches have failed in a row that the others wait"
            yield SendNotice(LAUNCHES_STOPPED, runner.id, reason)
    job = state.job
    refused = job.phase is JobPhase.REFUSED
    if refused and JOB_REFUSED not in job.notified:
        yield SendNotice(JOB_REFUSED, f"job-{state.job_id}", job.reason or "")
