"""Reads GitHub's REST API with the fleet's own credentials. Every call of it is a GET.

An App's installation token is created for that, as the fleet does.
"""

from collections.abc import Mapping

import urllib3
from urllib3.util import Timeout

from cli.doctor.settings import DeployedSettings
from shared.adapters.github_api import Http
from shared.adapters.github_client import path_of, scope_path
from shared.ports import Parameters
from shared.wiring.backends import Backends
from shared.wiring.github import github_client

_LOW = 0.1
"""The part of the rate limit, from 0 to 1, below which it is low."""


def _connections() -> Http:
    """Return a pool with short timeouts, in seconds: the doctor does not wait as the fleet does."""
    pool: Http = urllib3.PoolManager(retries=False, timeout=Timeout(connect=2, read=5), maxsize=4)
    return pool


class GitHubReader:
    """GitHub as the fleet sees it: as its token, or as the App and its installations."""

    def __init__(self, settings: DeployedSettings, parameters: Parameters) -> None:
        backends = Backends(connect=_connections)
        clients = (
            github_client(settings, parameters, backends, _ignore, as_app=as_app)
            for as_app in (False, True)
        )
        self._client, self._app = clients
        self._scopes = settings.runner_scopes

    def path(self, place: str) -> str:
        """Return the path of an organization or of a repository."""
        return path_of(place) if "/" in place else f"/orgs/{place}"

    def runners(self, place: str) -> str:
        """Return the path of the runners of a scope, which its name or a repository stands for."""
        return f"{scope_path(self._scopes.of(place))}/actions/runners"

    def get(
        self,
        place: str,
        path: str,
        fields: Mapping[str, str] | None = None,
        *,
        as_app: bool = False,
    ) -> urllib3.BaseHTTPResponse:
        """Return the response to a GET with any status.

        Raises:
            NotNow: the credentials are missing, or GitHub rejects them.
            Refused: the App is not installed there.
            RateLimited, Unavailable.
        """
        client = self._app if as_app else self._client
        return client.call("GET", place, path, fields=fields)

    def check(self, answer: urllib3.BaseHTTPResponse) -> None:
        """Raise the error of a failed call. See `GitHubApi.check`."""
        self._client.check(answer)


def remaining(answer: urllib3.BaseHTTPResponse) -> tuple[int, int] | None:
    """Return how many requests of which limit are left, if they are few.

    Source: GitHub Docs, "Rate limits for the REST API", "Checking the status of your rate limit".
    """
    left, limit = (answer.headers.get(f"x-ratelimit-{one}", "") for one in ("remaining", "limit"))
    if not left.isdecimal() or not limit.isdecimal() or int(left) >= _LOW * int(limit):
        return None
    return int(left), int(limit)


def _ignore(_resource: str, _remaining: int) -> None:
    """Ignore the rate limit: the check of the credentials reads it."""
