"""Builds the webhook of a job and REST objects in GitHub's format. Hooks are in `hook_payloads`.

`shapes.json` contains a repository and a user from GitHub's example payloads (see `README.md`).
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from local.github.model import Group, Job, Runner, conclusion_of_run, status_of_run

API = "https://api.github.com"
HTML = "https://github.com"
_GROUP = "Default"
_INSTALLED_AT = "2026-01-01T00:00:00Z"
_READ_ONLY = frozenset({"self-hosted", "linux", "x64", "arm64"})


def workflow_job(job: Job, action: str, installation_id: int | None = None) -> dict[str, Any]:
    """Return the payload of the `workflow_job` webhook; for an App's hook with the installation."""
    payload = {"action": action, "workflow_job": whole_job(job), **context(job.repository)}
    if installation_id is not None:
        payload["installation"] = {"id": installation_id, "node_id": f"I_{installation_id}"}
    return payload


def runner(one: Runner) -> dict[str, Any]:
    """Return a runner in the format of the REST API."""
    payload: dict[str, Any] = {
        "id": one.id,
        "runner_group_id": one.group.id,
        "name": one.name,
        "os": "linux" if one.version else "unknown",
        "status": "online" if one.online else "offline",
        "busy": one.job_id is not None,
        "ephemeral": True,
        "labels": [_label(n, name) for n, name in enumerate(one.labels, 1)],
    }
    return payload | ({"version": one.version} if one.version else {})


def runner_group(one: Group) -> dict[str, Any]:
    """Return a runner group in the format of the REST API."""
    return {
        "id": one.id,
        "name": one.name,
        "visibility": "all" if one.repositories is None else "selected",
        "default": one.id == 1,
        "runners_url": f"{API}/orgs/octo/actions/runner-groups/{one.id}/runners",
        "inherited": False,
        "allows_public_repositories": False,
    }


def runner_version(version: str, ends_at: datetime | None) -> dict[str, Any]:
    """Return the end-of-life schedule of a runner version in the format of the REST API."""
    at = None if ends_at is None else text(ends_at)
    return {"runner_version": version, "runtime_deprecates_at": at}


def installation(
    number: int, app_id: int, account: str, permissions: Mapping[str, str]
) -> dict[str, Any]:
    """Return a GitHub App's installation on all repositories of an account, which owns the App."""
    owner = owner_of(account)
    return {
        "id": number,
        "app_id": app_id,
        "app_slug": "runners",
        "account": owner,
        "target_id": owner["id"],
        "target_type": owner["type"],
        "repository_selection": "all",
        "permissions": dict(permissions),
        "events": ["workflow_job"],
        "single_file_name": None,
        "access_tokens_url": f"{API}/app/installations/{number}/access_tokens",
        "repositories_url": f"{API}/installation/repositories",
        "html_url": f"{HTML}/settings/installations/{number}",
        "created_at": _INSTALLED_AT,
        "updated_at": _INSTALLED_AT,
        "suspended_at": None,
        "suspended_by": None,
    }


def owner_of(account: str) -> dict[str, Any]:
    """Return the user or the organization of that name."""
    owner: dict[str, Any] = context(f"{account}/any")["repository"]["owner"]
    return owner


