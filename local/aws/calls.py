"""A count of AWS calls by caller and operation, as they come in over HTTP. It changes no call."""

import io
import re
from collections import Counter
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any
from urllib.parse import parse_qs

from moto.core.request import Request
from moto.core.routing import get_service_router
from werkzeug.exceptions import HTTPException

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]

_APPLICATION = re.compile(r"(?:^| )app/(\S+)")
"""botocore's application id: `AWS_SDK_UA_APP_ID`, or `user_agent_appid` of its `Config`."""
_SCOPE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/")


class Calls:
    """How often each operation was called, such as `ecs.RunTask`. Any thread may count and read."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def count(self, caller: str, operation: str) -> None:
        """Count one call. `caller` is an application id, or empty if it gave none."""
        with self._lock:
            self._counts[caller, operation] += 1

    def snapshot(self, caller: str | None = None) -> Counter[str]:
        """Calls by operation until now: everybody's, or those of one caller."""
        found: Counter[str] = Counter()
        with self._lock:
            for (who, operation), count in self._counts.items():
                if caller in (None, who):
                    found[operation] += count
        return found

    def callers(self) -> set[str]:
        """The application ids that have called until now; empty for calls without one."""
        with self._lock:
            return {caller for caller, _ in self._counts}


class CountedApp:
    """A WSGI application whose requests are counted."""

    def __init__(self, app: WsgiApp, calls: Calls) -> None:
        self._app = app
        self._calls = calls

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Count the request and pass it on."""
        self._calls.count(_caller(environ), _operation(environ))
        return self._app(environ, start_response)


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
    """The action of the query protocol (EC2, IAM, STS), whose body is put back after reading."""
    if not environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return ""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    actions: list[str] = parse_qs(body.decode()).get("Action", [""])
    return actions[0]


def _matched_by_path(service: str, environ: dict[str, Any]) -> str:
    if service == "unsigned":
        return ""
    try:
        operation, _ = get_service_router(service).match(Request(environ))
    except (HTTPException, NotImplementedError, ValueError):
        return ""
    return str(operation.name)
