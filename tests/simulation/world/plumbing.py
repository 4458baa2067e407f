"""What AWS does between the functions: the event source mappings of the queues, EventBridge.

All of it delivers at least once, out of order, sometimes late.
"""

from collections.abc import Callable
from typing import Any

from local.aws.build_host import BuildView
from local.codebuild import lifecycle as builds
from local.fargate import lifecycle
from shared.domain.actions import Role
from tests.simulated.agenda import Agenda
from tests.simulated.aws.ecs import Task
from tests.simulated.aws.fifo import Message
from tests.simulated.aws.sqs import MOST_RECEIVED, SQS
from tests.simulated.weather import Weather
from tests.simulation.world.functions import FailedError, Functions
from tests.simulation.world.profile import Profile

CONCURRENCY = 20
"""Invocations at a time of one mapping."""
POLL_RETRY = 60.0
"""Seconds until a queue is polled again that did not answer."""
RETRIES = (60.0, 120.0)
"""Seconds until an asynchronous invocation that failed is tried again."""


class EventSource:
    """An event source mapping: one queue and its function, batches in, partial failures out."""

    def __init__(
        self,
        agenda: Agenda,
        sqs: SQS,
        role: Role,
        *,
        url: str,
        functions: Functions,
        profile: Profile,
    ) -> None:
        self._agenda = agenda
        self._profile = profile
        self._sqs = sqs
        self._role = role
        self._url = url
        self._functions = functions
        self._running = 0
        self._waking: float | None = None
        self.on_dead: Callable[[Message], None] = lambda _message: None
        sqs.queues[url].woken = self._woken

    def _woken(self) -> None:
        self._wake(self._agenda.seconds + self._agenda.rng.uniform(0.01, 0.5))

    def _wake(self, at: float) -> None:
        """Poll at that time, unless it will be done before."""
        if self._waking is None or at < self._waking:
            self._waking = at
            self._agenda.after(at - self._agenda.seconds, self._poll)

    def _poll(self) -> None:
        if self._waking is not None and self._waking <= self._agenda.seconds + 1e-6:
            self._waking = None
        if self._running >= CONCURRENCY:
            return
        if self._profile.is_down("sqs", self._agenda.seconds):
            self._wake(self._agenda.seconds + POLL_RETRY)
            return
        size = self._agenda.rng.randint(1, MOST_RECEIVED)
        received = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=size)
        if "Messages" in received:
            self._running += 1
            try:
                self._consume(received["Messages"])
            finally:
                self._running -= 1
        following = self._sqs.next_visible(self._url)
        if following is not None:
            self._wake(max(following, self._agenda.seconds) + 0.01)

    def _consume(self, messages: list[dict[str, Any]]) -> None:
        try:
            failed = self._functions.consume(self._role, {"Records": list(map(record, messages))})
        except FailedError:
            return
        for message in messages:
            if message["MessageId"] not in failed:
                receipt = message["ReceiptHandle"]
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=receipt)


class EventBridge:
    """ECS's and CodeBuild's events to ingest: at least once, unordered, tried three times."""

    def __init__(self, agenda: Agenda, weather: Weather, functions: Functions) -> None:
        self._agenda = agenda
        self._weather = weather
        self._functions = functions
        self._ids = 0
        self.pending = 0
        self.failed: list[dict[str, Any]] = []

    def tell(self, task: Task) -> None:
        """A task changed. Only what the fleet's rule matches is delivered."""
        if lifecycle.matches_rule(task):
            self._deliver(lifecycle.event(task, self._next_id(), self._agenda.now()))

    def tell_of_build(self, build: BuildView) -> None:
        """A build began or ended; the event may be lost, as no event of a task is."""
        if self._agenda.rng.random() >= self._weather.builds_untold:
            self._deliver(builds.event(build, self._next_id(), self._agenda.now()))

    def _next_id(self) -> str:
        self._ids += 1
        return f"event-{self._ids}"

    def _deliver(self, event: dict[str, Any]) -> None:
        copies = 2 if self._agenda.rng.random() < self._weather.doubled else 1
        for _ in range(copies):
            self._later(event, self._weather.delivery(self._agenda.rng), RETRIES)

    def _later(self, event: dict[str, Any], seconds: float, retries: tuple[float, ...]) -> None:
        self.pending += 1
        self._agenda.after(seconds, lambda: self._send(event, retries))

    def _send(self, event: dict[str, Any], retries: tuple[float, ...]) -> None:
        self.pending -= 1
        try:
            self._functions.on_event(event)
        except FailedError:
            if retries:
                self._later(event, retries[0], retries[1:])
            else:
                self.failed.append(event)


def record(message: dict[str, Any]) -> dict[str, Any]:
    """A message as an event source mapping hands it to its function."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:simulated.fifo",
        "awsRegion": "us-east-1",
    }
