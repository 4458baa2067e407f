"""What the commands see of a fleet: the protocol `Fleet`, and the variables that describe one.

A command calls `require` with the variables that it needs, and the error names all that are
missing. `cli.fleet.aws_fleet` implements the protocol on AWS; tests pass another one to commands.
Importing this module is cheap: the help of `ecsrunner` needs it.
"""

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from cli.fleet.secrets import Secrets
    from cli.streams.importing import EventsTable
    from cli.streams.scan import LogScan
    from shared.ports import Clock, EventLog, IntakeLog, Nudges, Parameters, Queues, RunnersTable

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
RUNNER_LOG_GROUP = "RUNNER_LOG_GROUP"
WEBHOOK_URL = "WEBHOOK_URL"
GITHUB_API_URL = "GITHUB_API_URL"
GITHUB_APP_ID = "GITHUB_APP_ID"
GITHUB_APP_KEY_PARAM = "GITHUB_APP_KEY_PARAM"

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
    RUNNER_LOG_GROUP: "the log group of the runners' containers",
    WEBHOOK_URL: "the URL to which GitHub sends webhooks",
    GITHUB_API_URL: "the URL of GitHub's REST API",
    GITHUB_APP_ID: "the id of the GitHub App; empty with a token",
    GITHUB_APP_KEY_PARAM: "the SSM parameter of the App's private key",
}


class Fleet(Protocol):
    """One fleet, as the commands see it."""

    @property
    def log(self) -> "EventLog":
        """The event log. Reads need EVENTS_TABLE; appends need RUNNER_TABLE, too."""
        ...

    @property
    def scan(self) -> "LogScan":
        """The parallel scan of the event log. Needs EVENTS_TABLE."""
        ...

    @property
    def events(self) -> "EventsTable":
        """The events table, for imports. Needs EVENTS_TABLE."""
        ...

    @property
    def table(self) -> "RunnersTable":
        """The runners table."""
        ...

    @property
    def nudges(self) -> "Nudges":
        """The port that sends nudges to the queues whose URLs are set."""
        ...

    @property
    def queues(self) -> "Queues":
        """The port that inspects the queues, the dead-letter queues and the failed events."""
        ...

    @property
    def intake_log(self) -> "IntakeLog":
        """The deliveries that ingest did not record. Needs INGEST_LOG_GROUP."""
        ...

    @property
    def parameters(self) -> "Parameters":
        """The SSM parameters."""
        ...

    @property
    def secrets(self) -> "Secrets":
        """The port that stores secrets in SSM parameters."""
        ...

    @property
    def clock(self) -> "Clock":
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
        """Return the value of a variable, or "" if it is not set.

        Raises:
            NotConfigured: the fleet that was named does not exist.
        """
        ...

    def require(self, *names: str) -> None:
        """Check that these variables are set.

        Raises:
            NotConfigured: names all variables that are not set.
        """
        ...

    def pause(self, seconds: float) -> None:
        """Wait that many seconds."""
        ...
