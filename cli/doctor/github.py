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
    """GitHub as the fleet sees it: with each of its credentials, and as the App itself."""

    def __init__(self, settings: DeployedSettings, parameters: Parameters) -> None:
        backends = Backends(connect=_connections)
        self._clients = {
            one.name: github_client(settings, one, parameters, backends, _ignore)
            for one in settings.credentials()
        }
        first = settings.credentials()[0]
        self._client = self._clients[first.name]
        self._app = github_client(settings, first, parameters, backends, _ignore, as_app=True)
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
        credential: str = "",
    ) -> urllib3.BaseHTTPResponse:
        """Return the response to a GET with any status.

        Args:
            as_app: Whether to authenticate as the App, of which the first credential is the key.
            credential: The name of the credential, by default the first one.

        Raises:
            NotNow: the credentials are missing, or GitHub rejects them.
            Refused: the App is not installed there.
            RateLimited, Unavailable.
        """
        client = self._app if as_app else self._clients.get(credential, self._client)
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
