"""GitHub whose webhooks are lost, doubled, late and out of order, and whose calls may fail.

A delivery that is lost, or answered with an error, is listed as failed: the Janitor has it
delivered again.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError, ProtocolError
from urllib3.exceptions import TimeoutError as ReadTimeout

from local.github import payloads
from local.github.actions import Actions
from local.github.answers import refused
from local.github.deliveries import Delivery as Attempt
from local.github.limits import Limits
from local.github.model import Job, UnknownError
from local.github.rest import Rest
from tests.simulated.agenda import Agenda
from tests.simulated.github import TOKEN, URL, Http, response, token
from tests.simulated.names import WEBHOOK_URL
from tests.simulated.weather import Weather
from tests.simulation.world.faults import Calls
from tests.simulation.world.load import is_foreign
from tests.simulation.world.profile import Kind
from tests.simulation.world.whims import Whims
from tests.support.webhooks import request


@dataclass(frozen=True)
class Delivery:
    """A webhook on its way: a job had an action. `is_ours`: the fleet has to take it in."""

    hook: dict[str, Any]
    job_id: int
    action: str
    repository: str
    is_ours: bool

    @property
    def guid(self) -> str:
        """The delivery's GUID, which all attempts have."""
        return str(self.hook["headers"]["x-github-delivery"])


class GitHub:
    """The service, its REST API and its webhooks.

    Args:
        credentials: The number of tokens that it accepts.
        points: Points a minute of each of them; None: no limit.

    Attributes:
        deliver: Hands a request to ingest; the status of its answer, 0 if there was none.
        on_start: Told of each job that is given to a runner.
        pending: Deliveries that are on their way.
        answers: How many deliveries got which status.
        accepted: The ids of those that ingest has taken in, and has to: of the fleet's jobs, and of
            any job that one of its runners took.
        heard: When ingest first took in that a job had an action, in seconds.
        hook: The fleet's webhook.
        whims: What GitHub does of its own accord.
    """

    def __init__(
        self,
        agenda: Agenda,
        weather: Weather,
        *,
        credentials: int = 1,
        points: int | None = None,
    ) -> None:
        self.deliver: Callable[[dict[str, Any]], int] = lambda _hook: 0
        self._agenda = agenda
        self._rng = agenda.rng
        self._weather = weather
        self.on_start: Callable[[Job], None] = lambda _job: None
        self._guids = 0
        self.pending = 0
        self.answers: dict[int, int] = {}
        self.accepted: set[str] = set()
        self.heard: dict[tuple[int, str], float] = {}
        self.actions = Actions(
            self._announce,
            rng=agenda.rng,
            now=agenda.now,
            monotonic=lambda: agenda.seconds,
        )
        self.whims = Whims(agenda, weather, self.actions)
        self.hook = Webhook(agenda, self._again)
        self.rest = Rest(
            self.actions,
            lambda: self.hook,
            TOKEN,
            lambda: URL,
            limits=Limits(points=points),
            more_tokens=[token(number) for number in range(2, credentials + 1)],
        )

    def _announce(self, job: Job, action: str) -> None:
        if action == "in_progress":
            self.on_start(job)
        self._guids += 1
        told = payloads.workflow_job(job, action)
        told["repository"] |= {"private": True, "fork": False}
        hook = request(json.dumps(told).encode(), guid=f"guid-{self._guids}")
        delivery = Delivery(
            hook, job.id, action, job.repository, is_ours=not is_foreign(job) or _was_given(job)
        )
        copies = 2 if self._rng.random() < self._weather.doubled else 1
        if self._rng.random() < self._weather.lost:
            copies = 0
            self.hook.add(delivery, 0)
        if self._weather.missing > 0 and self._rng.random() < self._weather.missing:
            return
        for _ in range(copies):
            self._later(delivery, self._weather.webhook(action, self._rng))

    def _later(self, delivery: Delivery, seconds: float, *, again: bool = False) -> None:
        self.pending += 1
        self._agenda.after(seconds, lambda: self._send(delivery, again=again))

    def _again(self, delivery: Delivery) -> None:
        self._later(delivery, self._weather.webhook(delivery.action, self._rng), again=True)

    def _send(self, delivery: Delivery, *, again: bool) -> None:
        self.pending -= 1
        status = self.deliver(delivery.hook)
        self.answers[status] = self.answers.get(status, 0) + 1
        if status == 202 and delivery.is_ours:
            self.accepted.add(delivery.guid)
            self.heard.setdefault((delivery.job_id, delivery.action), self._agenda.seconds)
        self.hook.add(delivery, status, again=again)


