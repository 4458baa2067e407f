"""One world: everything put together from a seed, and what it takes to let it run to its end."""

import json
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from local.description import CONSUMERS, Description
from local.github.model import Job
from shared.adapters.dynamodb import DynamoEventLog, DynamoRunnersTable
from shared.domain.actions import Role
from shared.wiring.outside import Outside
from tests.simulation.world.agenda import Agenda
from tests.simulation.world.aws.dynamodb import DynamoDB
from tests.simulation.world.aws.ecs import ECS
from tests.simulation.world.aws.paging import Direct
from tests.simulation.world.aws.sqs import SQS, Queue
from tests.simulation.world.aws.stores import S3, SSM
from tests.simulation.world.faults import Calls, Client
from tests.simulation.world.functions import FailedError, Functions
from tests.simulation.world.github import TOKEN, URL, GitHub, Http
from tests.simulation.world.operator import Operator
from tests.simulation.world.plumbing import EventBridge, Mapping, Outbox
from tests.simulation.world.profile import Profile
from tests.simulation.world.runners import Runners
from tests.support.webhooks import SECRET

FLEET = Description("fleet")
CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/fleet"
REPOSITORIES = ("octo/repo", "octo/repo", "octo/other")
JANITOR_SECONDS = 60.0
CLASSES = {
    "small": {"cpu": 512, "memory": 1024},
    "large": {"cpu": 4096, "memory": 8192, "capacity": ["FARGATE_SPOT", "FARGATE"]},
}
_LABELS = (
    ("self-hosted", "linux"),
    ("self-hosted", "linux"),
    ("self-hosted", "class:large"),
    ("self-hosted", "linux", "x64"),
    ("self-hosted", "class:xl"),
)
"""What jobs ask for; nobody defined the last one's class."""


@dataclass(frozen=True)
class SimulatedClients:
    """`shared.adapters.clients.Clients` of a world."""

    clients: dict[str, Client]

    def __getattr__(self, service: str) -> Any:
        return lambda: self.clients[service]


