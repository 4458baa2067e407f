"""The local stack: creates, connects, starts and stops all parts in order.

The parts are in the other modules of `local`. `description` contains the fleet's AWS resources.
"""

import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

from cli.streams.scan import LogScan
from local.clients import Clients
from local.codebuild.codebuild import CodeBuild
from local.codebuild.lifecycle import Durations
from local.description import CONSUMERS, FUNCTION_TIMEOUT_SECONDS, Description
from local.fargate.fargate import Fargate
from local.fargate.lifecycle import Delays, matches_rule
from local.fargate.logs import ContainerLogs
from local.fleet import Created, Deployment, Fleet
from local.functions import NAMES, Endpoints
from local.github.limits import POINTS
from local.github.server import GitHub
from local.lambdas.host import LambdaHost
from local.lambdas.logs import LogDelivery
from local.lambdas.sources.asynchronous import AsynchronousInvoker, to_queue
from local.lambdas.sources.http_api import HttpApi
from local.lambdas.sources.schedule import Schedule
from local.lambdas.sources.sqs import EventSourceMapping
from local.lambdas.sources.stream import StreamMapping
from local.part import Part
from local.resources import Resources
from local.zips import unpacked
from shared.adapters.dynamodb import DynamoEventLog
from shared.adapters.runners_table import DynamoRunnersTable

_PROJECT = Path(__file__).resolve().parents[1]

_RUNNER = _PROJECT / "local" / "runner"
_IMAGE = {
    "RUNNER_HOME": str(_RUNNER),
    "ACTIONS_RUNNER_HOOK_JOB_STARTED": str(_RUNNER / "hooks" / "job-started.sh"),
    "ACTIONS_RUNNER_HOOK_JOB_COMPLETED": str(_RUNNER / "hooks" / "job-completed.sh"),
    "STAND_IN_PYTHON": sys.executable,
}
"""Environment variables that the runner image would set."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a stack.

    Attributes:
        prefix: Prefix of the fleet's resources and runners.
        repository: Repository of the jobs. The fleet serves all repositories of its owner.
        seed: Random seed for the choice of an idle runner; None: not reproducible.
        port: Port for webhooks; 0: a free port.
        janitor_seconds: Interval of the Janitor's runs.
        timeout: Timeout of the functions in seconds. The visibility timeout is six times as long.
        delays: Delays between the statuses of tasks.
        builds: Durations of image builds.
        zips: Directory with the zips of functions and layer, to run instead of the source.
        dynamodb_local: Whether to use DynamoDB Local instead of moto's DynamoDB.
    """

    prefix: str = "demo"
    repository: str = "octo-org/octo-repo"
    seed: int | None = None
    port: int = 0
    janitor_seconds: float = 5
    timeout: int = FUNCTION_TIMEOUT_SECONDS
    delays: Delays = field(default_factory=Delays)
    builds: Durations = field(default_factory=Durations)
    zips: Path | None = None
    dynamodb_local: bool = False


