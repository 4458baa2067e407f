"""moto's server in this process, mended, counted and judged. Nothing is created in it here."""

from threading import Thread
from typing import Any, Self

from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import BaseWSGIServer, make_server

from local.aws import patches
from local.aws.calls import Calls, CountedApp, WsgiApp
from local.aws.forwarding import Forwarding
from local.aws.judged import JudgedApp
from local.aws.validation.record import Violations
from local.part import Part

_HOST = "127.0.0.1"
_POLL_SECONDS = 0.05
"""How often the server looks whether it is to stop."""


class MotoServer(Part):
    """AWS on a free port of 127.0.0.1, empty when it starts, on threads of this process.

    A process has one at a time: moto keeps its state in module variables.

    Attributes:
        dynamodb: The URL of who answers for DynamoDB and its streams in moto's place, as it is when
            the server starts.
        violations: The requests that AWS would refuse; so does this server.
    """

    def __init__(self, dynamodb: str | None = None) -> None:
        self.calls = Calls()
        self.dynamodb = dynamodb
        self.violations = Violations()
        self._forwarding: Forwarding | None = None
        self._server: BaseWSGIServer | None = None
        self._thread: Thread | None = None

    @property
    def url(self) -> str:
        """The endpoint for every service.

        Raises:
            RuntimeError: the server is not running.
        """
        if self._server is None:
            raise RuntimeError("the server has no address before it is started")
        return f"http://{_HOST}:{self._server.port}"

    def start(self) -> Self:
        """Mend moto, empty it, and serve.

        Raises:
            RuntimeError: it is running already.
        """
        if self._server is not None:
            raise RuntimeError("the server is running already")
        patches.apply()
        moto_api_backend.reset()
        moto: WsgiApp = DomainDispatcherApplication(create_backend_app)
        self._forwarding = Forwarding(moto, self.dynamodb) if self.dynamodb else None
        app = CountedApp(JudgedApp(self._forwarding or moto, self.violations), self.calls)
        self._server = make_server(_HOST, 0, app, threaded=True, request_handler=_QuietHandler)
        self._thread = Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), name="moto", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close the port; nothing happens if the server is not running.

        A long poll that is under way ends by itself, on a daemon thread.
        """
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server = self._thread = None
        if self._forwarding is not None:
            self._forwarding.close()


class _QuietHandler(MotoRequestHandler):
    """Without a log line for each request."""

    def log_request(self, *_args: Any) -> None:
        return None
