"""Runner registrations and jobs through GitHub's REST API.

Source of paths, fields and status codes: GitHub's OpenAPI description of its REST API, "Self-hosted
runners".
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated

import urllib3
from msgspec import Meta, Struct

from shared.adapters.github_api import GitHubApi, decode
from shared.adapters.github_tokens import Tokens
from shared.ports import Deletion, JitConfig, JobView, NameTaken, Refused, Registered

PAGE = 100

_CONFLICT, _BUSY, _MISSING, _UNAUTHORIZED = 409, 422, 404, 401
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/(?!\.{1,2}$)[A-Za-z0-9._-]+")


class _Runner(Struct, frozen=True):
    id: int
    name: str = ""
    status: str = ""
    busy: bool = False


class _Minted(Struct, frozen=True):
    runner: _Runner
    encoded_jit_config: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9+/=_-]+\Z")]

    def __repr__(self) -> str:
        return f"_Minted(runner={self.runner}, encoded_jit_config=…)"


class _Runners(Struct, frozen=True):
    runners: tuple[_Runner, ...]


class _Job(Struct, frozen=True):
    status: str
    conclusion: str | None = None
    runner_id: int | None = None
    runner_name: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None


class GitHubRegistrations:
    """`Registrations` at each repository, or at the organization if `organization` is set.

    Args:
        on_rate_limit: Called after each response with the rate limit's resource, such as `core`,
            and the number of remaining requests.
    """

    def __init__(
        self,
        *,
        api: GitHubApi,
        tokens: Tokens,
        organization: str | None = None,
        runner_group_id: int = 1,
        on_rate_limit: Callable[[str, int], None] = lambda _resource, _remaining: None,
    ) -> None:
        self._api = api
        self._tokens = tokens
        self._organization = organization
        self._runner_group_id = runner_group_id
        self._on_rate_limit = on_rate_limit

    def mint(self, repository: str, runner_id: str, labels: Sequence[str]) -> JitConfig:
        """See `Registrations.mint`."""
        request = {
            "name": runner_id,
            "runner_group_id": self._runner_group_id,
            "labels": list(labels),
        }
        answer = self._call("POST", repository, "/generate-jitconfig", body=request)
        if answer.status == _CONFLICT:
            raise NameTaken(f"GitHub has a runner named {runner_id} already")
        self._api.check(answer)
        minted = decode(answer, _Minted)
        return JitConfig(github_runner_id=minted.runner.id, encoded=minted.encoded_jit_config)

    def delete(self, repository: str, github_runner_id: int) -> Deletion:
        """See `Registrations.delete`."""
        answer = self._call("DELETE", repository, f"/{github_runner_id}")
        known = {_MISSING: Deletion.ABSENT, _BUSY: Deletion.BUSY}.get(answer.status)
        if known is not None:
            return known
        self._api.check(answer)
        return Deletion.DELETED

    def find(self, repository: str, runner_id: str) -> Registered | None:
        """See `Registrations.find`."""
        fields = {"name": runner_id, "per_page": str(PAGE)}
        answer = self._call("GET", repository, fields=fields)
        self._api.check(answer)
        runners = decode(answer, _Runners).runners
        return next((_registered(one) for one in runners if one.name == runner_id), None)

    def job(self, repository: str, job_id: int) -> JobView:
        """See `Registrations.job`."""
        answer = self._call_at("GET", repository, f"{_of(repository)}/actions/jobs/{job_id}")
        self._api.check(answer)
        found = decode(answer, _Job)
        return JobView(
            status=found.status,
            conclusion=found.conclusion or "",
            runner_name=found.runner_name or "",
            github_runner_id=found.runner_id or None,
            started_at=found.started_at,
            completed_at=found.completed_at,
        )

    def registered(self, repository: str, limit: int) -> list[Registered]:
        """See `Registrations.registered`."""
        found: list[Registered] = []
        page = 0
        while len(found) < limit:
            page += 1
            fields = {"per_page": str(PAGE), "page": str(page)}
            answer = self._call("GET", repository, fields=fields)
            self._api.check(answer)
            runners = decode(answer, _Runners).runners
            found += map(_registered, runners)
            if len(runners) < PAGE:
                break
        return found[:limit]

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _runners(self, repository: str) -> str:
        if self._organization:
            return f"/orgs/{self._organization}/actions/runners"
        return f"{_of(repository)}/actions/runners"

    def _call(
        self,
        method: str,
        repository: str,
        path: str = "",
        *,
        fields: Mapping[str, str] | None = None,
        body: object = None,
    ) -> urllib3.BaseHTTPResponse:
        """Return the response for a path below the runners' path."""
        full_path = f"{self._runners(repository)}{path}"
        return self._call_at(method, repository, full_path, fields=fields, body=body)

    def _call_at(
        self,
        method: str,
        repository: str,
        full_path: str,
        *,
        fields: Mapping[str, str] | None = None,
        body: object = None,
    ) -> urllib3.BaseHTTPResponse:
        """Return the response. After HTTP 401 the call is repeated once with a new token."""

        def send() -> urllib3.BaseHTTPResponse:
            token = self._tokens.token(repository)
            return self._api.call(method, full_path, token, fields=fields, body=body)

        answer = send()
        if answer.status == _UNAUTHORIZED and self._tokens.forget(repository):
            answer = send()
        if answer.status != _UNAUTHORIZED:  # its headers have the limit of anonymous calls
            self._report_rate_limit(answer.headers)
        return answer

    def _report_rate_limit(self, headers: Mapping[str, str]) -> None:
        """Call `on_rate_limit` with the values in the headers.

        Source: GitHub Docs, "Rate limits for the REST API".
        """
        remaining = headers.get("x-ratelimit-remaining", "")
        if remaining.isdecimal():
            self._on_rate_limit(headers.get("x-ratelimit-resource", "core"), int(remaining))


def _of(repository: str) -> str:
    if not _REPOSITORY.fullmatch(repository):
        raise Refused(f"{repository!r} is not a repository; allowed: owner/name")
    return f"/repos/{repository}"


def _registered(runner: _Runner) -> Registered:
    return Registered(
        github_runner_id=runner.id,
        runner_id=runner.name,
        online=runner.status == "online",
        busy=runner.busy,
    )
