"""Serves the Lambda Runtime API to one execution environment.

It neither starts the process nor enforces the timeout; `environment` does. Source: AWS Lambda
Developer Guide, "Using the Lambda runtime API for custom runtimes", version 2018-06-01.

Each environment has its own port, which identifies it. The runtime client accepts only `host:port`;
with an additional path its report of an init error fails.
"""

import json
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from threading import Thread
from typing import Any

_RUNTIME = "/2018-06-01/runtime/"


@dataclass(frozen=True, kw_only=True)
class Handover:
    """One invocation for the runtime: the headers without `Lambda-Runtime-`, and the event."""

    headers: Mapping[str, str]
    event: bytes


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report of the runtime. `kind` is `response`, `error`, or `init` for an init error."""

    kind: str
    body: bytes


class RuntimeApi(TCPServer):
    """Serves one runtime client, one connection at a time.

    Args:
        take: Waits for the next invocation and returns it; None if there will be none.
        tell: Called with every report.
    """

    def __init__(self, take: Callable[[], Handover | None], tell: Callable[[Report], None]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.take = take
        self.tell = tell
        self._closing = False
        self._thread = Thread(target=self._serve, name="runtime-api", daemon=True)

    @property
    def address(self) -> str:
        """`host:port` for the variable AWS_LAMBDA_RUNTIME_API."""
        host, port = self.socket.getsockname()
        return f"{host}:{port}"

    def start(self) -> None:
        """Start to serve in a thread."""
        self._thread.start()

    def close(self) -> None:
        """Stop serving. The runtime must have ended, and `take` must return None."""
        self._closing = True
        with suppress(OSError):  # only to wake the thread from accept()
            socket.create_connection(self.socket.getsockname()[:2], timeout=1).close()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore errors of a runtime that was killed during a request."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def _serve(self) -> None:
        while not self._closing:
            self.handle_request()


class _Handler(BaseHTTPRequestHandler):
    server: RuntimeApi
    protocol_version = "HTTP/1.1"
    # Without these two settings every response waits for an acknowledgement: 88 ms instead of 1 ms.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self.path != f"{_RUNTIME}invocation/next":
            return self._unknown()
        handover = self.server.take()
        if handover is None:
            self.close_connection = True
            return None
        headers = {f"Lambda-Runtime-{name}": value for name, value in handover.headers.items()}
        return self._answer(HTTPStatus.OK, handover.event, headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        match self.path.removeprefix(_RUNTIME).split("/"):
            case ["init", "error"]:
                self.server.tell(Report(kind="init", body=body))
            case ["invocation", _, ("response" | "error") as kind]:
                self.server.tell(Report(kind=kind, body=body))
            case _:
                return self._unknown()
        return self._answer(HTTPStatus.ACCEPTED, b'{"status":"OK"}', {})

    def _unknown(self) -> None:
        error = {"errorType": "NotFound", "errorMessage": f"{self.command} {self.path}"}
        self._answer(HTTPStatus.NOT_FOUND, json.dumps(error).encode(), {})

    def _answer(self, status: HTTPStatus, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Log nothing for the calls of the runtime."""
