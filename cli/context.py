"""The context of the commands: the ports, wired to AWS from the environment on first use.

A command calls `require` with the variables that it needs, and the error names all that are
missing. Tests pass another `Fleet` to the commands.
"""

import getpass
import time
from collections.abc import Mapping
from typing import Any, Protocol

from cli.aws import Clients
from cli.doctor.clients import ServiceClients
from cli.errors import NotConfigured
from cli.intake_log import CloudWatchIntakeLog
from cli.message_ages import MessageAges
from cli.nudges import SqsNudges
from cli.render.console import left_out
from cli.secrets import Secrets, SsmSecrets
from cli.streams.importing import EventsTable
from cli.streams.scan import LogScan
from shared.adapters.clock import SystemClock
from shared.adapters.dynamodb import DynamoEventLog
from shared.adapters.queues import SqsQueues
from shared.adapters.runners_table import DynamoRunnersTable
from shared.adapters.ssm import SsmParameters
from shared.ports import Clock, EventLog, IntakeLog, Nudges, Parameters, Queues, RunnersTable
from shared.ports.queues import FAILED_EVENTS, dead_letters_of

EVENTS_TABLE = "EVENTS_TABLE"
RUNNER_TABLE = "RUNNER_TABLE"
CLASS_SIZES_PARAM = "CLASS_SIZES_PARAM"
QUEUE_URLS = {"scheduler": "SCHEDULER_QUEUE_URL", "reconciler": "RECONCILER_QUEUE_URL"}
DEAD_LETTER_URLS = {
    "scheduler": "SCHEDULER_DEAD_LETTER_URL",
    "reconciler": "RECONCILER_DEAD_LETTER_URL",
}
FAILED_EVENTS_URL = "FAILED_EVENTS_URL"
INGEST_LOG_GROUP = "INGEST_LOG_GROUP"
WEBHOOK_URL = "WEBHOOK_URL"
GITHUB_API_URL = "GITHUB_API_URL"
GITHUB_APP_ID = "GITHUB_APP_ID"
GITHUB_APP_KEY_PARAM = "GITHUB_APP_KEY_PARAM"

_ALL_URLS = {
    **QUEUE_URLS,
    **{dead_letters_of(consumer): name for consumer, name in DEAD_LETTER_URLS.items()},
    FAILED_EVENTS: FAILED_EVENTS_URL,
}

MEANINGS = {
    EVENTS_TABLE: "the DynamoDB table of the events",
    RUNNER_TABLE: "the DynamoDB table of the runners",
    CLASS_SIZES_PARAM: "the SSM parameter of the class sizes",
    "SCHEDULER_QUEUE_URL": "the URL of the scheduler's queue",
    "RECONCILER_QUEUE_URL": "the URL of the reconciler's queue",
    "SCHEDULER_DEAD_LETTER_URL": "the URL of the scheduler's dead-letter queue",
    "RECONCILER_DEAD_LETTER_URL": "the URL of the reconciler's dead-letter queue",
    FAILED_EVENTS_URL: "the URL of the queue of ingest's failed events",
    INGEST_LOG_GROUP: "the log group of ingest",
    WEBHOOK_URL: "the URL to which GitHub sends webhooks",
    GITHUB_API_URL: "the URL of GitHub's REST API",
    GITHUB_APP_ID: "the id of the GitHub App; empty with a token",
    GITHUB_APP_KEY_PARAM: "the SSM parameter of the App's private key",
}


