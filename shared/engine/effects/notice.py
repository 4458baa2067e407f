"""Sends notices to the operator's subscribers."""

from shared.domain import events as e
from shared.domain.actions import SendNotice
from shared.domain.decision import Decided, Given
from shared.domain.history import JobHistory
from shared.domain.state import State
from shared.engine.dependencies import Dependencies
from shared.ports import Notice, Refused


def send(deps: Dependencies, given: Given, action: SendNotice) -> Decided:
    """Send the notice. After a crash it may be sent again."""
    history: JobHistory = given.history
    if deps.notices is None:
        raise Refused("no event bus is configured")
    deps.notices.send(notice(history.state, action.kind, action.reason, action.subject))
    return Decided(
        id=notice_id(action.subject, action.kind),
        fact=e.NoticeSent(kind=action.kind, subject=action.subject),
    )


def notice_id(subject: str, kind: str) -> str:
    """Return the id of the `NoticeSent` event of this kind for the subject."""
    return f"{subject}/told/{kind.lower().replace(' ', '-')}"


def notice(state: State, kind: str, reason: str, subject: str = "") -> Notice:
    """Return the notice about a job, or about one of its runners if `subject` is a runner's id."""
    details = state.job.details
    runner = state.runner(subject)
    return Notice(
        kind=kind,
        fleet=state.fleet,
        job_id=state.job_id,
        reason=reason,
        runner_id=runner.id if runner else None,
        repository=details.repository if details else "",
        workflow=details.workflow if details else "",
        url=details.url if details else "",
    )
