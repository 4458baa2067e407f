"""Creates a job's commit status at GitHub."""

from shared.domain import events as e
from shared.domain.actions import CreateCommitStatus
from shared.domain.commit_status.state import LONGEST_CONTEXT
from shared.domain.decision import Decided, Given
from shared.domain.state import State
from shared.engine.dependencies import Dependencies
from shared.ports import NewCommitStatus, Refused


def create(deps: Dependencies, given: Given, action: CreateCommitStatus) -> Decided:
    """Create the intended status. A repetition creates an equal one, which changes nothing."""
    state: State = given.history.state
    details, status = state.job.details, action.status
    if details is None or status.state is None:
        raise ValueError(f"job {state.job_id}: no commit status is intended")
    name = f"job-{state.job_id}/commit-status/{status.number}"
    new = NewCommitStatus(
        state=status.state,
        context=context(state.fleet, details),
        description=status.description,
        target_url=given.policy.commit_statuses.url,
    )
    try:
        deps.commit_statuses.create(details.repository, details.head_sha, new)
    except Refused as error:
        refused = e.CommitStatusRefused(number=status.number, reason=error.reason)
        return Decided(id=f"{name}/refused", fact=refused)
    return Decided(id=f"{name}/created", fact=e.CommitStatusCreated(number=status.number))


def context(fleet: str, job: e.JobDetails) -> str:
    """Return the context of a job's statuses: one for each job name of a workflow."""
    name = " / ".join(filter(None, (fleet, job.workflow, job.name)))
    return name[:LONGEST_CONTEXT]