def text(when: datetime) -> str:
    """Format a time as GitHub does, in whole seconds."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def whole_job(job: Job) -> dict[str, Any]:
    """Return a job in the format of the REST API and the webhooks."""
    run = f"repos/{job.repository}/actions/runs/{job.run_id}"
    began = job.started_at or job.created_at
    return {
        "id": job.id,
        "run_id": job.run_id,
        "workflow_name": job.workflow,
        "head_branch": "main",
        "run_url": f"{API}/{run}",
        "run_attempt": job.run_attempt,
        "node_id": f"CR_{job.id}",
        "head_sha": head_sha(job.run_id),
        "url": f"{API}/repos/{job.repository}/actions/jobs/{job.id}",
        "html_url": f"{HTML}/{job.repository}/actions/runs/{job.run_id}/job/{job.id}",
        "status": job.status,
        "conclusion": job.conclusion,
        "created_at": text(job.created_at),
        "started_at": text(began),
        "completed_at": text(job.completed_at) if job.completed_at else None,
        "name": job.name,
        "steps": _steps(job),
        "check_run_url": f"{API}/repos/{job.repository}/check-runs/{job.id}",
        "labels": list(job.labels),
        "runner_id": job.runner_id,
        "runner_name": job.runner_name,
        "runner_group_id": job.runner_group_id,
        "runner_group_name": _GROUP if job.runner_group_id else None,
    }


def head_sha(run_id: int) -> str:
    """Return the commit of a run. Each run has its own."""
    return f"{run_id:040x}"


def run(jobs: Sequence[Job]) -> dict[str, Any]:
    """Return a workflow run with these jobs in the format of the REST API."""
    first = jobs[0]
    url = f"{API}/repos/{first.repository}/actions/runs/{first.run_id}"
    repository = _repository(first.repository)
    status = status_of_run(jobs)
    changed = max(
        at for job in jobs for at in (job.created_at, job.started_at, job.completed_at) if at
    )
    return {
        "id": first.run_id,
        "node_id": f"WFR_{first.run_id}",
        "name": first.workflow,
        "head_branch": "main",
        "head_sha": head_sha(first.run_id),
        "path": ".github/workflows/ci.yml",
        "display_title": first.workflow,
        "run_number": first.run_id,
        "run_attempt": max(job.run_attempt for job in jobs),
        "event": "push",
        "status": status,
        "conclusion": conclusion_of_run(jobs) if status == "completed" else None,
        "workflow_id": 1,
        "url": url,
        "html_url": f"{HTML}/{first.repository}/actions/runs/{first.run_id}",
        "pull_requests": [],
        "created_at": text(first.run_created_at),
        "updated_at": text(changed),
        "jobs_url": f"{url}/jobs",
        "logs_url": f"{url}/logs",
        "check_suite_url": f"{API}/repos/{first.repository}/check-suites/{first.run_id}",
        "artifacts_url": f"{url}/artifacts",
        "cancel_url": f"{url}/cancel",
        "rerun_url": f"{url}/rerun",
        "workflow_url": f"{API}/repos/{first.repository}/actions/workflows/1",
        "head_commit": None,
        "repository": repository,
        "head_repository": repository,
    }


def _steps(job: Job) -> list[dict[str, Any]]:
    if job.started_at is None:
        return []
    over = job.completed_at is not None
    return [
        {
            "name": "Run",
            "status": "completed" if over else "in_progress",
            "conclusion": job.conclusion,
            "number": 1,
            "started_at": text(job.started_at),
            "completed_at": text(job.completed_at) if job.completed_at else None,
        }
    ]


def _label(number: int, name: str) -> dict[str, Any]:
    kind = "read-only" if name.lower() in _READ_ONLY else "custom"
    return {"id": number, "name": name, "type": kind}


def context(repository: str) -> dict[str, Any]:
    """Return the repository and the sender that the payload of a webhook has."""
    owner, _, name = repository.partition("/")
    names = {
        "%API%": API,
        "%HTML%": HTML,
        "%REPOSITORY%": repository,
        "%OWNER%": owner,
        "%NAME%": name,
    }
    shapes = _shapes()
    for mark, value in names.items():
        shapes = shapes.replace(mark, value)
    context: dict[str, Any] = json.loads(shapes)
    return context


@cache
def _repository(repository: str) -> Mapping[str, Any]:
    """Return a repository in the format of the REST API. Listings contain it twice for each run."""
    found: Mapping[str, Any] = context(repository)["repository"]
    return found


@cache
def _shapes() -> str:
    return Path(__file__).with_name("shapes.json").read_text()
