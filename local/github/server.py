"""Serves the GitHub emulator over HTTP: the REST API, the runners' service and one webhook."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from random import Random
from threading import Event, Lock, Thread
from typing import Any, Self

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from local.background import Background
from local.github import hook_payloads, payloads
from local.github.actions import Actions
from local.github.app import App
from local.github.commit_statuses import CommitStatus
from local.github.deliveries import Hook, Plan, at_once
from local.github.limits import Limits
from local.github.manifests import Manifests
from local.github.model import Job
from local.github.rest import Faults, Rest, no_faults
from local.github.service import PREFIX, Service
from local.part import Part

_HOST = "127.0.0.1"
_ENTERPRISE = "/api/v3"
"""Path of the REST API on a GitHub Enterprise Server. Source: GitHub Docs, "Getting started with
the REST API"."""
_POLL_SECONDS = 0.05
_LOOK_SECONDS = 0.5
"""Interval of the search for runners that are silent or have been idle for too long."""


class GitHub(Part):
    """The GitHub emulator on a free port of 127.0.0.1. `add_hook` creates its webhook.

    Args:
        token: The token that the REST API accepts.
        seed: Random seed for the choice of an idle runner.
        faults: Called with each REST request first.
        app: A GitHub App, whose installations are also accepted.
        idle_seconds: Minimum and maximum time after which the registration of an idle runner is
            deleted, such as `IDLE_SECONDS`; None: never.
        points: The secondary rate limit, in points a minute; None: there is none.
    """

    def __init__(
        self,
        *,
        token: str,
        seed: int | None = None,
        faults: Faults = no_faults,
        app: App | None = None,
        idle_seconds: tuple[float, float] | None = None,
        points: int | None = None,
    ) -> None:
        rng = Random(seed)  # noqa: S311 - not a secret
        self.actions = Actions(self._announce, rng=rng)
        if idle_seconds is not None:
            self.actions.idle_limit = lambda _runner: rng.uniform(*idle_seconds)
        self.hook: Hook | None = None
        self._manifests = Manifests(lambda: self.url, self._register)
        self._rest = Rest(
            self.actions,
            lambda: self.hook,
            token,
            lambda: self.url,
            faults,
            app=app,
            limits=Limits(points=points),
        )
        self._service = Service(self.actions)
        self._lock = Lock()
        self._calls: Counter[str] = Counter()
        self._server: BaseWSGIServer | None = None
        self._thread: Thread | None = None
        self._looks = Background("github-looks", self._look)

    @property
    def url(self) -> str:
        """The base URL of the API.

        Raises:
            RuntimeError: The server is not running.
        """
        if self._server is None:
            raise RuntimeError("GitHub has no address before it is started")
        return f"http://{_HOST}:{self._server.port}"

    @property
    def app(self) -> App | None:
        """The registered GitHub App, if any."""
        return self._rest.app

    @property
    def statuses(self) -> Sequence[CommitStatus]:
        """Return all commit statuses, oldest first."""
        return tuple(self._rest.statuses.all)

    @property
    def versions(self) -> dict[str, datetime | None]:
        """The known versions of the runner. See `Rest`."""
        return self._rest.versions

    @property
    def calls(self) -> Counter[str]:
        """Return the number of calls by REST operation, such as `POST generate-jitconfig`."""
        with self._lock:
            return self._calls.copy()

    @property
    def faults(self) -> Faults:
        """The fault injection, which is called with each REST request first."""
        return self._rest.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._rest.faults = faults

    def start(self) -> Self:
        """Start the server.

        Raises:
            RuntimeError: The server is running already.
        """
        if self._server is not None:
            raise RuntimeError("GitHub is running already")
        self._server = make_server(
            _HOST, 0, self._serve, threaded=True, request_handler=_QuietHandler
        )
        self._thread = Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), name="github", daemon=True
        )
        self._thread.start()
        self._looks.start()
        return self

    def stop(self) -> None:
        """Stop the webhook and close the port. Without effect if the server is not running."""
        if self._server is None or self._thread is None:
            return
        self._looks.stop()
        if self.hook is not None:
            self.hook.stop()
        self.actions.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = self._thread = None

    def add_hook(self, url: str, secret: str, repository: str, plan: Plan = at_once) -> Hook:
        """Create a repository's webhook and send it a `ping`."""
        self.hook = Hook(url, secret, plan=plan)
        self.hook.start()
        payload = hook_payloads.ping(self.hook.id, url, repository, ["workflow_job"])
        self.hook.deliver("ping", payload)
        return self.hook

    def add_app_hook(self, url: str, secret: str) -> Hook:
        """Create the App's webhook and send it a `ping`.

        Raises:
            RuntimeError: No App is registered.
        """
        if self.app is None:
            raise RuntimeError("the GitHub emulator has no App")
        self.hook = Hook(url, secret, of_app=True)
        self.hook.start()
        payload = hook_payloads.app_ping(self.hook.id, self.app.id, url, list(self.app.events))
        self.hook.deliver("ping", payload)
        return self.hook

    def _register(self, app: App, hook: tuple[str, str] | None) -> None:
        """Replace App and webhook; `hook` is URL and secret."""
        self._rest.app = app
        if self.hook is not None:
            self.hook.stop()
            self.hook = None
        if hook is not None:
            self.add_app_hook(*hook)

    def _announce(self, job: Job, action: str) -> None:
        if self.hook is None:
            return
        installation = self.app.installation(job.repository) if self.app else None
        if not self.hook.of_app:
            self.hook.deliver("workflow_job", payloads.workflow_job(job, action))
        elif installation is not None:
            self.hook.deliver("workflow_job", payloads.workflow_job(job, action, installation))

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"].removeprefix(_ENTERPRISE)
        request = Request({**environ, "PATH_INFO": path})
        return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.path.startswith(PREFIX):
            return self._service.answer(request)
        if (page := self._manifests.answer(request)) is not None:
            return page
        last = [part for part in request.path.split("/") if not part.isdecimal()][-1]
        with self._lock:
            self._calls[f"{request.method} {last}"] += 1
        return self._rest.answer(request)

    def _look(self, stopping: Event) -> None:
        while not stopping.wait(_LOOK_SECONDS):
            self.actions.give_up_the_silent()
            self.actions.remove_the_idle()


class _QuietHandler(WSGIRequestHandler):
    """Writes no log line for each request."""

    def log_request(self, *_args: Any) -> None:
        return None