class Webhook:
    """The fleet's webhook as the REST API shows it: `local.github.hooks_api.Sender`.

    Attributes:
        failed: When each GUID failed of which no attempt has succeeded.
        of_app: Whether it is the App's.
        requests: The GUID of each request to deliver again, and when it was made.
    """

    url, id = WEBHOOK_URL, 1

    def __init__(self, agenda: Agenda, send_again: Callable[[Delivery], None]) -> None:
        self.of_app = False
        self.failed: dict[str, float] = {}
        self.requests: list[tuple[str, float]] = []
        self._agenda = agenda
        self._send_again = send_again
        self._attempts: list[Attempt] = []
        self._sent: list[Delivery] = []

    def add(self, delivery: Delivery, status: int, *, again: bool = False) -> None:
        """Keep an attempt."""
        attempt = Attempt(
            id=len(self._attempts) + 1,
            guid=delivery.guid,
            event="workflow_job",
            action=delivery.action,
            payload=b"{}",
            headers={},
            repository=delivery.repository,
            redelivery=again,
            delivered_at=self._agenda.now(),
            status="OK" if status == 202 else "failed",
            status_code=status,
        )
        self._attempts.append(attempt)
        self._sent.append(delivery)
        if attempt.succeeded:
            self.failed.pop(delivery.guid, None)
        elif all(not one.succeeded for one in self._attempts if one.guid == delivery.guid):
            self.failed.setdefault(delivery.guid, self._agenda.seconds)

    def deliveries(self) -> list[Attempt]:
        """See `Sender.deliveries`."""
        return self._attempts[::-1]

    def delivery(self, delivery_id: int) -> Attempt:
        """See `Sender.delivery`."""
        if not 1 <= delivery_id <= len(self._attempts):
            raise UnknownError(f"delivery {delivery_id}")
        return self._attempts[delivery_id - 1]

    def redeliver(self, delivery_id: int) -> Attempt:
        """See `Sender.redeliver`."""
        attempt = self.delivery(delivery_id)
        self.requests.append((attempt.guid, self._agenda.seconds))
        self._send_again(self._sent[delivery_id - 1])
        return attempt


def _was_given(job: Job) -> bool:
    """Whether the job is on a runner, and every runner here is the fleet's."""
    return job.runner_id is not None


class FaultyHttp(Http):
    """Requests of a function: each may fail."""

    def __init__(self, rest: Rest, calls: Calls) -> None:
        super().__init__(rest)
        self._calls = calls

    def make(
        self, operation: str, call: Callable[[], urllib3.BaseHTTPResponse]
    ) -> urllib3.BaseHTTPResponse:
        """See `Http.make`."""
        answer: urllib3.BaseHTTPResponse = self._calls.make(operation, call, failed=_failed)
        return answer


def _failed(kind: Kind) -> urllib3.BaseHTTPResponse:
    if kind is Kind.THROTTLED:
        message = "You have exceeded a secondary rate limit"
        return response(refused(403, message, retry_after="30"))
    if kind is Kind.TIMEOUT:
        raise ReadTimeout("simulated")
    if kind is Kind.BEFORE:
        return response(refused(502, "Server Error"))
    lost: HTTPError = ProtocolError("simulated: the answer is lost")
    raise lost
