"""Runner registrations through GitHub's REST API.

Source of paths, fields and status codes: GitHub's OpenAPI description of its REST API, "Self-hosted
runners".
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

import urllib3
from msgspec import Meta, Struct

from shared.adapters.github_api import decode
from shared.adapters.github_client import PAGE, GitHubClient, path_of
from shared.ports import Deletion, JitConfig, NameTaken, Registered

_CONFLICT, _BUSY, _MISSING = 409, 422, 404


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


class GitHubRegistrations:
    """`Registrations` at each repository, or at the organization if `organization` is set."""

    def __init__(
        self,
        client: GitHubClient,
        *,
        organization: str | None = None,
        runner_group_id: int = 1,
    ) -> None:
        self._client = client
        self._organization = organization
        self._runner_group_id = runner_group_id

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
        self._client.check(answer)
        minted = decode(answer, _Minted)
        return JitConfig(github_runner_id=minted.runner.id, encoded=minted.encoded_jit_config)

    def delete(self, repository: str, github_runner_id: int) -> Deletion:
        """See `Registrations.delete`."""
        answer = self._call("DELETE", repository, f"/{github_runner_id}")
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

    def registered(self, repository: str, limit: int) -> list[Registered]:
        """See `Registrations.registered`."""
        found: list[Registered] = []
        page = 0
        while len(found) < limit:
            page += 1
            fields = {"per_page": str(PAGE), "page": str(page)}
            answer = self._call("GET", repository, fields=fields)
            self._client.check(answer)
            runners = decode(answer, _Runners).runners
            found += map(_registered, runners)
            if len(runners) < PAGE:
                break
        return found[:limit]

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

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
        at = f"/orgs/{self._organization}" if self._organization else path_of(repository)
        path = f"{at}/actions/runners{path}"
        return self._client.call(method, repository, path, fields=fields, body=body)


def _registered(runner: _Runner) -> Registered:
    return Registered(
        github_runner_id=runner.id,
        runner_id=runner.name,
        online=runner.status == "online",
        busy=runner.busy,
    )
