"""GitHub in memory: the local stack's rules (`local.github`), answered without a socket.

`Http` is what the adapter sends its requests through. Webhooks are lost, doubled, late and out of
order. A lost one, or one that was answered with an error, is redelivered some minutes later: an
operator's or, later, the Janitor's part, which the world plays here. So lost means late.
"""

import json
from collections.abc import Callable
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError, ProtocolError
from urllib3.exceptions import TimeoutError as ReadTimeout
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from local.github import payloads
from local.github.actions import Actions
from local.github.answers import refused
from local.github.model import Job
from local.github.rest import Rest
from tests.simulation.world.agenda import Agenda
from tests.simulation.world.faults import Calls
from tests.simulation.world.profile import Kind, Weather
from tests.support.webhooks import request

TOKEN = "token"
URL = "https://api.github.test"
REDELIVERED = (120.0, 600.0)
"""Seconds after which a failed delivery is sent again, at least and at most."""


class GitHub:
    """The service, its REST API and its webhooks.

    Attributes:
        deliver: Hands a request to ingest; the status of its answer, 0 if there was none.
        on_start: Told of each job that is given to a runner.
        pending: Deliveries that are on their way.
        answers: How many deliveries got which status.
        accepted: The ids of those that ingest has taken in.
    """

    def __init__(self, agenda: Agenda, weather: Weather) -> None:
        self.deliver: Callable[[dict[str, Any]], int] = lambda _hook: 0
        self._agenda = agenda
        self._rng = agenda.rng
        self._weather = weather
        self.on_start: Callable[[Job], None] = lambda _job: None
        self._guids = 0
        self.pending = 0
        self.answers: dict[int, int] = {}
        self.accepted: set[str] = set()
        self.actions = Actions(
            self._announce,
            rng=agenda.rng,
            now=agenda.now,
            monotonic=lambda: agenda.seconds,
        )
        self.rest = Rest(self.actions, lambda: None, TOKEN, lambda: URL)

    def _announce(self, job: Job, action: str) -> None:
        if action == "in_progress":
            self.on_start(job)
        self._guids += 1
        told = payloads.workflow_job(job, action)
        told["repository"] |= {"private": True, "fork": False}
        hook = request(json.dumps(told).encode(), guid=f"guid-{self._guids}")
        copies = 2 if self._rng.random() < self._weather.doubled else 1
        if self._rng.random() < self._weather.lost:
            copies = 0
            self._later(hook, self._rng.uniform(*REDELIVERED))
        for _ in range(copies):
            self._later(hook, self._weather.delivery(self._rng))

    def _later(self, hook: dict[str, Any], seconds: float) -> None:
        self.pending += 1
        self._agenda.after(seconds, lambda: self._send(hook))

    def _send(self, hook: dict[str, Any]) -> None:
        self.pending -= 1
        status = self.deliver(hook)
        self.answers[status] = self.answers.get(status, 0) + 1
        if status == 202:
            self.accepted.add(hook["headers"]["x-github-delivery"])
        if status >= 300 or status == 0:
            self._later(hook, self._rng.uniform(*REDELIVERED))


class Http:
    """`shared.adapters.github_api.Http` without a network."""

    def __init__(self, rest: Rest, calls: Calls) -> None:
        self._rest = rest
        self._calls = calls

    def request(
        self, method: str, url: str, *, fields: Any, json: Any, headers: Any
    ) -> urllib3.BaseHTTPResponse:
        def call() -> urllib3.BaseHTTPResponse:
            builder = EnvironBuilder(
                path=url.removeprefix(URL),
                method=method,
                query_string=fields,
                json=json,
                headers=dict(headers),
            )
            answer = self._rest.answer(Request(builder.get_environ()))
            return _response(answer)

        operation = _operation(method, url, fields)
        return self._calls.make(operation, call, failed=_failed)

    def clear(self) -> None:
        """There is no connection to close."""


def _failed(kind: Kind) -> urllib3.BaseHTTPResponse:
    if kind is Kind.THROTTLED:
        message = "You have exceeded a secondary rate limit"
        return _response(refused(403, message, retry_after="30"))
    if kind is Kind.TIMEOUT:
        raise ReadTimeout("simulated")
    if kind is Kind.BEFORE:
        return _response(refused(502, "Server Error"))
    lost: HTTPError = ProtocolError("simulated: the answer is lost")
    raise lost


def _operation(method: str, url: str, fields: Any) -> str:
    match method, url.rpartition("/")[2]:
        case "POST", "generate-jitconfig":
            return "github.mint"
        case "DELETE", _:
            return "github.delete"
        case "GET", "runners":
            return "github.find" if "name" in (fields or {}) else "github.list"
    raise NotImplementedError(f"{method} {url} is not simulated")


def _response(answer: Any) -> urllib3.BaseHTTPResponse:
    return urllib3.HTTPResponse(
        body=answer.get_data(), status=answer.status_code, headers=dict(answer.headers)
    )
