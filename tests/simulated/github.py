"""Connects the adapters to the GitHub emulator (`local.github`) without a network."""

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import urllib3
from werkzeug.wrappers import Request

from local.github.rest import Rest

TOKEN = "token"
URL = "https://api.github.test"


def token(number: int) -> str:
    """Return the token of the fleet's credential with that number, from 1 on."""
    return TOKEN if number == 1 else f"{TOKEN}-{number}"


class Http:
    """`shared.adapters.github_api.Http` without a network."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def request(
        self,
        method: str,
        url: str,
        *,
        fields: Any,
        json: Any,
        headers: Any,
    ) -> urllib3.BaseHTTPResponse:
        """See `Http.request` of the adapter."""

        def call() -> urllib3.BaseHTTPResponse:
            asked = Request(_environ(method, url.removeprefix(URL), fields, json, headers))
            return response(self._rest.answer(asked))

        return self.make(_operation(method, url, fields), call)

    def make(
        self, operation: str, call: Callable[[], urllib3.BaseHTTPResponse]
    ) -> urllib3.BaseHTTPResponse:
        """Make a call of an operation such as `github.mint`."""
        return call()

    def clear(self) -> None:
        """Do nothing: there is no connection to close."""


def _environ(method: str, path: str, fields: Any, body: Any, headers: Any) -> dict[str, Any]:
    """Return the WSGI environment of a request. werkzeug's builder takes half of a call's time."""
    data = b"" if body is None else json.dumps(body).encode()
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": urlencode(fields or {}),
        "SERVER_NAME": URL.rpartition("/")[2],
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "https",
        "wsgi.input": BytesIO(data),
        "CONTENT_LENGTH": str(len(data)),
        "CONTENT_TYPE": "application/json" if data else "",
        **{f"HTTP_{name.upper().replace('-', '_')}": text for name, text in headers.items()},
    }


def response(answer: Any) -> urllib3.BaseHTTPResponse:
    """Convert a response of the emulator to urllib3's type."""
    return urllib3.HTTPResponse(
        body=answer.get_data(), status=answer.status_code, headers=dict(answer.headers)
    )


_OPERATIONS = {
    ("POST", "generate-jitconfig"): "github.mint",
    ("GET", "runs"): "github.runs",
    ("GET", "jobs"): "github.jobs",
    ("GET", "installation"): "github.installation",
    ("POST", "access_tokens"): "github.token",
    ("GET", "config"): "github.hook",
    ("GET", "runner-groups"): "github.groups",
    ("GET", "hooks"): "github.hooks",
    ("GET", "deliveries"): "github.deliveries",
    ("POST", "attempts"): "github.redeliver",
    ("POST", "cancel"): "github.cancel",
    ("POST", "rerun"): "github.rerun",
    ("POST", "rerun-failed-jobs"): "github.rerun",
}


_OPERATIONS_BELOW = {
    ("GET", "/actions/jobs/"): "github.job",
    ("GET", "/runners/deprecations/"): "github.version",
    ("POST", "/statuses/"): "github.status",
}
"""The operations whose path ends with a name or number."""


def _operation(method: str, url: str, fields: Any) -> str:
    last = url.rpartition("/")[2]
    if method == "DELETE":
        return "github.delete"
    if (method, last) == ("GET", "runners"):
        return "github.find" if "name" in (fields or {}) else "github.list"
    if (method, last) in _OPERATIONS:
        return _OPERATIONS[method, last]
    if method == "GET" and last.isdecimal() and "/actions/runs/" in url:
        return "github.run"
    for (known, below), operation in _OPERATIONS_BELOW.items():
        if method == known and below in url:
            return operation
    raise NotImplementedError(f"{method} {url} is not simulated")
