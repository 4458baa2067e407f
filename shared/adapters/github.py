"""Runner registrations through GitHub's REST API.

Source of paths, fields and status codes: GitHub's OpenAPI description of its REST API, "Self-hosted
runners".
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

import urllib3
from msgspec import Meta, Struct

from shared.adapters.github_api import decode
from shared.adapters.github_client import PAGE, GitHubClient, scope_path
from shared.adapters.github_groups import RunnerGroups
from shared.domain.runner_scope import AT_REPOSITORIES, GroupRule, RunnerScopes
from shared.ports import Deletion, JitConfig, NameTaken, Registered

_CONFLICT, _BUSY, _MISSING, _INVALID = 409, 422, 404, 422
_REFUSED_GROUP = (_MISSING, _INVALID)
"""Statuses of a request that may have named a group that is gone."""


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


class _Version(Struct, frozen=True):
    runtime_deprecates_at: Annotated[datetime, Meta(tz=True)] | None = None


class _Runners(Struct, frozen=True):
    runners: tuple[_Runner, ...]


class GitHubRegistrations:
    """`Registrations` at the scope of each repository.

    Args:
        scopes: Where runners are registered.
        groups: The runner groups of repositories whose scope has groups.
    """

    def __init__(
        self,
        client: GitHubClient,
        *,
        scopes: RunnerScopes = AT_REPOSITORIES,
        groups: Sequence[GroupRule] = (),
    ) -> None:
        self._client = client
        self._scopes = scopes
        self._groups = RunnerGroups(client, scopes, groups)

    def mint(self, repository: str, runner_id: str, labels: Sequence[str]) -> JitConfig:
        """See `Registrations.mint`."""
        group = self._groups.id_of(repository)
        answer = self._generate(repository, runner_id, labels, group)
        if answer.status in _REFUSED_GROUP:
            renewed = self._groups.renewed(repository, group)
            if renewed is not None:
                answer = self._generate(repository, runner_id, labels, renewed)
        if answer.status == _CONFLICT:
            raise NameTaken(f"GitHub has a runner named {runner_id} already")
        self._client.check(answer)
        minted = decode(answer, _Minted)
        return JitConfig(github_runner_id=minted.runner.id, encoded=minted.encoded_jit_config)

    def delete(self, place: str, github_runner_id: int) -> Deletion:
        """See `Registrations.delete`."""
        answer = self._call("DELETE", place, f"/{github_runner_id}")
        known = {_MISSING: Deletion.ABSENT, _BUSY: Deletion.BUSY}.get(answer.status)
        if known is not None:
            return known
        self._client.check(answer)
        return Deletion.DELETED

    def find(self, repository: str, runner_id: str) -> Registered | None:
        """See `Registrations.find`."""
        fields = {"name": runner_id, "per_page": str(PAGE)}
        answer = self._call("GET", repository, fields=fields)
        self._client.check(answer)
        runners = decode(answer, _Runners).runners
        return next((_registered(one) for one in runners if one.name == runner_id), None)

    def registered(self, place: str, limit: int) -> list[Registered]:
        """See `Registrations.registered`."""
        found: list[Registered] = []
        page = 0
        while len(found) < limit:
            page += 1
            fields = {"per_page": str(PAGE), "page": str(page)}
            answer = self._call("GET", place, fields=fields)
            self._client.check(answer)
            runners = decode(answer, _Runners).runners
            found += map(_registered, runners)
            if len(runners) < PAGE:
                break
        return found[:limit]

    def version_ends_at(self, place: str, version: str) -> datetime | None:
        """See `Registrations.version_ends_at`."""
        answer = self._call("GET", place, f"/deprecations/{quote(version, safe='')}")
        self._client.check(answer)
        return decode(answer, _Version).runtime_deprecates_at

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _generate(
        self, repository: str, runner_id: str, labels: Sequence[str], group: int
    ) -> urllib3.BaseHTTPResponse:
        request = {"name": runner_id, "runner_group_id": group, "labels": list(labels)}
        return self._call("POST", repository, "/generate-jitconfig", body=request)

    def _call(
        self,
        method: str,
        place: str,
        path: str = "",
        *,
        fields: Mapping[str, str] | None = None,
        body: object = None,
    ) -> urllib3.BaseHTTPResponse:
        """Return the response for a path below the runners' path."""
        path = f"{scope_path(self._scopes.of(place))}/actions/runners{path}"
        return self._client.call(method, place, path, fields=fields, body=body)


def _registered(runner: _Runner) -> Registered:
    return Registered(
        github_runner_id=runner.id,
        runner_id=runner.name,
        online=runner.status == "online",
        busy=runner.busy,
    )
