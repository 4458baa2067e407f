"""Converts GitHub's `workflow_job` webhook to a fact, or to the reason to ignore it. Pure.

Only the fields that are used are decoded, within `shared.domain.bounds`. All others are ignored. If
a key occurs twice, the last value counts.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec
from msgspec import Struct

from functions.ingest.intake import Accepted, Ignored, Intake
from functions.ingest.settings import Settings
from shared.domain import events as e
from shared.domain.bounds import (
    Id,
    Labels,
    Link,
    Name,
    OptionalId,
    RepositoryName,
    Time,
    Word,
    check_times,
    commit,
)
from shared.domain.names import own_runner
from shared.domain.stream import StreamId


class _Job(Struct, frozen=True):
    id: Id
    labels: Labels
    run_id: OptionalId = 0
    run_attempt: OptionalId = 1
    name: Name | None = None
    workflow_name: Name | None = None
    html_url: Link | None = None
    head_sha: Name | None = None
    conclusion: Word | None = None
    created_at: Time | None = None
    started_at: Time | None = None
    completed_at: Time | None = None
    runner_id: OptionalId | None = None
    runner_name: Name | None = None


class _Repository(Struct, frozen=True):
    full_name: RepositoryName
    private: bool = False
    fork: bool = False


class _Deployment(Struct, frozen=True):
    updated_at: Time | None = None


class _WorkflowJob(Struct, frozen=True):
    action: Word
    workflow_job: _Job
    repository: _Repository
    deployment: _Deployment | None = None


_decoder = msgspec.json.Decoder(_WorkflowJob)


def read(body: bytes, settings: Settings, now: datetime) -> Intake:
    """Return the fact in the webhook, or why it is ignored.

    Raises:
        msgspec.ValidationError: the JSON is not of the event's schema, or out of bounds.
        msgspec.DecodeError: the body is not JSON.
        RecursionError: the JSON is nested too deeply.
    """
    hook = _decoder.decode(body)
    _check_times(hook, now)
    make = _FACTS.get(hook.action)
    if make is None:
        return _ignored(hook, f"action {hook.action!r} needs nothing from this fleet")
    # GitHub may assign a runner of the fleet to a job that is not served: that is recorded, too.
    if own_runner(settings.prefix, hook.workflow_job.runner_name) is None:
        reason = settings.offer.refusal(hook.repository.full_name, hook.workflow_job.labels)
        if reason:
            return _ignored(hook, reason)
    fact, at = make(hook, settings)
    return Accepted(
        stream=StreamId.of_job(hook.workflow_job.id),
        fact=fact,
        at=at or now,
        begins=isinstance(fact, e.JobQueued),
    )


def _check_times(hook: _WorkflowJob, now: datetime) -> None:
    job, deployment = hook.workflow_job, hook.deployment
    check_times(
        now,
        {
            "$.workflow_job.created_at": job.created_at,
            "$.workflow_job.started_at": job.started_at,
            "$.workflow_job.completed_at": job.completed_at,
            "$.deployment.updated_at": deployment.updated_at if deployment else None,
        },
    )


def _ignored(hook: _WorkflowJob, reason: str) -> Ignored:
    job = hook.workflow_job
    about = {
        "stream": StreamId.of_job(job.id),
        "action": hook.action,
        "repository": hook.repository.full_name,
        "job_name": job.name or "",
        "labels": job.labels,
    }
    return Ignored(reason, about)


Made = tuple[e.Fact, datetime | None]


def _queued(hook: _WorkflowJob, settings: Settings) -> Made:
    fact = e.JobQueued(fleet=settings.prefix, job=_details(hook))
    return fact, _queued_at(hook)


def _queued_at(hook: _WorkflowJob) -> datetime | None:
    """Return when GitHub queued the job: at its creation, or when its deployment was approved."""
    approved_at = hook.deployment.updated_at if hook.deployment else None
    known = [at for at in (hook.workflow_job.created_at, approved_at) if at is not None]
    return max(known, default=None)


def _held(hook: _WorkflowJob, settings: Settings) -> Made:
    return e.JobHeld(job=_details(hook), fleet=settings.prefix), None


def _started(hook: _WorkflowJob, settings: Settings) -> Made:
    job = hook.workflow_job
    fact = e.JobStarted(
        job=_details(hook),
        runner_name=job.runner_name or "",
        runner_id=own_runner(settings.prefix, job.runner_name),
        github_runner_id=job.runner_id or None,
    )
    return fact, job.started_at


def _completed(hook: _WorkflowJob, settings: Settings) -> Made:
    job = hook.workflow_job
    fact = e.JobCompleted(
        job=_details(hook),
        conclusion=job.conclusion or "unknown",
        runner_name=job.runner_name or "",
        runner_id=own_runner(settings.prefix, job.runner_name),
        github_runner_id=job.runner_id or None,
        started_at=job.started_at if job.runner_name else None,
    )
    return fact, job.completed_at


_FACTS: dict[str, Callable[[_WorkflowJob, Settings], Made]] = {
    "queued": _queued,
    "waiting": _held,
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
        head_sha=commit(job.head_sha),
        private=hook.repository.private,
        fork=hook.repository.fork,
    )
