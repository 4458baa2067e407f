"""Serves the page with the one click on 127.0.0.1, and receives the code that GitHub sends back.

It accepts one code, and only with the `state` that went out with the form. GitHub's documentation
names no error with which it would redirect: a user who does not confirm never comes back, so `wait`
ends after a time.
"""

import hmac
import secrets
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from cli.github_app import html
from cli.github_app.html import Message

HOST = "127.0.0.1"
CALLBACK = "/created"
_IDLE_SECONDS = 5
"""After which a connection is closed on which nothing comes. Chromium opens spare ones."""
_LAST_ANSWER_SECONDS = 5.0
_OK, _BAD_REQUEST, _NOT_FOUND, _GONE = 200, 400, 404, 410

_ALREADY = Message("Already done", ["This page was used. The terminal shows the result."])
_NO_CODE = Message(
    "GitHub sent no code",
    ["The address has no code, so no App was created with it. Go back, and try again."],
)
_OTHER_STATE = Message(
    "This answer is not for this page",
    ["It belongs to another attempt. Nothing was done. Open the page anew, and try again."],
)
_UNKNOWN = Message("Page not found", ["The page to open is in the terminal."])


class LocalPage:
    """The page, from `with` on.

    Args:
        port: Its port; 0 for a free one.

    Attributes:
        state: The value that the form carries to GitHub and back.
    """

    def __init__(self, port: int = 0) -> None:
        self.state = secrets.token_urlsafe(32)
        self._codes: Queue[str] = Queue()
        self._accepted = Lock()
        self._finished, self._answered = Event(), Event()
        self._result = ""
        self._form = ""
        self._server = _Server((HOST, port), _Handler)
        self._server.answer = self._answer
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """The URL of the page."""
        return f"http://{HOST}:{self._server.server_port}/"

    @property
    def redirect_url(self) -> str:
        """The URL to which GitHub sends the browser."""
        return f"http://{HOST}:{self._server.server_port}{CALLBACK}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the page, after the browser has the result."""
        if self._finished.is_set():
            self._answered.wait(_LAST_ANSWER_SECONDS)
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def offer(self, form: str) -> None:
        """Show this page."""
        self._form = form

    def wait(self, seconds: float) -> str | None:
        """Return the code that GitHub sent, or None if it sent none in that time.

        `finish` must follow: the browser waits for the result.
        """
        try:
            return self._codes.get(timeout=seconds)
        except Empty:
            return None

    def finish(self, result: Message) -> None:
        """Show the result in the browser."""
        self._result = html.message(result)
        self._finished.set()

    def _answer(self, target: str, host: str) -> tuple[int, str, Callable[[], None]]:
        """Return status and text of the response, and what to do when it was sent.

        A page of another origin, whose name resolves to this machine, has another `Host`.
        """
        parts = urlsplit(target)
        if host != f"{HOST}:{self._server.server_port}":
            return _BAD_REQUEST, html.message(_UNKNOWN), _nothing
        if parts.path == CALLBACK:
            return self._called_back(parse_qs(parts.query))
        if parts.path != "/":
            return _NOT_FOUND, html.message(_UNKNOWN), _nothing
        if self._accepted.locked():
            return _GONE, html.message(_ALREADY), _nothing
        return _OK, self._form, _nothing

    def _called_back(self, query: dict[str, list[str]]) -> tuple[int, str, Callable[[], None]]:
        (state, code) = (query.get(name, [""])[0] for name in ("state", "code"))
        if not hmac.compare_digest(state.encode(), self.state.encode()):
            return _BAD_REQUEST, html.message(_OTHER_STATE), _nothing
        if not code:
            return _BAD_REQUEST, html.message(_NO_CODE), _nothing
        if not self._accepted.acquire(blocking=False):
            return _GONE, html.message(_ALREADY), _nothing
        self._codes.put(code)
        self._finished.wait()
        return _OK, self._result, self._answered.set


def _nothing() -> None:
    """Do nothing after the response."""


class _Server(ThreadingHTTPServer):
    """Handles each connection in a thread of its own, which does not keep the process alive."""

    daemon_threads = True
    block_on_close = False
    answer: Callable[[str, str], tuple[int, str, Callable[[], None]]]

    def handle_error(self, *_: Any) -> None:
        """Print nothing: a browser may close a connection at any time."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _IDLE_SECONDS

    def do_GET(self) -> None:
        """Send the page."""
        status, text, then = self.server.answer(self.path, self.headers.get("Host", ""))
        body = text.encode()
        self.send_response(status)
        for name, value in {**html.HEADERS, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        then()

    def version_string(self) -> str:
        """Return no version of Python."""
        return "ecsrunner"

    def log_message(self, *_: Any) -> None:
        """Print nothing."""
