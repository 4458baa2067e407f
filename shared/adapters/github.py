"""Runner registrations through GitHub's REST API: one client, all calls behind one port.

Source of paths, fields and status codes: GitHub's OpenAPI description of its REST API, "Self-hosted
runners"; of the limits: GitHub Docs, "Rate limits for the REST API". No token is ever logged.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
import urllib3
from msgspec import Struct
from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from shared.adapters.clock import SYSTEM
from shared.ports import Clock, Deletion, JitConfig, NameTaken, Refused, Registered, Unavailable

API_VERSION = "2022-11-28"
PAGE = 100
TRIES = 3
"""How often a call that changes nothing twice is tried before it is `Unavailable`."""

UNTOLD_LIMIT_SECONDS = 60.0
"""How long to wait at a secondary limit that does not say it. Source: GitHub Docs, "Rate limits for
the REST API", "Exceeding the rate limit"."""

_CONFLICT, _BUSY, _MISSING = 409, 422, 404
_LIMITED = (403, 429)
_SERVER_ERROR = 500
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/(?!\.{1,2}$)[A-Za-z0-9._-]+")


class _Runner(Struct, frozen=True):
    id: int
    name: str = ""
    status: str = ""
    busy: bool = False


class _Minted(Struct, frozen=True):
    runner: _Runner
    encoded_jit_config: str


class _Runners(Struct, frozen=True):
    runners: tuple[_Runner, ...]


class _Message(Struct, frozen=True):
    message: str = ""


class Http(Protocol):
    """What is needed of urllib3's pool of connections."""

    def request(
        self, method: str, url: str, *, fields: Any, json: Any, headers: Mapping[str, str]
    ) -> urllib3.BaseHTTPResponse:
        """Send a request; the answer, read to its end.

        Raises:
            HTTPError: there is none.
        """
        ...

    def clear(self) -> None:
        """Close the connections."""
        ...


def connections() -> Http:
    """A pool of its own."""
    pool: Http = urllib3.PoolManager(retries=False, timeout=Timeout(connect=3, read=10))
    return pool


