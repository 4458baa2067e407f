"""GitHub's `workflow_job` webhook as a fact, or the reason why it is none of ours. Pure.

Only the fields that are used are decoded; all others, and those of days to come, are passed over.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec
from msgspec import Struct

from functions.ingest.intake import Fact, Ignored, Intake
from functions.ingest.settings import Settings
from shared.domain import events as e
from shared.domain.labels import is_self_hosted
from shared.domain.names import job_stream, own_runner


class _Job(Struct, frozen=True):
    id: int
    labels: tuple[str, ...]
    run_id: int = 0
    run_attempt: int = 1
    name: str | None = None
    workflow_name: str | None = None
    html_url: str | None = None
    conclusion: str | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    runner_name: str | None = None


class _Repository(Struct, frozen=True):
    full_name: str
    private: bool = False
    fork: bool = False


class _WorkflowJob(Struct, frozen=True):
    action: str
    workflow_job: _Job
    repository: _Repository


_decoder = msgspec.json.Decoder(_WorkflowJob)


def read(body: bytes, settings: Settings, now: datetime) -> Intake:
    """The fact that the webhook tells, or why there is none.

    Raises:
        msgspec.ValidationError: JSON, but not the shape of a `workflow_job` event.
        msgspec.DecodeError: not JSON.
    """
    hook = _decoder.decode(body)
    make = _FACTS.get(hook.action)
    repository = hook.repository.full_name
    if make is None:
        return _ignored(hook, f"action {hook.action!r} needs nothing from this fleet")
    if not settings.in_scope(repository):
        return _ignored(hook, f"repository {repository} is not in this fleet's scope")
    if not is_self_hosted(hook.workflow_job.labels):
        return _ignored(hook, "the job is not labelled self-hosted")
    fact, at, route = make(hook, settings)
    return Fact(
        stream=job_stream(hook.workflow_job.id),
        fact=fact,
        at=at or now,
        route=route,
        begins=isinstance(fact, e.JobQueued),
    )


def _ignored(hook: _WorkflowJob, reason: str) -> Ignored:
    job = hook.workflow_job
    about = {
        "stream": job_stream(job.id),
        "action": hook.action,
        "repository": hook.repository.full_name,
        "job_name": job.name or "",
        "labels": job.labels,
    }
    return Ignored(reason, about)


Made = tuple[e.Fact, datetime | None, str | None]


def _queued(hook: _WorkflowJob, settings: Settings) -> Made:
    fact = e.JobQueued(fleet=settings.prefix, job=_details(hook))
    return fact, hook.workflow_job.created_at, "scheduler"


def _started(hook: _WorkflowJob, settings: Settings) -> Made:
    job = hook.workflow_job
    fact = e.JobStarted(
        job=_details(hook),
        runner_name=job.runner_name or "",
        runner_id=own_runner(settings.prefix, job.runner_name),
    )
    return fact, job.started_at, "reconciler"


def _completed(hook: _WorkflowJob, settings: Settings) -> Made:
    job = hook.workflow_job
    fact = e.JobCompleted(
        job=_details(hook),
        conclusion=job.conclusion or "unknown",
        runner_name=job.runner_name or "",
        runner_id=own_runner(settings.prefix, job.runner_name),
        started_at=job.started_at if job.runner_name else None,
    )
    return fact, job.completed_at, "reconciler"


_FACTS: dict[str, Callable[[_WorkflowJob, Settings], Made]] = {
    "queued": _queued,
    "in_progress": _started,
    "completed": _completed,
}


def _details(hook: _WorkflowJob) -> e.JobDetails:
    job = hook.workflow_job
    return e.JobDetails(
        repository=hook.repository.full_name,
        labels=job.labels,
        workflow=job.workflow_name or "",
        name=job.name or "",
        run_id=job.run_id,
        run_attempt=job.run_attempt,
        url=job.html_url or "",
        private=hook.repository.private,
        fork=hook.repository.fork,
    )
