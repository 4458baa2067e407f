"""Calls GitHub's REST API with the fleet's credentials: the tokens, the rate limit, the paths.

`github_api` sends the requests. No message contains a token.
"""

import re
from collections.abc import Callable, Mapping

import urllib3
from msgspec import Struct

from shared.adapters.clock import SYSTEM
from shared.adapters.github_api import GitHubApi
from shared.adapters.github_resources import CORE
from shared.adapters.github_tokens import Tokens
from shared.domain.runner_scope import Level, RunnerScope
from shared.ports import Clock, Refused

PAGE = 100
"""The largest page of a listing. Source: GitHub's OpenAPI description, parameter `per_page`."""

_UNAUTHORIZED = 401
_ROOTS = {Level.ORGANIZATION: "orgs", Level.ENTERPRISE: "enterprises"}
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/(?!\.{1,2}$)[A-Za-z0-9._-]+")


class _Limit(Struct, frozen=True):
    """A rate limit in requests. `reset` is in seconds since 1970."""

    remaining: int
    limit: int
    reset: int


class GitHubClient:
    """What all ports to GitHub share.

    Args:
        on_rate_limit: Called after each response with the rate limit's resource, such as `core`,
            and the number of remaining requests.
    """

    def __init__(
        self,
        *,
        api: GitHubApi,
        tokens: Tokens,
        on_rate_limit: Callable[[str, int], None] = lambda _resource, _remaining: None,
        clock: Clock = SYSTEM,
    ) -> None:
        self._api = api
        self._tokens = tokens
        self._on_rate_limit = on_rate_limit
        self._clock = clock
        self._limits: dict[str, _Limit] = {}

    def call(
        self,
        method: str,
        repository: str,
        path: str,
        *,
        fields: Mapping[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> urllib3.BaseHTTPResponse:
        """Return the response with any status, with the credentials for the repository.

        After HTTP 401 the call is repeated once with a new token.

        Raises:
            See `GitHubApi.call`.
        """

        def send() -> urllib3.BaseHTTPResponse:
            token = self._tokens.token(repository)
            return self._api.call(method, path, token, fields=fields, body=body, headers=headers)

        answer = send()
        if answer.status == _UNAUTHORIZED and self._tokens.forget(repository):
            answer = send()
        if answer.status != _UNAUTHORIZED:  # its headers have the limit of anonymous calls
            self._keep_rate_limit(repository, answer.headers)
        return answer

    def until_reset(self, repository: str, reserved: float) -> float | None:
        """Return the seconds until the limit of `core` is reset, or None if enough of it is left.

        Args:
            reserved: The part of the limit, from 0 to 1, of which more must be left.
        """
        limit = self._limits.get(_owner(repository))
        if limit is None or limit.remaining > reserved * limit.limit:
            return None
        wait = limit.reset - self._clock.now().timestamp()
        return wait if wait > 0 else None

    def check(self, answer: urllib3.BaseHTTPResponse) -> None:
        """Raise the error for the response of a failed call. See `GitHubApi.check`."""
        self._api.check(answer)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _keep_rate_limit(self, repository: str, headers: Mapping[str, str]) -> None:
        """Keep the limit of `core`, and call `on_rate_limit` with the values in the headers.

        A limit is of a user, or of an App's installation on an account. Source: GitHub Docs, "Rate
        limits for the REST API".
        """
        remaining = headers.get("x-ratelimit-remaining", "")
        if not remaining.isdecimal():
            return
        resource = headers.get("x-ratelimit-resource", CORE)
        self._on_rate_limit(resource, int(remaining))
        limit, reset = (headers.get(f"x-ratelimit-{name}", "") for name in ("limit", "reset"))
        if resource == CORE and limit.isdecimal() and reset.isdecimal():
            self._limits[_owner(repository)] = _Limit(int(remaining), int(limit), int(reset))


def path_of(repository: str) -> str:
    """Return the path of a repository.

    Raises:
        Refused: the text is not `owner/name`.
    """
    if not _REPOSITORY.fullmatch(repository):
        raise Refused(f"{repository!r} is not a repository; allowed: owner/name")
    return f"/repos/{repository}"


def scope_path(scope: RunnerScope) -> str:
    """Return the path of a scope of runners.

    Raises:
        Refused: it is at a repository, whose name is not `owner/name`.
    """
    if scope.level is Level.REPOSITORY:
        return path_of(scope.name)
    return f"/{_ROOTS[scope.level]}/{scope.name}"


def _owner(repository: str) -> str:
    return repository.partition("/")[0].lower()