class World:
    """All parts, wired. Nothing happens before `run`."""

    def __init__(
        self,
        seed: int,
        profile: Profile,
        *,
        jobs: int | None = None,
        aim: str | None = None,
    ) -> None:
        rng = Random(f"{profile.name}/{seed}")
        weather = profile.weather
        self.profile = profile
        self.agenda = agenda = Agenda(rng, weather.meanwhile)
        self.calls = Calls(agenda, profile, aim)
        self.dynamodb = DynamoDB(agenda)
        for table in FLEET.tables():
            self.dynamodb.create_table(**table)
        self.sqs = SQS(agenda)
        self.urls = {name: f"https://sqs.test/{FLEET.queue(name)}" for name in CONSUMERS}
        self.dead = {name: f"https://sqs.test/{FLEET.dead_letters(name)}" for name in CONSUMERS}
        for name, url in self.urls.items():
            dead = self.sqs.create(Queue(self.dead[name]))
            self.sqs.create(Queue(url, most_receives=profile.most_receives, dead=dead))
        self.s3 = S3(FLEET.bucket)
        self.ecs = ECS(agenda, weather, CLUSTER)
        raw = {
            "dynamodb": self.dynamodb,
            "sqs": self.sqs,
            "s3": self.s3,
            "ecs": self.ecs,
            "ssm": SSM(_parameters()),
        }
        clients = {name: Client(name, one, self.calls) for name, one in raw.items()}
        self.github = GitHub(agenda, weather)
        self.actions = self.github.actions
        outside = Outside(
            clients=SimulatedClients(clients),
            connect=lambda: Http(self.github.rest, self.calls),
            clock=agenda,
            sleep=self.calls.sleep,
            cache_seconds=0,
        )
        self.functions = Functions(
            agenda, self.calls, outside, _environments(self.urls, self.dead, profile)
        )
        self.eventbridge = EventBridge(agenda, weather, self.functions)
        self.github.deliver = self.functions.deliver
        self.ecs.tell = self.eventbridge.tell
        self.outbox = Outbox(agenda, weather, self.sqs, self.urls)
        self.dynamodb.tables[FLEET.events_table].follow = self.outbox.follow
        for role in Role:
            Mapping(agenda, self.sqs, role, self.urls[role.value], self.functions)
        self.runners = Runners(agenda, weather, self.s3, self.ecs)
        self.runners.actions = self.actions
        self.runners.job_seconds = lambda _job: rng.uniform(5, 180)
        self.ecs.program = self.runners
        self.github.on_start = self.runners.took
        onlooker: Any = Direct(self.dynamodb)
        self.log = DynamoEventLog(onlooker, FLEET.events_table, FLEET.runners_table)
        self.table = DynamoRunnersTable(onlooker, FLEET.runners_table)
        self.operator = Operator(agenda, self.log, self.ecs)
        self.last_job_at = 0.0
        self._plan(jobs)

    def _plan(self, jobs: int | None) -> None:
        """When what happens: jobs, Spot storms, an operator's wishes, the Janitor."""
        rng, agenda, profile = self.agenda.rng, self.agenda, self.profile
        for _ in range(jobs or rng.randint(*profile.jobs)):
            at = rng.uniform(0, profile.within)
            labels = _LABELS[0] if profile.equal else rng.choice(_LABELS)
            repository = REPOSITORIES[0] if profile.equal else rng.choice(REPOSITORIES)
            agenda.after(at, partial(self._queue, repository, labels))
        self.last_job_at = profile.within
        for _ in range(profile.weather.spot_storms):
            agenda.after(rng.uniform(0, profile.within + 200), self.runners.spot_storm)
        for _ in range(profile.weather.terminations):
            agenda.after(rng.uniform(0, profile.within + 200), self.operator.terminate)
        agenda.after(rng.uniform(0, JANITOR_SECONDS), self._janitor)

    def _queue(self, repository: str, labels: tuple[str, ...]) -> None:
        job = self.actions.queue(repository, labels)
        if self.agenda.rng.random() < self.profile.weather.cancelled:
            self.agenda.after(self.agenda.rng.uniform(0, 90), lambda: self._cancel(job))

    def _cancel(self, job: Job) -> None:
        if job.status == "queued":
            self.actions.cancel(job.repository, job.run_id)

    def _janitor(self) -> None:
        self.agenda.after(JANITOR_SECONDS, self._janitor)
        try:
            self.functions.sweep()
        except FailedError:
            return

    def is_quiet(self) -> bool:
        """Whether nothing is on its way: no webhook, event, nudge or message."""
        pending = self.github.pending + self.eventbridge.pending + self.outbox.pending
        return not pending and not any(
            self.sqs.queues[url].messages() for url in self.urls.values()
        )


def _parameters() -> dict[str, str]:
    return {
        FLEET.parameter("class-sizes"): json.dumps(CLASSES),
        FLEET.parameter("github-token"): TOKEN,
        FLEET.parameter("webhook-secret"): SECRET,
    }


def _environments(
    urls: dict[str, str], dead: dict[str, str], profile: Profile
) -> dict[str, dict[str, str]]:
    tables = {"EVENTS_TABLE": FLEET.events_table, "RUNNER_TABLE": FLEET.runners_table}
    fleet = {
        **tables,
        "PREFIX": FLEET.prefix,
        "CLUSTER": FLEET.cluster,
        "CONFIG_BUCKET": FLEET.bucket,
        "CLASS_SIZES_PARAM": FLEET.parameter("class-sizes"),
        "DEFAULT_CLASS": "small",
        "GITHUB_TOKEN_PARAM": FLEET.parameter("github-token"),
        "GITHUB_API_URL": URL,
        "RUNNER_IMAGE": "runner",
        "TASK_DEFINITION": "runner:1",
        "SUBNET_IDS": "subnet-1,subnet-2",
        "SECURITY_GROUP_IDS": "sg-1",
        **profile.settings,
    }
    ingest = {
        **tables,
        "PREFIX": FLEET.prefix,
        "CLUSTER": CLUSTER,
        "GITHUB_SCOPE": "octo",
        "WEBHOOK_SECRET_PARAM": FLEET.parameter("webhook-secret"),
    }
    consumers = {name: fleet | {"QUEUE_URL": urls[name]} for name in CONSUMERS}
    letters = {f"{name.upper()}_DEAD_LETTER_URL": url for name, url in dead.items()}
    return {"ingest": ingest, "janitor": fleet | letters, **consumers}
