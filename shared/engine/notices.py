"""A notice sent: one call, and that it was made."""

from shared.domain import events as e
from shared.domain.actions import SendNotice
from shared.domain.history import JobHistory
from shared.domain.state import State
from shared.engine.decided import Decided
from shared.engine.dependencies import Dependencies
from shared.ports import Notice, Refused


def send(deps: Dependencies, action: SendNotice, history: JobHistory) -> Decided:
    """Tell the subscribers. After a crash they may be told again."""
    if deps.notices is None:
        raise Refused("no event bus is configured")
    deps.notices.send(notice(history.state, action.kind, action.reason, action.subject))
    return Decided(
        step=notice_id(action.subject, action.kind),
        fact=e.NoticeSent(kind=action.kind, subject=action.subject),
    )


def notice_id(subject: str, kind: str) -> str:
    """The id of the event that a notice of this kind about the subject was sent."""
    return f"{subject}/told/{kind.lower().replace(' ', '-')}"


def notice(state: State, kind: str, reason: str, subject: str = "") -> Notice:
    """What is told of a job, or of one of its runners if `subject` is its id."""
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
