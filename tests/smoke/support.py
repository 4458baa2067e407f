"""A site whose AWS gives scripted answers, and a log in memory."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from shared.domain.events import Event, Fact, Recorded
from shared.domain.stream import StreamId
from smoke.patience import Patience
from smoke.site import Site
from smoke.webhook import Answer

JOB = 9_000_000_000_000_001
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
PREFIX = "smoke-1a2b"
QUEUES = (
    "scheduler",
    "reconciler",
    "scheduler_dead_letters",
    "reconciler_dead_letters",
    "failed_events",
    "undelivered",
)
OUTPUTS: Mapping[str, Any] = {
    "tables": {"events": f"{PREFIX}-events", "runners": f"{PREFIX}-runners"},
    "queue_urls": {name: f"https://sqs/{name}" for name in QUEUES},
    "functions": {
        name: {"name": f"{PREFIX}-{name}"}
        for name in ("ingest", "outbox", "scheduler", "reconciler", "janitor")
    },
    "cluster": {"name": PREFIX},
    "image_build_project": f"{PREFIX}-images",
    "webhook_url": "https://api/webhook",
    "function_environments": {"scheduler": {"IMAGE_BUILD_PROJECT": f"{PREFIX}-images"}},
}


def denied(code: str = "AccessDeniedException", text: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": text}}, "Operation")


class Service:
    """A client: an answer by operation; an exception is raised, a function is called."""

    exceptions = SimpleNamespace(ClientError=ClientError)

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self.answers = dict(answers)
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def get_paginator(self, operation: str) -> Any:
        return SimpleNamespace(paginate=lambda **asked: [self._answer(operation, asked)])

    def __getattr__(self, operation: str) -> Any:
        return lambda **asked: self._answer(operation, asked)

    def _answer(self, operation: str, asked: dict[str, Any]) -> Any:
        self.asked.append((operation, asked))
        if operation not in self.answers:
            raise denied("AccessDeniedException", f"{operation} is not allowed")
        answer = self.answers[operation]
        if isinstance(answer, Exception):
            raise answer
        return answer(**asked) if callable(answer) else answer


@dataclass
class Log:
    """Streams by id."""

    streams: dict[str, list[Recorded]] = field(default_factory=dict)

    def read(self, stream: str) -> list[Recorded]:
        return self.streams.get(stream, [])

    def add(self, stream: str, actor: str, *facts: Fact) -> None:
        known = self.streams.setdefault(stream, [])
        for fact in facts:
            number = len(known) + 1
            event = Event(id=f"{stream}/{number}", at=NOW, recorded_at=NOW, actor=actor, fact=fact)
            known.append(Recorded(stream=stream, seq=number, event=event, text=""))


class Hook:
    """Gives these answers, one after the other."""

    url = "https://api/webhook"
    secret = "webhook-secret"

    def __init__(self, answers: Iterable[Answer]) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, Any, bool]] = []

    def send(self, event: str, payload: Any, *, signed: bool = True) -> Answer:
        self.sent.append((event, payload, signed))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Time:
    """A clock that moves only when somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0
        self.said: list[str] = []

    def patience(self) -> Patience:
        return Patience(self.said.append, lambda: self.now, self._pause)

    def _pause(self, seconds: float) -> None:
        self.now += seconds


class Scripted(Site):
    """A site with the log and the row that the test gives."""

    memory: Log
    the_row: Any = None
    connect: Any
    webhook: Any = None
    github: Any

    @property
    def log(self) -> Any:
        return self.memory

    def row(self) -> Any:
        return self.the_row

    def facts(self, actor: str, *facts: Fact) -> None:
        self.memory.add(StreamId.of_job(JOB), actor, *facts)


def site(answers: Iterable[Answer] = (), **services: Mapping[str, Any]) -> Scripted:
    """A site; `services` are answers by operation, by service (`_` for `-`)."""
    made = {name.replace("_", "-"): Service(one) for name, one in services.items()}
    found = Scripted(
        client=lambda name: made.setdefault(name, Service({})),
        patience=Time().patience(),
        region="eu-central-1",
        prefix=PREFIX,
        repository="acme/shop",
        job_id=JOB,
        launches=True,
        github=None,
        workspace=None,
        connect=lambda _: Hook(answers),
        outputs=OUTPUTS,
        begun=NOW,
    )
    found.memory = Log()
    found.webhook = Hook(answers)
    return found
