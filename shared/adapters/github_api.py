"""One call to GitHub: headers, limits, and what an answer means that is no success.

Source of the limits: GitHub Docs, "Rate limits for the REST API". No token is ever in a message.
"""

import ssl
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
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
from shared.ports import Clock, NotNow, RateLimited, Refused, Unavailable

T = TypeVar("T")

API_VERSION = "2022-11-28"
TRIES = 3
"""How often a call that changes nothing twice is tried before it is `Unavailable`."""

UNTOLD_LIMIT_SECONDS = 60.0
"""How long to wait at a secondary limit that does not say it. Source: GitHub Docs, "Rate limits for
the REST API", "Exceeding the rate limit"."""

_REPEATABLE = ("GET", "DELETE")
_LIMITED = (403, 429)
_SERVER_ERROR = 500
_UNAUTHORIZED = 401


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
    """A pool of its own.

    It trusts the system's roots (or SSL_CERT_FILE), for GitHub and an Enterprise Server may have
    any authority; that long list is read once here, while urllib3 would for each connection.
    """
    pool: Http = urllib3.PoolManager(
        retries=False,
        timeout=Timeout(connect=3, read=10),
        ssl_context=ssl.create_default_context(),
    )
    return pool


class GitHubApi:
    """Calls of GitHub's REST API, for whoever has a token.

    Args:
        url: `https://api.github.com`, or `https://HOST/api/v3` of an Enterprise Server.
        connect: Makes the pool of connections, when it is first needed.
        sleep: Waits that many seconds before a call is tried again.
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
        self._limited_until: datetime | None = None

    def call(
        self,
        method: str,
        path: str,
        token: str,
        *,
        fields: Mapping[str, str] | None = None,
        body: object = None,
    ) -> urllib3.BaseHTTPResponse:
        """The answer, whatever its status; what changes nothing twice is tried again at once.

        Raises:
            RateLimited: GitHub has asked to wait until later; it was not called.
            Unavailable: the connection breaks.
        """
        self._check_limit()
        tries = Retrying(
            stop=stop_after_attempt(TRIES if method in _REPEATABLE else 1),
            wait=wait_random_exponential(multiplier=0.1, max=1),
            retry=retry_if_exception_type(_ConnectionError),
            sleep=self._sleep,
            reraise=True,
        )
        return tries(self._once, method, path, token, fields, body)

    def check(self, answer: urllib3.BaseHTTPResponse) -> None:
        """Raise what an answer means that is no success.

        Raises:
            Refused: it never will be one.
            NotNow: GitHub does not take the fleet's credentials, which an operator can put right;
                that says nothing against the job.
            RateLimited: it will be one after a wait; until then no call is made.
            Unavailable: it may be later.
        """
        if answer.status < 400:  # noqa: PLR2004 - HTTP
            return
        told = explain(answer)
        if answer.status == _UNAUTHORIZED:
            raise NotNow(told)
        wait = self._retry_after(answer.headers)
        if answer.status in _LIMITED and wait is None and "rate limit" in told.lower():
            wait = UNTOLD_LIMIT_SECONDS
        if answer.status in _LIMITED and wait is not None:
            if _concerns_all_calls(answer.headers):
                self._limited_until = self._clock.now() + timedelta(seconds=wait)
            raise RateLimited(told, wait)
        if answer.status >= _SERVER_ERROR:
            raise Unavailable(told, wait)
        raise Refused(told)

    def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            self._pool.clear()

    def _check_limit(self) -> None:
        """Spare GitHub a call that it would refuse.

        Source: GitHub Docs, "Best practices for using the REST API", "Handle rate limit errors
        appropriately".
        """
        if self._limited_until is None:
            return
        left = (self._limited_until - self._clock.now()).total_seconds()
        if left > 0:
            until = f"{self._limited_until.astimezone(UTC):%H:%M:%S} UTC"
            raise RateLimited(f"GitHub: its rate limit is reached until {until}", left)

    def _once(
        self,
        method: str,
        path: str,
        token: str,
        fields: Mapping[str, str] | None,
        body: object,
    ) -> urllib3.BaseHTTPResponse:
        self._pool = self._pool or self._connect()
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "User-Agent": "ecs-runner-fleet",
            "X-GitHub-Api-Version": API_VERSION,
        }
        url = f"{self._url}{path}"
        try:
            return self._pool.request(method, url, fields=fields, json=body, headers=headers)
        except HTTPError as error:  # their texts may quote a header, and so may their tracebacks
            raise _ConnectionError(f"GitHub: no answer ({type(error).__name__})") from None
        except ValueError as error:
            reason = f"GitHub: the request could not be made ({type(error).__name__})"
            raise Refused(reason) from None

    def _retry_after(self, headers: Mapping[str, str]) -> float | None:
        """Seconds to wait, by `retry-after` or until an exhausted limit resets."""
        if asked := headers.get("retry-after"):
            return float(asked)
        exhausted = headers.get("x-ratelimit-remaining") == "0"
        if exhausted and (reset := headers.get("x-ratelimit-reset")):
            return max(1.0, float(reset) - self._clock.now().timestamp())
        return None


def _concerns_all_calls(headers: Mapping[str, str]) -> bool:
    """Whether it is a secondary limit, or that of the resource to which most calls belong."""
    exhausted = headers.get("x-ratelimit-remaining") == "0" and "retry-after" not in headers
    return not exhausted or headers.get("x-ratelimit-resource", "core") == "core"


class _ConnectionError(Unavailable):
    """No answer at all."""


def explain(answer: urllib3.BaseHTTPResponse) -> str:
    """Status and message of an answer that is no success."""
    try:
        message = msgspec.json.decode(answer.data, type=_Message).message
    except msgspec.DecodeError:
        message = ""
    return f"GitHub: {answer.status} {message}".strip()


def decode(answer: urllib3.BaseHTTPResponse, kind: type[T]) -> T:
    """What the answer says.

    Raises:
        Unavailable: it has another shape.
    """
    try:
        return msgspec.json.decode(answer.data, type=kind)
    except msgspec.DecodeError as error:
        raise Unavailable(f"GitHub: an answer of another shape ({error})") from error