class GitHubRegistrations:
    """`Registrations` of a repository's runners, or of an organization's if one is named.

    Args:
        api_url: `https://api.github.com`, or `https://HOST/api/v3` of an Enterprise Server.
        token: Asked for before each call; caching is its own business.
        on_rate_limit: Told the requests that remain and the limit after each answer.
        connect: Makes the pool of connections, when it is first needed.
        sleep: Waits that many seconds before a call is tried again.
    """

    def __init__(
        self,
        *,
        api_url: str,
        token: Callable[[], str],
        organization: str | None = None,
        runner_group_id: int = 1,
        on_rate_limit: Callable[[int, int], None] = lambda _remaining, _limit: None,
        connect: Callable[[], Http] = connections,
        clock: Clock = SYSTEM,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._api_url = api_url.rstrip("/")
        self._token = token
        self._organization = organization
        self._runner_group_id = runner_group_id
        self._on_rate_limit = on_rate_limit
        self._connect = connect
        self._clock = clock
        self._sleep = sleep
        self._pool: Http | None = None

    def mint(self, repository: str, runner_id: str, labels: Sequence[str]) -> JitConfig:
        """See `Registrations.mint`."""
        asked = {
            "name": runner_id,
            "runner_group_id": self._runner_group_id,
            "labels": list(labels),
        }
        path = f"{self._runners(repository)}/generate-jitconfig"
        answer = self._call("POST", path, body=asked)
        if answer.status == _CONFLICT:
            raise NameTaken(f"GitHub has a runner named {runner_id} already")
        self._check(answer)
        minted = _decode(answer, _Minted)
        return JitConfig(github_runner_id=minted.runner.id, encoded=minted.encoded_jit_config)

    def delete(self, repository: str, github_runner_id: int) -> Deletion:
        """See `Registrations.delete`."""
        answer = self._repeat("DELETE", f"{self._runners(repository)}/{github_runner_id}")
        known = {_MISSING: Deletion.ABSENT, _BUSY: Deletion.BUSY}.get(answer.status)
        if known is not None:
            return known
        self._check(answer)
        return Deletion.DELETED

    def find(self, repository: str, runner_id: str) -> int | None:
        """See `Registrations.find`."""
        fields = {"name": runner_id, "per_page": str(PAGE)}
        answer = self._repeat("GET", self._runners(repository), fields)
        self._check(answer)
        runners = _decode(answer, _Runners).runners
        return next((one.id for one in runners if one.name == runner_id), None)

    def registered(self, repository: str, limit: int) -> list[Registered]:
        """See `Registrations.registered`."""
        found: list[Registered] = []
        page = 0
        while len(found) < limit:
            page += 1
            fields = {"per_page": str(PAGE), "page": str(page)}
            answer = self._repeat("GET", self._runners(repository), fields)
            self._check(answer)
            runners = _decode(answer, _Runners).runners
            found += map(_registered, runners)
            if len(runners) < PAGE:
                break
        return found[:limit]

    def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            self._pool.clear()

    def _runners(self, repository: str) -> str:
        if self._organization:
            return f"/orgs/{self._organization}/actions/runners"
        if not _REPOSITORY.fullmatch(repository):
            raise Refused(f"{repository!r} is not a repository; allowed: owner/name")
        return f"/repos/{repository}/actions/runners"

    def _repeat(
        self, method: str, path: str, fields: Mapping[str, str] | None = None
    ) -> urllib3.BaseHTTPResponse:
        """A call that changes nothing twice: try again at once when the connection breaks."""
        tries = Retrying(
            stop=stop_after_attempt(TRIES),
            wait=wait_random_exponential(multiplier=0.1, max=1),
            retry=retry_if_exception_type(_ConnectionError),
            sleep=self._sleep,
            reraise=True,
        )
        return tries(self._call, method, path, fields)

    def _call(
        self,
        method: str,
        path: str,
        fields: Mapping[str, str] | None = None,
        body: object = None,
    ) -> urllib3.BaseHTTPResponse:
        self._pool = self._pool or self._connect()
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self._token()}",
            "User-Agent": "ecs-runner-fleet",
            "X-GitHub-Api-Version": API_VERSION,
        }
        url = f"{self._api_url}{path}"
        try:
            answer = self._pool.request(method, url, fields=fields, json=body, headers=headers)
        except HTTPError as error:
            raise _ConnectionError(f"GitHub: no answer ({type(error).__name__})") from error
        self._measure(answer.headers)
        return answer

    def _check(self, answer: urllib3.BaseHTTPResponse) -> None:
        """Raise what an answer means that is no success."""
        if answer.status < 400:  # noqa: PLR2004 - HTTP
            return
        told = f"GitHub: {answer.status} {_message(answer)}".strip()
        wait = self._retry_after(answer.headers)
        if answer.status in _LIMITED and wait is None and "rate limit" in told.lower():
            wait = UNTOLD_LIMIT_SECONDS
        if answer.status >= _SERVER_ERROR or (answer.status in _LIMITED and wait is not None):
            raise Unavailable(told, wait)
        raise Refused(told)

    def _retry_after(self, headers: Mapping[str, str]) -> float | None:
        """Seconds to wait, by `retry-after` or until an exhausted limit resets."""
        if asked := headers.get("retry-after"):
            return float(asked)
        exhausted = headers.get("x-ratelimit-remaining") == "0"
        if exhausted and (reset := headers.get("x-ratelimit-reset")):
            return max(1.0, float(reset) - self._clock.now().timestamp())
        return None

    def _measure(self, headers: Mapping[str, str]) -> None:
        remaining, limit = headers.get("x-ratelimit-remaining"), headers.get("x-ratelimit-limit")
        if remaining and limit:
            self._on_rate_limit(int(remaining), int(limit))


def _registered(runner: _Runner) -> Registered:
    return Registered(
        github_runner_id=runner.id,
        runner_id=runner.name,
        online=runner.status == "online",
        busy=runner.busy,
    )


class _ConnectionError(Unavailable):
    """No answer at all."""


def _message(answer: urllib3.BaseHTTPResponse) -> str:
    try:
        return msgspec.json.decode(answer.data, type=_Message).message
    except msgspec.DecodeError:
        return ""


def _decode(answer: urllib3.BaseHTTPResponse, kind: Any) -> Any:
    try:
        return msgspec.json.decode(answer.data, type=kind)
    except msgspec.DecodeError as error:
        raise Unavailable(f"GitHub: an answer of another shape ({error})") from error
