"""Emulates an API Gateway HTTP API: routes, limits, sockets.

`payload` contains the formats of events and responses.
"""

import socket
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Lock, Thread
from typing import Any
from uuid import uuid4

from local.lambdas.function import Invoker
from local.lambdas.host import EventTooLargeError
from local.lambdas.sources.payload import Request, Response, event, message, response

MAX_BODY_BYTES = 10 * 1024 * 1024
"""Source: Amazon API Gateway Developer Guide, "Quotas for HTTP APIs", payload size."""

_MAX_DRAINED_BYTES = 64 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
_IDLE_SECONDS = 30
_DEFAULT_ROUTE = "$default"


class HttpApi:
    """Routes requests to functions: `{"POST /webhook": "ingest"}`. `$default` matches the rest."""

    def __init__(self, host: Invoker, routes: Mapping[str, str]) -> None:
        self._host = host
        self._routes = dict(routes)
        self._server: _Server | None = None
        self._thread: Thread | None = None

    @property
    def url(self) -> str:
        """The URL of the API, without a trailing slash.

        Raises:
            RuntimeError: The API is not running.
        """
        if self._server is None:
            raise RuntimeError("the HTTP API is not running")
        address, port = self._server.socket.getsockname()
        return f"http://{address}:{port}"

    def start(self, port: int = 0) -> None:
        """Listen on 127.0.0.1, by default on a free port."""
        if self._server is not None:
            raise RuntimeError("the HTTP API is running already")
        self._server = _Server(port, self)
        self._thread = Thread(
            target=self._server.serve_forever, args=(0.05,), name="http-api", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Close the port and idle connections, and wait for the current requests."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()
        self._server = None

    def route(self, method: str, path: str) -> str | None:
        """Return the key of the matching route; None if there is none."""
        keys = (f"{method} {path}", f"ANY {path}", _DEFAULT_ROUTE)
        return next((key for key in keys if key in self._routes), None)

    def answer(self, request: Request) -> Response:
        """Invoke the function and return the response."""
        route = self.route(request.method, request.path)
        if route is None:
            return message(404, "Not Found")
        request_id = str(uuid4())
        payload = event(request, route, request_id, datetime.now(UTC))
        try:
            result = self._host.invoke(self._routes[route], payload)
        except EventTooLargeError:  # Lambda's limit is lower than API Gateway's
            return message(413, "Request Entity Too Large")
        except (LookupError, RuntimeError):
            return message(500, "Internal Server Error")
        return response(result)


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = False  # so that server_close waits for them
    request_queue_size = 128

    def __init__(self, port: int, api: HttpApi) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.api = api
        self._open: set[socket.socket] = set()
        self._lock = Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Stop reading from all connections, so that threads that wait for a request end."""
        with self._lock:
            for connection in self._open:
                with suppress(OSError):  # the client has closed it
                    connection.shutdown(socket.SHUT_RD)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore errors of clients that have disconnected."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    wbufsize = -1
    disable_nagle_algorithm = True

    def handle_expect_100(self) -> bool:
        """Reject a body that is too large before the client sends it."""
        if self._length() > MAX_BODY_BYTES:
            self._refuse(413, "Request Entity Too Large")
            return False
        return super().handle_expect_100()

    def _serve(self) -> None:
        if "Transfer-Encoding" in self.headers:
            return self._refuse(411, "Length Required")
        length = self._length()
        if length < 0:
            return self._refuse(400, "Bad Request")
        if length > MAX_BODY_BYTES:
            self._drain(length)
            return self._refuse(413, "Request Entity Too Large")
        path, _, query = self.path.partition("?")
        request = Request(
            method=self.command,
            path=path,
            query=query,
            headers=tuple(self.headers.items()),
            body=self.rfile.read(length),
            source_ip=str(self.client_address[0]),
            protocol=self.request_version,
        )
        return self._write(self.server.api.answer(request))

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def do_OPTIONS(self) -> None:
        self._serve()

    def _length(self) -> int:
        """Return the length of the body; negative if it is unknown."""
        text = self.headers.get("Content-Length") or "0"
        return int(text) if text.isascii() and text.isdigit() else -1

    def _drain(self, length: int) -> None:
        """Read a rejected body up to a limit; a client that still writes misses the response."""
        left = min(length, _MAX_DRAINED_BYTES)
        while left > 0 and (chunk := self.rfile.read(min(left, _CHUNK_BYTES))):
            left -= len(chunk)

    def _refuse(self, status: int, text: str) -> None:
        self.close_connection = True
        self._write(message(status, text))

    def _write(self, answer: Response) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def log_message(self, *_: Any) -> None:
        """Log nothing; the function logs its requests."""
