"""Runs moto's server in this process, with the patches, call counting and request validation.

This module creates no resources in it.
"""

from collections.abc import Callable
from threading import Thread
from typing import Any, Self

from flask import Flask
from moto.backends import SERVICE_NAMES
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
"""Interval at which the server checks whether it must stop."""


class MotoServer(Part):
    """The AWS emulator on a free port of 127.0.0.1, on threads of this process.

    It has no resources when it starts. A process can run one server at a time, because moto keeps
    its state in module variables.

    Attributes:
        dynamodb: URL of the server that handles DynamoDB and its streams instead of moto. It is
            read when the server starts.
        violations: The requests that AWS would reject. This server rejects them too.
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
        """Apply the patches, reset moto, and start to serve.

        Raises:
            RuntimeError: it is running already.
        """
        if self._server is not None:
            raise RuntimeError("the server is running already")
        patches.apply()
        moto_api_backend.reset()
        moto: WsgiApp = _Dispatcher(create_backend_app)
        self._forwarding = Forwarding(moto, self.dynamodb) if self.dynamodb else None
        app = CountedApp(JudgedApp(self._forwarding or moto, self.violations), self.calls)
        self._server = make_server(_HOST, 0, app, threaded=True, request_handler=_QuietHandler)
        self._thread = Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), name="moto", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close the port. Without effect if the server is not running.

        A pending long poll continues on a daemon thread until it times out.
        """
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server = self._thread = None
        if self._forwarding is not None:
            self._forwarding.close()


class _Dispatcher(DomainDispatcherApplication):
    """Remembers the backend of each host. moto lists its directory in every request."""

    def __init__(self, create_app: Callable[[SERVICE_NAMES], Flask]) -> None:
        super().__init__(create_app)
        self._backends: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        if host not in self._backends:
            self._backends[host] = super().get_backend_for_host(host)
        return self._backends[host]


class _QuietHandler(MotoRequestHandler):
    """Writes no log line for each request."""

    def log_request(self, *_args: Any) -> None:
        return None
