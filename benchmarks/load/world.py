"""One run: connects the simulated services to fibers, latencies and limits.

A single job runs first, so that its image is built. Then the fleet is idle until all functions are
cold again. Then the load begins.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from random import Random
from typing import Any

from benchmarks.load.calls import Calls, Client, Traffic
from benchmarks.load.fibers import Fibers
from benchmarks.load.github import PacedGitHub
from benchmarks.load.lambdas import Environment, Lambda
from benchmarks.load.limits import TokenBucket
from benchmarks.load.mapping import Mapping
from benchmarks.load.options import Options
from benchmarks.load.partitions import Partitions
from benchmarks.load.weather import Measured, Pace, Paced
from local.description import MAX_RECEIVES, VISIBILITY_FACTOR
from shared.adapters.dynamodb import DynamoEventLog
from shared.domain.actions import Role
from shared.domain.names import home_job
from shared.domain.stream import StreamId
from shared.wiring.backends import Backends
from tests.simulated.aws.codebuild import CodeBuild
from tests.simulated.aws.dynamodb import DynamoDB
from tests.simulated.aws.ecr import ECR
from tests.simulated.aws.ecs import ECS, Task
from tests.simulated.aws.fifo import Queue
from tests.simulated.aws.paging import Direct
from tests.simulated.aws.sqs import SQS
from tests.simulated.aws.stores import S3, SSM
from tests.simulated.names import ACCOUNT, CLUSTER, DEAD_LETTERS, FLEET, QUEUES
from tests.simulation.world.fleet import environments, parameters
from tests.simulation.world.functions import JANITOR_SECONDS, Counts, Functions
from tests.simulation.world.github import FaultyHttp
from tests.simulation.world.plumbing import EventBridge
from tests.simulation.world.runners import Runners
from tests.simulation.world.stream import StreamSource
from tests.simulation.world.world import SimulatedClients

REPOSITORY = "octo/repo"
LABELS = ("self-hosted", "linux")
BEGINS = 1800.0
"""Start of the load, in seconds of the virtual clock."""
SHARDS = 4
"""Shards in the stream of a new on-demand table. The table supports 4,000 writes per second, a
partition 1,000, and each partition has a shard. Source: Amazon DynamoDB Developer Guide, "DynamoDB
on-demand capacity mode" and "Best practices for designing and using partition keys"."""
KEPT_WARM = ("ingest", "outbox", "scheduler")
WARM_SECONDS = 240.0
"""The functions that schedules keep warm, and their period."""
_STEP = 5.0


