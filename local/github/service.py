"""The HTTP service for the emulated runner program and for people who queue jobs.

GitHub's protocol for runners is not published, so `local/runner` uses this one. All paths begin
with `/stand-in`, to separate them from GitHub's REST API.
"""

import json
from collections.abc import Callable
from typing import Any

from msgspec import Struct, ValidationError, convert
from werkzeug.wrappers import Request, Response

from local.github.actions import Actions
from local.github.answers import answered, refused
from local.github.model import Job, UnknownError

PREFIX = "/stand-in/"
_LONGEST_WAIT_SECONDS = 2.0


class AskedJob(Struct, forbid_unknown_fields=True):
    """A request to queue a job. `run` is its shell command."""

    repository: str
    labels: tuple[str, ...] = ("self-hosted",)
    run: str = "sleep 2"
    name: str = "build"


class Service:
    """Answers requests of runners, which send their token, and requests to queue a job."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions
        self._routes: dict[tuple[str, str], Callable[[str, Any], Response]] = {
            ("POST", "session"): self._connect,
            ("DELETE", "session"): self._disconnect,
            ("GET", "job"): self._take,
            ("POST", "heartbeat"): self._beat,
            ("POST", "result"): self._finish,
            ("POST", "jobs"): self._queue,
        }

    def answer(self, request: Request) -> Response:
        """Return the response to a request."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        route = self._routes.get((request.method, request.path.removeprefix(PREFIX)))
        if route is None:
            known = ", ".join(f"{method} {PREFIX}{what}" for method, what in self._routes)
            return refused(404, f"unknown path; known: {known}")
        try:
            return route(token, json.loads(request.get_data() or b"{}"))
        except UnknownError as error:
            return refused(401, str(error))
        except (ValidationError, ValueError) as error:
            return refused(422, str(error))

    def _connect(self, token: str, asked: Any) -> Response:
        return answered({"name": self._actions.connect(token, asked["version"]).name})

    def _disconnect(self, token: str, _: Any) -> Response:
        self._actions.disconnect(token)
        return Response(status=204)

    def _take(self, token: str, _: Any) -> Response:
        job = self._actions.take(token, _LONGEST_WAIT_SECONDS)
        return answered(_told(job)) if job else Response(status=204)

    def _beat(self, token: str, _: Any) -> Response:
        return answered({"cancelling": self._actions.beat(token)})

    def _finish(self, token: str, asked: Any) -> Response:
        self._actions.finish(token, asked["conclusion"])
        return Response(status=204)

    def _queue(self, _: str, asked: Any) -> Response:
        job = convert(asked, AskedJob)
        queued = self._actions.queue(job.repository, job.labels, run=job.run, name=job.name)
        return answered({"id": queued.id, "run_id": queued.run_id}, 201)


def _told(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "name": job.name,
        "repository": job.repository,
        "run_id": job.run_id,
        "run_attempt": job.run_attempt,
        "run": job.run,
    }
