"""`Fleet` on AWS: the ports, wired on first use from the environment or from a fleet's name."""

import getpass
import time
from collections.abc import Mapping
from typing import Any

from cli.doctor.clients import ServiceClients
from cli.errors import NotConfigured
from cli.fleet.aws import Clients
from cli.fleet.connection import DEFAULT, Connection
from cli.fleet.context import (
    DEAD_LETTER_URLS,
    EVENTS_TABLE,
    FAILED_EVENTS_URL,
    INGEST_LOG_GROUP,
    MEANINGS,
    QUEUE_URLS,
    RUNNER_TABLE,
)
from cli.fleet.intake_log import CloudWatchIntakeLog
from cli.fleet.message_ages import MessageAges
from cli.fleet.named_fleet import NamedFleet
from cli.fleet.nudges import SqsNudges
from cli.fleet.secrets import Secrets, SsmSecrets
from cli.render.console import left_out
from cli.streams.importing import EventsTable
from cli.streams.scan import LogScan
from shared.adapters.clock import SystemClock
from shared.adapters.dynamodb import DynamoEventLog
from shared.adapters.queues import SqsQueues
from shared.adapters.runners_table import DynamoRunnersTable
from shared.adapters.ssm import SsmParameters
from shared.ports import EventLog, IntakeLog, Nudges, Parameters, Queues, RunnersTable
from shared.ports.queues import FAILED_EVENTS, dead_letters_of

_ALL_URLS = {
    **QUEUE_URLS,
    **{dead_letters_of(consumer): name for consumer, name in DEAD_LETTER_URLS.items()},
    FAILED_EVENTS: FAILED_EVENTS_URL,
}


class AwsFleet:
    """`Fleet` on AWS. Credentials and endpoint are those of the AWS SDK.

    Args:
        environment: The variables that describe a fleet.
        connection: The fleet, the profile and the Region that the user has chosen.
    """

    def __init__(self, environment: Mapping[str, str], connection: Connection = DEFAULT) -> None:
        self._environment = environment
        self._connection = connection
        self._clients = Clients(connection)
        self._services = ServiceClients(connection)
        self._named = NamedFleet(connection.fleet, self._clients) if connection.fleet else None
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
        """See `Fleet.variable`. A fleet that was typed has priority over the environment."""
        own = self._environment.get(name, "").strip()
        if self._named is None or (own and not self._connection.typed):
            return own
        return self._named.described.variables.get(name, own).strip()

    def require(self, *names: str) -> None:
        """See `Fleet.require`."""
        missing = [name for name in names if not self.variable(name)]
        if missing:
            listed = ", ".join(f"{name} ({MEANINGS[name]})" for name in missing)
            raise NotConfigured(self._where(listed))

    def _where(self, missing: str) -> str:
        if self._named is not None:
            return (
                f"Neither the parameter {self._named.parameter} nor the environment has: {missing}."
            )
        return (
            f"Not set in the environment: {missing}. Name the fleet by --fleet NAME, or set all "
            "of them as `terraform output -raw cli_exports` prints them."
        )

    def pause(self, seconds: float) -> None:
        """See `Fleet.pause`."""
        time.sleep(seconds)
