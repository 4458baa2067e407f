"""A WSGI middleware that counts AWS API calls by caller and operation.

It does not change the calls.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.parse import parse_qs

from moto.core.request import Request
from moto.core.routing import get_service_router
from werkzeug.exceptions import HTTPException

from local.aws.requests import body_of

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]

_APPLICATION = re.compile(r"(?:^| )app/(\S+)")
"""botocore's application id: `AWS_SDK_UA_APP_ID`, or `user_agent_appid` of its `Config`."""
_SCOPE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/")


@dataclass(frozen=True, kw_only=True)
class Call:
    """One API call.

    Attributes:
        caller: The application id of the client; empty if it sent none.
        operation: Service and operation, such as `ecs.RunTask`.
        path: Path of the URL. For S3 it contains bucket and key.
        body: The request body if it is JSON, otherwise empty.
    """

    caller: str
    operation: str
    path: str
    body: bytes


class Calls:
    """Counts calls by operation, such as `ecs.RunTask`. Thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._listener: Callable[[Call], None] | None = None

    def count(self, call: Call) -> None:
        """Count one call."""
        with self._lock:
            self._counts[call.caller, call.operation] += 1
        if self._listener is not None:
            self._listener(call)

    def listen(self, listener: Callable[[Call], None]) -> None:
        """Set the listener that is called for each further call, on the thread of the call."""
        self._listener = listener

    def snapshot(self, caller: str | None = None) -> Counter[str]:
        """Return the number of calls by operation so far, of all callers or of one."""
        found: Counter[str] = Counter()
        with self._lock:
            for (who, operation), count in self._counts.items():
                if caller in (None, who):
                    found[operation] += count
        return found

    def callers(self) -> set[str]:
        """Return the application ids of all callers so far; empty for calls without one."""
        with self._lock:
            return {caller for caller, _ in self._counts}


class CountedApp:
    """A WSGI application that counts requests and passes them to another application."""

    def __init__(self, app: WsgiApp, calls: Calls) -> None:
        self._app = app
        self._calls = calls

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Count the request and pass it on."""
        self._calls.count(_call(environ))
        return self._app(environ, start_response)


def _call(environ: dict[str, Any]) -> Call:
    return Call(
        caller=_caller(environ),
        operation=_operation(environ),
        path=environ["PATH_INFO"],
        body=body_of(environ) if "json" in environ.get("CONTENT_TYPE", "") else b"",
    )


def _caller(environ: dict[str, Any]) -> str:
    found = _APPLICATION.search(environ.get("HTTP_USER_AGENT", ""))
    return found[1] if found else ""


def _operation(environ: dict[str, Any]) -> str:
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    service = scope[1] if scope else "unsigned"
    target = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    name = target or _action_in_form(environ) or _matched_by_path(service, environ)
    return f"{service}.{name or environ['REQUEST_METHOD']}"


def _action_in_form(environ: dict[str, Any]) -> str:
    """The action of the query protocol (EC2, IAM, STS)."""
    if not environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return ""
    actions: list[str] = parse_qs(body_of(environ).decode()).get("Action", [""])
    return actions[0]


def _matched_by_path(service: str, environ: dict[str, Any]) -> str:
    if service == "unsigned":
        return ""
    try:
        operation, _ = get_service_router(service).match(Request(environ))
    except (HTTPException, NotImplementedError, ValueError):
        return ""
    return str(operation.name)
