"""Workflow runs and jobs through GitHub's REST API.

Listings are conditional requests: a response 304 does not count against the rate limit. Sources:
GitHub's OpenAPI description of its REST API, "Workflow runs" and "Workflow jobs"; GitHub Docs,
"Best practices for using the REST API", "Use conditional requests if appropriate".
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from shared.adapters.github_api import decode
from shared.adapters.github_client import PAGE, GitHubClient, path_of
from shared.domain.bounds import Id, Labels, Link, Name, OptionalId, Time, Word, commit
from shared.domain.unreadable import Unreadable, refuse
from shared.ports import JobView, RateLimited, RunView

T = TypeVar("T", bound="_Page")

ACTIVE = ("queued", "in_progress", "waiting")
"""The statuses of runs with jobs that are queued or run. Which status a run has if one job waits
for a deployment and others are queued is not documented, so each is listed. Source: GitHub Docs,
"Workflow run statuses and conclusions"."""
RESERVED = 0.5
"""The part of the rate limit that listings leave to other calls: launches must not wait."""
MOST_JOBS = 1000
"""Maximum number of jobs read of a run. A matrix has at most 256 jobs.

Source: GitHub Docs, "Running variations of jobs in a workflow"."""
_KEPT = 500
"""Maximum number of responses kept for conditional requests."""
_NOT_MODIFIED = 304


class _Job(Struct, frozen=True):
    status: Word
    id: Id = 0
    run_id: OptionalId = 0
    run_attempt: OptionalId = 1
    name: Name = ""
    workflow_name: Name | None = None
    labels: Labels = ()
    html_url: Link | None = None
    head_sha: Name | None = None
    conclusion: Word | None = None
    runner_id: OptionalId | None = None
    runner_name: Name | None = None
    created_at: Time | None = None
    started_at: Time | None = None
    completed_at: Time | None = None


class _Page(Struct, frozen=True):
    def is_last(self) -> bool:
        (items,) = msgspec.structs.astuple(self)
        return len(items) < PAGE


class _Jobs(_Page, frozen=True):
    jobs: tuple[Raw, ...]


class _Repository(Struct, frozen=True):
    private: bool = False
    fork: bool = False


class _Run(Struct, frozen=True):
    id: Id
    repository: _Repository = _Repository()
    status: Word | None = None
    conclusion: Word | None = None
    run_attempt: OptionalId = 1


class _Runs(_Page, frozen=True):
    workflow_runs: tuple[_Run, ...]


class GitHubJobs:
    """`Jobs` at GitHub.

    Args:
        on_unreadable: Called for each job that a listing leaves out.
    """

    def __init__(
        self,
        client: GitHubClient,
        on_unreadable: Callable[[Unreadable], None] = refuse,
    ) -> None:
        self._client = client
        self._on_unreadable = on_unreadable
        self._kept: OrderedDict[tuple[str, ...], tuple[str, Any]] = OrderedDict()

    def job(self, repository: str, job_id: int) -> JobView:
        """See `Jobs.job`."""
        path = f"{path_of(repository)}/actions/jobs/{job_id}"
        answer = self._client.call("GET", repository, path)
        self._client.check(answer)
        return _view(decode(answer, _Job))

    def cancel_run(self, repository: str, run_id: int) -> None:
        """See `Jobs.cancel_run`."""
        path = f"{path_of(repository)}/actions/runs/{run_id}/cancel"
        self._client.check(self._client.call("POST", repository, path))

    def run(self, repository: str, run_id: int) -> RunView:
        """See `Jobs.run`."""
        path = f"{path_of(repository)}/actions/runs/{run_id}"
        answer = self._client.call("GET", repository, path)
        self._client.check(answer)
        return _run(decode(answer, _Run))

    def rerun_job(self, repository: str, job_id: int) -> None:
        """See `Jobs.rerun_job`."""
        path = f"{path_of(repository)}/actions/jobs/{job_id}/rerun"
        self._client.check(self._client.call("POST", repository, path))

    def rerun_failed_jobs(self, repository: str, run_id: int) -> None:
        """See `Jobs.rerun_failed_jobs`."""
        path = f"{path_of(repository)}/actions/runs/{run_id}/rerun-failed-jobs"
        self._client.check(self._client.call("POST", repository, path))

    def active_runs(self, repository: str, limit: int) -> list[RunView]:
        """See `Jobs.active_runs`."""
        found: dict[int, RunView] = {}
        path = f"{path_of(repository)}/actions/runs"
        for status in ACTIVE:
            for page in self._pages(repository, path, {"status": status}, limit, _Runs):
                found |= {one.id: _run(one) for one in page.workflow_runs}
        return sorted(found.values(), key=lambda one: one.id, reverse=True)[:limit]

    def of_run(self, repository: str, run_id: int) -> list[JobView]:
        """See `Jobs.of_run`."""
        path = f"{path_of(repository)}/actions/runs/{run_id}/jobs"
        pages = self._pages(repository, path, {"filter": "latest"}, MOST_JOBS, _Jobs)
        return [view for page in pages for view in self._views(page, f"{repository} run {run_id}")]

    def _views(self, page: _Jobs, run: str) -> Iterator[JobView]:
        for raw in page.jobs:
            try:
                yield _view(msgspec.json.decode(raw, type=_Job))
            except msgspec.DecodeError as error:
                self._on_unreadable(Unreadable(f"a job of {run}", str(error)))

    def _pages(
        self, repository: str, path: str, query: dict[str, str], limit: int, kind: type[T]
    ) -> Iterator[T]:
        """Yield the pages of a listing until one is not full, or `limit` items were read."""
        for number in range(1, -(-limit // PAGE) + 1):
            fields = {**query, "per_page": str(PAGE), "page": str(number)}
            page = self._get(repository, path, fields, kind)
            yield page
            if page.is_last():
                return

    def _get(self, repository: str, path: str, fields: dict[str, str], kind: type[T]) -> T:
        """Return the decoded response, from memory if GitHub answers that nothing has changed."""
        self._check_reserve(repository)
        key = (path, *fields.values())
        etag, kept = self._kept.get(key, ("", None))
        headers = {"If-None-Match": etag} if etag else None
        answer = self._client.call("GET", repository, path, fields=fields, headers=headers)
        if answer.status == _NOT_MODIFIED and kept is not None:
            self._kept.move_to_end(key)
            found: T = kept
            return found
        self._client.check(answer)
        decoded = decode(answer, kind)
        if etag := answer.headers.get("etag", ""):
            self._kept[key] = (etag, decoded)
            self._kept.move_to_end(key)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return decoded

    def _check_reserve(self, repository: str) -> None:
        if (wait := self._client.until_reset(repository, RESERVED)) is not None:
            part = f"{RESERVED:.0%} of GitHub's rate limit"
            raise RateLimited(f"{part} is reserved for launches until it is reset", wait)


def _view(job: _Job) -> JobView:
    return JobView(
        status=job.status,
        id=job.id,
        run_id=job.run_id,
        run_attempt=job.run_attempt,
        name=job.name,
        workflow=job.workflow_name or "",
        labels=job.labels,
        url=job.html_url or "",
        head_sha=commit(job.head_sha),
        conclusion=job.conclusion or "",
        runner_name=job.runner_name or "",
        github_runner_id=job.runner_id or None,
        created_at=job.created_at,
        started_at=job.started_at,
        completed_at=job.completed_at,
    )


def _run(run: _Run) -> RunView:
    return RunView(
        id=run.id,
        private=run.repository.private,
        fork=run.repository.fork,
        status=run.status or "",
        conclusion=run.conclusion or "",
        run_attempt=run.run_attempt,
    )