class Stack(Part):
    """The local stack. It writes the logs of functions and tasks under `directory`.

    A process can run one stack at a time, because moto keeps its state in module variables.

    Args:
        fleet: The fleet to run. By default the stack creates one with `options`.
    """

    def __init__(
        self, directory: Path, options: Options | None = None, fleet: Fleet | None = None
    ) -> None:
        self.options = options or Options()
        self.directory = directory
        self._fleet = fleet or Created(
            Description(self.options.prefix, self.options.timeout),
            dynamodb_local=self.options.dynamodb_local,
        )
        self.aws = self._fleet.aws
        self.webhook_secret = self._fleet.webhook_secret
        self.github = GitHub(token=self._fleet.github_token, seed=self.options.seed, points=POINTS)
        self.host = LambdaHost(directory / "functions")
        self.api = HttpApi(self.host, {"POST /webhook": "ingest"})
        self.events: AsynchronousInvoker
        self.janitor: Schedule[str]
        self.stream: StreamMapping
        self.fargate: Fargate
        self.codebuild: CodeBuild
        self.clients: Clients
        self._deployment: Deployment
        self._parts = ExitStack()

    @property
    def webhook_url(self) -> str:
        """URL for webhooks."""
        return f"{self.api.url}/webhook"

    @property
    def resources(self) -> Resources:
        """The fleet's resources."""
        return self._deployment.resources

    @property
    def _tasks(self) -> Path:
        return self.directory / "tasks"

    @property
    def cli_environment(self) -> dict[str, str]:
        """Return the environment variables with which `ecsrunner` finds the fleet."""
        return dict(self._deployment.cli)

    @property
    def log(self) -> DynamoEventLog:
        """The fleet's log."""
        names = self.resources.description
        return DynamoEventLog(self._dynamodb, names.events_table, names.runners_table)

    @property
    def scan(self) -> LogScan:
        """Reads all streams of the log."""
        return LogScan(self._dynamodb, self.resources.description.events_table, self.log.read)

    @property
    def table(self) -> DynamoRunnersTable:
        """The projection."""
        return DynamoRunnersTable(self._dynamodb, self.resources.description.runners_table)

    def dead_letters(self) -> dict[str, int]:
        """Return the number of messages in each dead-letter queue."""
        urls = {**self.resources.dead_letters, "ingest": self.resources.failed_events}
        return {name: self._depth(url) for name, url in urls.items()}

    def start(self) -> Self:
        """Start every part. If one fails, stop those that were started."""
        with ExitStack() as parts:
            self._start_world(parts)
            self._start_functions(parts)
            self._start_sources(parts)
            self._parts = parts.pop_all()
        return self

    def stop(self) -> None:
        """Stop every part, in reverse order."""
        self._parts.close()

    def _depth(self, url: str) -> int:
        name = "ApproximateNumberOfMessages"
        answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return int(answer["Attributes"][name])

    def _start_world(self, parts: ExitStack) -> None:
        """Start AWS with the fleet's resources, and GitHub."""
        parts.callback(self._fleet.stop)
        self._fleet.start()
        self.clients = Clients(self.aws.url)
        parts.callback(self.clients.close)
        self.github.start()
        parts.callback(self.github.stop)
        self.api.start(self.options.port)  # the Janitor has to know its URL
        parts.callback(self.api.stop)
        zips = self.options.zips
        paths = unpacked(zips, NAMES, self.directory / "unpacked") if zips else {}
        self._deployment = self._fleet.deploy(self.clients.make, self._endpoints(), paths)
        self._sqs = self.clients.make("sqs")
        self._dynamodb = self.clients.make("dynamodb")

    def _start_functions(self, parts: ExitStack) -> None:
        for function in self._deployment.functions:
            self.host.add(function)
        self.host.start()
        logs = LogDelivery(
            self.clients.make("logs", caller="lambda"),
            self.resources.description.log_group("ingest"),
            self.host.log_path("ingest"),
        ).start()
        parts.callback(logs.stop)
        parts.callback(self.host.stop)

    def _start_sources(self, parts: ExitStack) -> None:
        """Start the event sources of the functions: streams, queues, HTTP, schedules."""
        failed = to_queue(self._as_role("ingest"), self.resources.failed_events)
        self.events = AsynchronousInvoker(self.host, "ingest", on_failure=failed)
        self.fargate = self._fargate(self.events)
        self.codebuild = self._codebuild(self.events)
        mappings = [
            EventSourceMapping(self.host, name, self._as_role(name), self.resources.queues[name])
            for name in CONSUMERS
        ]
        janitor = AsynchronousInvoker(self.host, "janitor", workers=1)
        self.janitor = Schedule("janitor", janitor.send, self.options.janitor_seconds)
        self.stream = StreamMapping(
            self.host, "outbox", self.clients.make("dynamodbstreams"), self.resources.stream_arn
        )
        world: list[_Part] = [self.events, self._container_logs(), self.fargate, self.codebuild]
        for part in (*world, *mappings, self.stream, janitor, self.janitor):
            part.start()
            parts.callback(part.stop)
        hook = self.github.hook or self.github.add_hook(  # an App has a hook of its own
            self.webhook_url, self.webhook_secret, self.options.repository
        )
        parts.callback(hook.stop)
        # Stopped first, so that no event source waits for a pending invocation.
        parts.callback(self.host.stop)

    def _as_role(self, function: str) -> Any:
        """Return a client for calls that Lambda makes with the function's role, such as polling.

        Its calls are counted separately from those of the function.
        """
        return self.clients.make("sqs", caller=lambda_for(function))

    def _fargate(self, events: AsynchronousInvoker) -> Fargate:
        return Fargate(
            s3=self.clients.make("s3", caller="fargate"),
            command=[str(_PROJECT / "runner" / "entrypoint.sh")],
            directory=self._tasks,
            on_event=lambda event: _send_if_matched(events, event),
            environment=_IMAGE,
            delays=self.options.delays,
        )

    def _container_logs(self) -> ContainerLogs:
        logs = self.clients.make("logs", caller="fargate")
        return ContainerLogs(logs, self.resources.description.runner_log_group, self._tasks)

    def _codebuild(self, events: AsynchronousInvoker) -> CodeBuild:
        return CodeBuild(
            ecr=self.clients.make("ecr", caller="codebuild"),
            repository=self.resources.description.repository,
            on_event=lambda event: _ignore(events.send(event)),
            durations=self.options.builds,
        )

    def _endpoints(self) -> Endpoints:
        owner = self.options.repository.partition("/")[0]
        return Endpoints(
            aws=self.aws.url, github=self.github.url, scope=owner, webhook=self.webhook_url
        )


def lambda_for(function: str) -> str:
    """Return the caller name of calls that Lambda makes with the role of that function."""
    return f"lambda-for-{function}"


class _Part(Protocol):
    """An object that can be started and stopped."""

    def start(self) -> object: ...

    def stop(self) -> None: ...


def _send_if_matched(events: AsynchronousInvoker, event: dict[str, Any]) -> None:
    """Send an event of a task to ingest if the fleet's rule matches it."""
    if matches_rule(event["detail"]):
        _ignore(events.send(event))


def _ignore(_request_id: str) -> None:
    """Ignore the request id, because AWS does not wait for the result of its event."""