class World:
    """All parts of one run, and the observations of each job.

    Attributes:
        accepted: Time at which ECS accepted the first task of each job, in seconds.
        tasks: Number of tasks that were started since the load began.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.fibers = Fibers(Random(f"load/{options.seed}"))
        self.accepted: dict[int, float] = {}
        self.jobs: list[int] = []
        self.tasks = 0
        self.metrics = Counts()
        self._make_aws()
        self._make_github()
        self._make_functions()
        self._connect()

    def run(self, progress: Callable[["World"], None] = lambda _world: None) -> None:
        """Run the load until all jobs have ended or the time limit is reached."""
        fibers = self.fibers
        with _seeded(self.options.seed):
            fibers.after(0.0, self._queue)
            fibers.run(BEGINS)
            self._begin()
            ends = BEGINS + (0 if self.options.burst else self.options.duration)
            while fibers.seconds < ends + self.options.patience and not self.is_over():
                fibers.run(fibers.seconds + _STEP)
                progress(self)
            fibers.close()

    def is_over(self) -> bool:
        """Return whether all jobs have ended and no delivery is pending."""
        if len(self.jobs) < self.options.jobs or self.ecs.live():
            return False
        pending = self.github.pending + self.eventbridge.pending + self.stream.pending
        return not pending and not any(self.sqs.queues[url].size for url in QUEUES.values())

    # --- the load -------------------------------------------------------------------------------

    def _begin(self) -> None:
        self.traffic.forget()
        self.lambdas.forget()
        self.partitions.forget()
        self.metrics.counts.clear()
        self.accepted.clear()
        self.github.sent.clear()
        self.github.rest.registered_by.clear()
        self.github.rest.limits.calls.clear()
        self.github.rest.limits.refused.clear()
        self.jobs.clear()
        self.tasks = 0
        for one in self.mappings:
            one.longest = 0
        for at in self.options.arrivals(self.fibers.rng):
            self.fibers.after(at, self._queue)

    def _queue(self) -> None:
        self.jobs.append(self.actions.queue(REPOSITORY, LABELS).id)

    def _on_task(self, what: str, task: Task) -> None:
        job_id = home_job(task["startedBy"])
        if what == "run" and job_id is not None:
            self.tasks += 1
            self.accepted.setdefault(job_id, self.fibers.seconds)

    def _on_batch(self, role: Role, groups: list[str]) -> None:
        if role is Role.SCHEDULER:
            for group in groups:
                self._groups.setdefault(group, self.fibers.seconds)

    def picked_at(self, job_id: int) -> float | None:
        """Return when the scheduler's first invocation with the job's nudge began."""
        return self._groups.get(StreamId.of_job(job_id))

    # --- parts ----------------------------------------------------------------------------------

    def _weather(self, arrives: str) -> Measured:
        return Measured(
            delays=self.options.delays, job_seconds=self.options.job_seconds, arrives=arrives
        )

    def _make_aws(self) -> None:
        fibers, weather = self.fibers, self._weather("event")
        self.dynamodb = DynamoDB(fibers)
        for table in FLEET.tables():
            self.dynamodb.create_table(**table)
        self.partitions = Partitions()
        self.dynamodb.on_write = lambda write: self.partitions.written(write, fibers.seconds)
        self.sqs = SQS(fibers)
        for name, url in QUEUES.items():
            dead = self.sqs.create(Queue(DEAD_LETTERS[name]))
            hidden = VISIBILITY_FACTOR * self.options.timeouts[name]
            queue = Queue(url, visibility=hidden, most_receives=MAX_RECEIVES, dead=dead)
            self.sqs.create(queue)
        self.s3 = S3(FLEET.bucket)
        self.ecs = ECS(fibers, weather, CLUSTER)
        self.ecs.watch = self._on_task
        self.ecr = ECR(fibers, ACCOUNT, FLEET.repository)
        project, repository = FLEET.image_project, FLEET.repository
        self.codebuild = CodeBuild(fibers, weather, project, self.ecr, repository)
        onlooker: Any = Direct(self.dynamodb)
        self.log = DynamoEventLog(onlooker, FLEET.events_table, FLEET.runners_table)
        self._groups: dict[str, float] = {}

    def _make_github(self) -> None:
        options = self.options
        weather = Paced(
            delays=options.delays,
            job_seconds=options.job_seconds,
            arrives="webhook",
            pace=Pace(self.fibers, options.webhooks),
        )
        self.github = PacedGitHub(
            self.fibers, weather, credentials=options.credentials, points=options.github_points
        )
        self.actions = self.github.actions

    def _make_functions(self) -> None:
        options = self.options
        run_task = TokenBucket(*options.run_task)
        self.traffic = Traffic(
            fibers=self.fibers, delays=options.delays, dynamodb=self.dynamodb, run_task=run_task
        )
        settings = {
            "MAX_RUNNERS": str(options.max_runners),
            "COMMIT_STATUS_PENDING_SECONDS": "600",
            **options.paced,
            **options.settings,
        }
        self._environments = environments(
            settings, images=options.images, credentials=options.credentials
        )
        self._services = {
            "dynamodb": self.dynamodb,
            "sqs": self.sqs,
            "s3": self.s3,
            "ecs": self.ecs,
            "ecr": self.ecr,
            "codebuild": self.codebuild,
            "ssm": SSM(parameters(options.credentials)),
        }
        self.lambdas = Lambda(self.fibers, options.delays, self._environment)

    def _environment(self, function: str) -> Environment:
        calls: Any = Calls(self.traffic, function, self.options.timeouts[function])
        clients: Any = {name: Client(name, one, calls) for name, one in self._services.items()}
        backends = Backends(
            clients=SimulatedClients(clients),
            connect=lambda: FaultyHttp(self.github.rest, calls),
            clock=self.fibers,
            sleep=calls.sleep,
            seconds=lambda: self.fibers.seconds,
        )
        functions = Functions(self.fibers, calls, backends, self._environments)
        functions.metrics = self.metrics
        return Environment(functions=functions, calls=calls)

    def _connect(self) -> None:
        fibers, lambdas = self.fibers, self.lambdas
        functions: Any = lambdas
        self.github.deliver = lambdas.deliver
        self.eventbridge = EventBridge(fibers, self._weather("event"), functions)
        self.ecs.tell = self.eventbridge.tell
        self.codebuild.tell = self.eventbridge.tell_of_build
        self.stream = StreamSource(fibers, self._weather("stream"), functions, shards=SHARDS)
        self.dynamodb.tables[FLEET.events_table].follow = self.stream.follow
        self.runners = Runners(fibers, self._weather("event"), self.s3, self.ecs, self.github)
        self.mappings = [self._mapping(role) for role in Role]
        fibers.after(fibers.rng.uniform(0, JANITOR_SECONDS), self._sweep)
        fibers.after(fibers.rng.uniform(0, WARM_SECONDS), self._keep_warm)

    def _mapping(self, role: Role) -> Mapping:
        options = self.options
        consumption = options.consumers[role.value]
        mapping = Mapping(
            self.fibers,
            options.delays,
            self.sqs,
            self.lambdas,
            role=role,
            url=QUEUES[role.value],
            batch=consumption.batch,
            concurrency=consumption.concurrency,
            pollers=options.pollers,
        )
        mapping.on_batch = self._on_batch
        return mapping

    def _keep_warm(self) -> None:
        """Invoke functions with empty batches, as the schedules that keep them warm do."""
        self.fibers.after(WARM_SECONDS, self._keep_warm)
        for function in KEPT_WARM:
            self.fibers.after(0.0, partial(self.lambdas.keep_warm, function))

    def _sweep(self) -> None:
        self.fibers.after(JANITOR_SECONDS, self._sweep)
        self.lambdas.sweep()


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed the module `random`, which the functions use for jitter."""
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)
