"""Calls to GitHub's REST API: headers, retries, rate limits, and the errors of failed calls.

Source of the limits: GitHub Docs, "Rate limits for the REST API". No message contains a token.
"""

import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC, timedelta
from typing import Any, Protocol, TypeVar

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
from shared.adapters.github_resources import HeldResources
from shared.ports import Clock, NotNow, RateLimited, Refused, Unavailable

T = TypeVar("T")

API_VERSION = "2022-11-28"
TRIES = 3
"""Maximum number of attempts of an idempotent call before `Unavailable` is raised."""

DEFAULT_WAIT_SECONDS = 60.0
"""Seconds to wait at a secondary limit without a `retry-after` header. Source: GitHub Docs, "Rate
limits for the REST API", "Exceeding the rate limit"."""

_IDEMPOTENT = ("GET", "DELETE")
_LIMITED = (403, 429)
_SERVER_ERROR = 500
_UNAUTHORIZED = 401


class _Message(Struct, frozen=True):
    message: str = ""


class Http(Protocol):
    """The interface of urllib3's connection pool that is used here."""

    def request(
        self, method: str, url: str, *, fields: Any, json: Any, headers: Mapping[str, str]
    ) -> urllib3.BaseHTTPResponse:
        """Send a request and return the response, whose body has been read.

        Raises:
            HTTPError: there is no response.
        """
        ...

    def clear(self) -> None:
        """Close the connections."""
        ...


def connections() -> Http:
    """Return a new connection pool.

    It trusts the system's root certificates (or SSL_CERT_FILE), since the certificate of GitHub or
    of an Enterprise Server may be from any authority. The long list is read once here; urllib3
    would read it for each connection.
    """
    pool: Http = urllib3.PoolManager(
        retries=False,
        timeout=Timeout(connect=3, read=10),
        ssl_context=ssl.create_default_context(),
    )
    return pool


class GitHubApi:
    """Calls GitHub's REST API with the caller's token.

    Args:
        url: `https://api.github.com`, `https://api.SUBDOMAIN.ghe.com` with data residency, or
            `https://HOST/api/v3` of an Enterprise Server.
        connect: Creates the connection pool, on the first call.
        sleep: Waits that many seconds before a retry.
    """

    def __init__(
        self,
        url: str,
        *,
        connect: Callable[[], Http] = connections,
        clock: Clock = SYSTEM,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url.rstrip("/")
        self._connect = connect
        self._clock = clock
        self._sleep = sleep
        self._pool: Http | None = None
        self._limits = HeldResources()

    def call(
        self,
        method: str,
        path: str,
        token: str | None,
        *,
        fields: Mapping[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> urllib3.BaseHTTPResponse:
        """Return the response with any status. Idempotent calls are retried if there is none.

        Without a token the call is not authenticated.

        Raises:
            RateLimited: an earlier response's rate limit still holds; no call was made.
            Refused: the request is not valid; it was not sent.
            Unavailable: there was no response.
        """
        self._check_limit(method, path)
        tries = Retrying(
            stop=stop_after_attempt(TRIES if method in _IDEMPOTENT else 1),
            wait=wait_random_exponential(multiplier=0.1, max=1),
            retry=retry_if_exception_type(_ConnectionError),
            sleep=self._sleep,
            reraise=True,
        )
        sent = {
            "Accept": "application/vnd.github+json",
            "User-Agent": "ecs-runner-fleet",
            "X-GitHub-Api-Version": API_VERSION,
            **({"Authorization": f"Bearer {token}"} if token is not None else {}),
            **(headers or {}),
        }
        answer: urllib3.BaseHTTPResponse = tries(self._once, method, path, sent, fields, body)
        self._limits.learn(method, path, answer.headers)
        return answer

    def check(self, answer: urllib3.BaseHTTPResponse) -> None:
        """Raise the error for the response of a failed call.

        Raises:
            Refused: a retry would fail, too.
            NotNow: GitHub rejects the fleet's credentials. An operator has to correct them; the job
                is not the cause.
            RateLimited: a retry may succeed after a delay. Until then no call that the limit
                concerns is made.
            Unavailable: a retry may succeed.
        """
        if answer.status < 400:  # noqa: PLR2004 - HTTP
            return
        message = explain(answer)
        if answer.status == _UNAUTHORIZED:
            raise NotNow(message)
        wait = self._retry_after(answer.headers)
        if answer.status in _LIMITED and wait is None and "rate limit" in message.lower():
            wait = DEFAULT_WAIT_SECONDS
        if answer.status in _LIMITED and wait is not None:
            self._limits.hold(answer.headers, self._clock.now() + timedelta(seconds=wait))
            raise RateLimited(message, wait)
        if answer.status >= _SERVER_ERROR:
            raise Unavailable(message, wait)
        raise Refused(message)

    def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            self._pool.clear()

    def _check_limit(self, method: str, path: str) -> None:
        """Raise `RateLimited` instead of a call that GitHub would reject.

        Source: GitHub Docs, "Best practices for using the REST API", "Handle rate limit errors
        appropriately".
        """
        held = self._limits.until(method, path)
        left = (held - self._clock.now()).total_seconds() if held else 0.0
        if held and left > 0:
            until = f"{held.astimezone(UTC):%H:%M:%S} UTC"
            raise RateLimited(f"GitHub: its rate limit is reached until {until}", left)

    def _once(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        fields: Mapping[str, str] | None,
        body: object,
    ) -> urllib3.BaseHTTPResponse:
        self._pool = self._pool or self._connect()
        url = f"{self._url}{path}"
        try:
            return self._pool.request(method, url, fields=fields, json=body, headers=headers)
        except HTTPError as error:  # its text and traceback may quote a header
            raise _ConnectionError(f"GitHub: no answer ({type(error).__name__})") from None
        except ValueError as error:
            reason = f"GitHub: the request could not be made ({type(error).__name__})"
            raise Refused(reason) from None

    def _retry_after(self, headers: Mapping[str, str]) -> float | None:
        """Return the seconds of `retry-after`, or until an exhausted limit resets, or None."""
        if seconds := headers.get("retry-after"):
            return float(seconds)
        exhausted = headers.get("x-ratelimit-remaining") == "0"
        if exhausted and (reset := headers.get("x-ratelimit-reset")):
            return max(1.0, float(reset) - self._clock.now().timestamp())
        return None


class _ConnectionError(Unavailable):
    """There was no response."""


def explain(answer: urllib3.BaseHTTPResponse) -> str:
    """Return the status and the message of an error response."""
    try:
        message = msgspec.json.decode(answer.data, type=_Message).message
    except msgspec.DecodeError:
        message = ""
    return f"GitHub: {answer.status} {message}".strip()


def decode(answer: urllib3.BaseHTTPResponse, kind: type[T]) -> T:
    """Return the decoded body of the response.

    Raises:
        Unavailable: the body is not of that type.
    """
    try:
        return msgspec.json.decode(answer.data, type=kind)
    except msgspec.DecodeError as error:
        raise Unavailable(f"GitHub: an answer of another shape ({error})") from error
