"""One world: every part of it, put together from a seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from local.github.model import Job
from shared.adapters.runners_table import DynamoRunnersTable
from shared.domain.actions import Role
from shared.wiring.backends import Backends
from tests.simulated.agenda import Agenda
from tests.simulated.aws.codebuild import CodeBuild
from tests.simulated.aws.dynamodb import DynamoDB
from tests.simulated.aws.ecr import ECR
from tests.simulated.aws.ecs import ECS
from tests.simulated.aws.events import Events
from tests.simulated.aws.expressions import Item
from tests.simulated.aws.fifo import Queue
from tests.simulated.aws.paging import Direct
from tests.simulated.aws.sqs import SQS
from tests.simulated.aws.stores import S3, SSM
from tests.simulated.names import ACCOUNT, CLUSTER, DEAD_LETTERS, FLEET, QUEUES, UNDELIVERED
from tests.simulation.world import app
from tests.simulation.world.faults import Calls, Client
from tests.simulation.world.fleet import environments, parameters
from tests.simulation.world.functions import Functions
from tests.simulation.world.github import FaultyHttp, GitHub
from tests.simulation.world.load import Load, is_foreign
from tests.simulation.world.onlooker import Onlooker
from tests.simulation.world.operator import Operator
from tests.simulation.world.plumbing import EventBridge, EventSource
from tests.simulation.world.profile import Profile
from tests.simulation.world.runners import Runners
from tests.simulation.world.stream import StreamSource


@dataclass(frozen=True)
class SimulatedClients:
    """`shared.adapters.clients.Clients` of a world."""

    clients: Mapping[str, Client]

    def __getattr__(self, service: str) -> Any:
        return lambda: self.clients[service]


class World:
    """All parts, wired. Nothing happens before its agenda is run."""

    def __init__(
        self, seed: int, profile: Profile, *, jobs: int | None = None, aim: str | None = None
    ) -> None:
        self.profile = profile
        self.agenda = Agenda(Random(f"{profile.name}/{seed}"), profile.weather.meanwhile)
        self.calls = Calls(self.agenda, profile, aim, seed)
        self._make_aws()
        self.github = GitHub(
            self.agenda, profile.weather, credentials=profile.credentials, points=profile.points
        )
        if profile.has_app:
            self.ssm.parameters |= app.key()
            self.github.rest.app = app.app(self.agenda)
            self.github.rest.versions[app.VERSION] = self.agenda.now() + timedelta(days=40)
            self.github.hook.of_app = True
            self.github.actions.scopes.add_group("octo", app.GROUP)
        self.actions = self.github.actions
        self._make_functions()
        self._connect()
        self.runners = Runners(self.agenda, profile.weather, self.s3, self.ecs, self.github)
        self.operator = Operator(self.agenda, self.log, self.ecs)
        self.load = Load(self.agenda, profile, self.github, jobs)
        self.load.also(self.runners.spot_storm, profile.weather.spot_storms)
        self.load.also(self.operator.terminate, profile.weather.terminations)

    def _make_aws(self) -> None:
        """The services, with the fleet's resources in them."""
        self.dynamodb = DynamoDB(self.agenda)
        for table in FLEET.tables():
            self.dynamodb.create_table(**table)
        self.sqs = SQS(self.agenda)
        for name, url in QUEUES.items():
            dead = self.sqs.create(Queue(DEAD_LETTERS[name]))
            most = self.profile.most_receives
            self.sqs.create(Queue(url, most_receives=most, dead=dead))
        self.sqs.create(Queue(UNDELIVERED, fifo=False))
        self.events = Events(FLEET.bus)
        self.ssm = SSM(parameters(self.profile.credentials))
        self.s3 = S3(FLEET.bucket)
        self.ecs = ECS(self.agenda, self.profile.weather, CLUSTER)
        self.ecs.without_quota = self.profile.quota
        self.ecr = ECR(self.agenda, ACCOUNT, FLEET.repository)
        self.pulls: list[tuple[str, datetime]] = []
        self.ecs.pull = self._pull
        self.codebuild = CodeBuild(
            self.agenda, self.profile.weather, FLEET.image_project, self.ecr, FLEET.repository
        )
        onlooker: Any = Direct(self.dynamodb)
        self.log = Onlooker(self.dynamodb)
        self.table = DynamoRunnersTable(onlooker, FLEET.runners_table)

    def _pull(self, image: str) -> str | None:
        """Pull an image for a task; `pulls` remembers the tag and the time."""
        problem = self.ecr.pull(image)
        digest = image.rpartition("@")[2]
        tags = [tag for tag, known in self.ecr.digests.items() if known == digest]
        self.pulls += [(tag, self.agenda.now()) for tag in tags]
        return problem

    def _make_functions(self) -> None:
        """The functions, whose every call may fail."""
        services = {
            "dynamodb": self.dynamodb,
            "sqs": self.sqs,
            "s3": self.s3,
            "ecs": self.ecs,
            "ecr": self.ecr,
            "codebuild": self.codebuild,
            "ssm": self.ssm,
            "events": self.events,
        }
        backends = Backends(
            clients=SimulatedClients(
                {name: Client(name, one, self.calls) for name, one in services.items()}
            ),
            connect=lambda: FaultyHttp(self.github.rest, self.calls),
            clock=self.agenda,
            sleep=self.calls.sleep,
            cache_seconds=0,
        )
        profile = self.profile
        environment = environments(
            profile.settings,
            images=profile.images,
            organization=profile.organization,
            credentials=profile.credentials,
        )
        self.functions = Functions(self.agenda, self.calls, backends, environment)

    def _connect(self) -> None:
        """What invokes the functions."""
        agenda, weather = self.agenda, self.profile.weather
        self.github.deliver = self.functions.deliver
        self.eventbridge = EventBridge(agenda, weather, self.functions)
        self.ecs.tell = self.eventbridge.tell
        self.codebuild.tell = self.eventbridge.tell_of_build
        self.stream = StreamSource(agenda, weather, self.functions, is_down=self._is_stream_down)
        self.dynamodb.tables[FLEET.events_table].follow = self._on_event
        for role in Role:
            url = QUEUES[role.value]
            functions, profile = self.functions, self.profile
            EventSource(agenda, self.sqs, role, url=url, functions=functions, profile=profile)
        self.functions.start_schedule(self.profile.schedule)

    def _on_event(self, item: Item) -> None:
        self.log.follow(item)
        self.stream.follow(item)

    def _is_stream_down(self, seconds: float) -> bool:
        return any(self.profile.is_down(one, seconds) for one in ("stream", "dynamodb"))

    def jobs(self) -> list[Job]:
        """The jobs that the fleet serves."""
        return [job for job in self.actions.jobs() if not is_foreign(job)]

    def thieves(self) -> list[Job]:
        """The jobs that the fleet ignores and that one of its runners took."""
        foreign = [job for job in self.actions.jobs() if is_foreign(job)]
        return [job for job in foreign if job.runner_name]

    def is_quiet(self) -> bool:
        """Whether nothing is on its way: no webhook, event, nudge or message, no whim of GitHub."""
        backends = self.github.pending + self.github.whims.pending
        pending = (
            backends + len(self.github.hook.failed) + self.eventbridge.pending + self.stream.pending
        )
        return not pending and not any(self.sqs.queues[url].messages() for url in QUEUES.values())
