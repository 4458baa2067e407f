"""The Lambda Runtime API for one execution environment: HTTP in, values out.

No process is started here and no deadline is watched. Source: AWS Lambda Developer Guide, "Using
the Lambda runtime API for custom runtimes", version 2018-06-01.

An environment has a socket of its own because the runtime client takes nothing but `host:port`
(a path behind it breaks its report of an init error), so nothing else tells who is calling.
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
    """One invocation as the runtime gets it: its headers without `Lambda-Runtime-`, its event."""

    headers: Mapping[str, str]
    event: bytes


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the runtime reports. `kind`: `response`, `error`, or `init` for an init error."""

    kind: str
    body: bytes


class RuntimeApi(TCPServer):
    """Serves one runtime client, on one connection after the other.

    Args:
        take: Gives the next invocation when there is one, or None when there will be none.
        tell: Is given every report.
    """

    def __init__(self, take: Callable[[], Handover | None], tell: Callable[[Report], None]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.take = take
        self.tell = tell
        self._closing = False
        self._thread = Thread(target=self._serve, name="runtime-api", daemon=True)

    @property
    def address(self) -> str:
        """`host:port`, as AWS_LAMBDA_RUNTIME_API wants it."""
        host, port = self.socket.getsockname()
        return f"{host}:{port}"

    def start(self) -> None:
        """Serve in a thread."""
        self._thread.start()

    def close(self) -> None:
        """Stop serving, once or again; the runtime must be gone, and `take` know it."""
        self._closing = True
        with suppress(OSError):  # only to wake the thread out of its accept
            socket.create_connection(self.socket.getsockname()[:2], timeout=1).close()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A runtime that was killed in the middle of a request is no error here."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def _serve(self) -> None:
        while not self._closing:
            self.handle_request()


class _Handler(BaseHTTPRequestHandler):
    server: RuntimeApi
    protocol_version = "HTTP/1.1"
    # Without these two every answer waits for an acknowledgement: 88 ms a call instead of 1.
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
        told = {"errorType": "NotFound", "errorMessage": f"{self.command} {self.path}"}
        self._answer(HTTPStatus.NOT_FOUND, json.dumps(told).encode(), {})

    def _answer(self, status: HTTPStatus, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: a line for each call of the runtime tells nobody anything."""