class Fleet(Protocol):
    """One fleet, as the commands see it."""

    @property
    def log(self) -> EventLog:
        """The event log. Reads need EVENTS_TABLE; appends need RUNNER_TABLE, too."""
        ...

    @property
    def scan(self) -> LogScan:
        """The parallel scan of the event log. Needs EVENTS_TABLE."""
        ...

    @property
    def events(self) -> EventsTable:
        """The events table, for imports. Needs EVENTS_TABLE."""
        ...

    @property
    def table(self) -> RunnersTable:
        """The runners table."""
        ...

    @property
    def nudges(self) -> Nudges:
        """The port that sends nudges to the queues whose URLs are set."""
        ...

    @property
    def queues(self) -> Queues:
        """The port that inspects the queues, the dead-letter queues and the failed events."""
        ...

    @property
    def intake_log(self) -> IntakeLog:
        """The deliveries that ingest did not record. Needs INGEST_LOG_GROUP."""
        ...

    @property
    def parameters(self) -> Parameters:
        """The SSM parameters."""
        ...

    @property
    def secrets(self) -> Secrets:
        """The port that stores secrets in SSM parameters."""
        ...

    @property
    def clock(self) -> Clock:
        """The clock."""
        ...

    @property
    def user(self) -> str:
        """The name of the user, which is recorded with requests."""
        ...

    def client(self, service: str) -> Any:
        """Return the AWS client of a service, such as `lambda`, for what has no port."""
        ...

    def own_secrets(self) -> list[str]:
        """Return the secrets of the AWS credentials in use."""
        ...

    def variable(self, name: str) -> str:
        """Return the value of an environment variable, or "" if it is not set."""
        ...

    def require(self, *names: str) -> None:
        """Check that these environment variables are set.

        Raises:
            NotConfigured: names all variables that are not set.
        """
        ...

    def pause(self, seconds: float) -> None:
        """Wait that many seconds."""
        ...


class AwsFleet:
    """`Fleet` on AWS; region, credentials and endpoint are the AWS SDK's own variables."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._clients = Clients()
        self._services = ServiceClients()
        self.clock = SystemClock()

    @property
    def log(self) -> EventLog:
        """See `Fleet.log`."""
        self.require(EVENTS_TABLE)
        events, runners = self.variable(EVENTS_TABLE), self.variable(RUNNER_TABLE)
        return DynamoEventLog(self._clients.dynamodb, events, runners)

    @property
    def scan(self) -> LogScan:
        """See `Fleet.scan`."""
        return LogScan(self._clients.dynamodb, self.variable(EVENTS_TABLE), self.log.read)

    @property
    def events(self) -> EventsTable:
        """See `Fleet.events`."""
        return EventsTable(self._clients.dynamodb, self.variable(EVENTS_TABLE))

    @property
    def table(self) -> RunnersTable:
        """See `Fleet.table`."""
        self.require(RUNNER_TABLE)
        return DynamoRunnersTable(self._clients.dynamodb, self.variable(RUNNER_TABLE), left_out)

    @property
    def nudges(self) -> Nudges:
        """See `Fleet.nudges`."""
        urls = {route: self.variable(name) for route, name in QUEUE_URLS.items()}
        return SqsNudges(self._clients.sqs, {route: url for route, url in urls.items() if url})

    @property
    def queues(self) -> Queues:
        """See `Fleet.queues`."""
        urls = {queue: self.variable(name) for queue, name in _ALL_URLS.items()}
        known = {queue: url for queue, url in urls.items() if url}
        ages = MessageAges(lambda: self._clients.cloudwatch, self.clock)
        return SqsQueues(self._clients.sqs, known, age=ages.oldest)

    @property
    def intake_log(self) -> IntakeLog:
        """See `Fleet.intake_log`."""
        group = self.variable(INGEST_LOG_GROUP)
        return CloudWatchIntakeLog(lambda: self._clients.logs, group)

    @property
    def parameters(self) -> Parameters:
        """See `Fleet.parameters`."""
        return SsmParameters(self._clients.ssm)

    @property
    def secrets(self) -> Secrets:
        """See `Fleet.secrets`."""
        return SsmSecrets(self._clients.ssm)

    @property
    def user(self) -> str:
        """See `Fleet.user`."""
        try:
            return getpass.getuser()
        except (OSError, KeyError, ImportError):  # a container's user may have no name
            return "unknown"

    def client(self, service: str) -> Any:
        """See `Fleet.client`."""
        return self._services.client(service)

    def own_secrets(self) -> list[str]:
        """See `Fleet.own_secrets`."""
        return self._services.secrets()

    def variable(self, name: str) -> str:
        """See `Fleet.variable`."""
        return self._environment.get(name, "").strip()

    def require(self, *names: str) -> None:
        """See `Fleet.require`."""
        missing = [name for name in names if not self.variable(name)]
        if missing:
            listed = ", ".join(f"{name} ({MEANINGS[name]})" for name in missing)
            raise NotConfigured(
                f"Not set in the environment: {listed}. `terraform output -raw cli_exports` prints "
                "all of them."
            )

    def pause(self, seconds: float) -> None:
        """See `Fleet.pause`."""
        time.sleep(seconds)
