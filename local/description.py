"""Describes the AWS resources of a fleet as parameters of AWS's APIs.

`resources` creates them in the local stack; Terraform creates the same resources on AWS.
"""

from dataclasses import dataclass
from typing import Any

from cli.fleet.named_fleet import parameter_of
from shared.adapters.runners_table import BY_DEADLINE, BY_STATUS
from shared.adapters.waiting_jobs import BY_ARRIVAL

VISIBILITY_FACTOR = 6
"""Ratio of a queue's visibility timeout to the timeout of the function that reads it. Source: AWS
Lambda Developer Guide, "Creating and configuring an Amazon SQS event source mapping"."""

MAX_RECEIVES = 120
"""Number of receives after which a message moves to the dead-letter queue. Each deferral counts as
a receive, and deferrals grow to 15 minutes. If a job waits for 24 hours, as long as GitHub keeps it
queued, its nudge is received about 100 times."""

STREAM_BATCH = 100
"""Maximum number of stream records in one invocation of the outbox."""
MAX_RECORD_AGE_SECONDS = 900
"""Age in seconds after which a record that can't be forwarded is discarded. The Janitor then drives
its stream."""

FUNCTION_TIMEOUT_SECONDS = 120
BUILD_TIMEOUT_MINUTES = 30
_NUDGE_RETENTION_SECONDS = 4 * 24 * 3600
_RETENTION_SECONDS = 14 * 24 * 3600

CONSUMERS = ("scheduler", "reconciler")
"""The functions that consume a queue. Queue, route and function have the same name."""

Attributes = dict[str, str]


@dataclass(frozen=True)
class Description:
    """The resources of the fleet `prefix`, with which every name begins.

    Attributes:
        timeout: Timeout of the functions in seconds.
    """

    prefix: str
    timeout: int = FUNCTION_TIMEOUT_SECONDS

    @property
    def cluster(self) -> str:
        """Name of the ECS cluster. Its only tasks are runners."""
        return self.prefix

    @property
    def bucket(self) -> str:
        """Name of the bucket of the runners' environment files."""
        return f"{self.prefix}-runner-configs"

    @property
    def repository(self) -> str:
        """Name of the ECR repository of the runner images. Its tags are immutable."""
        return f"{self.prefix}-runner"

    @property
    def image_project(self) -> str:
        """Name of the CodeBuild project that builds the runner images."""
        return f"{self.prefix}-runner-image"

    @property
    def events_table(self) -> str:
        """Name of the table of the log."""
        return f"{self.prefix}-events"

    @property
    def runners_table(self) -> str:
        """Name of the table of the projection."""
        return f"{self.prefix}-runners"

    @property
    def failed_events(self) -> str:
        """Name of the queue for AWS events that ingest failed to process in every attempt."""
        return f"{self.prefix}-failed-events"

    @property
    def undelivered(self) -> str:
        """Name of the queue for records, events and notices that were not delivered."""
        return f"{self.prefix}-undelivered"

    @property
    def bus(self) -> str:
        """Name of the event bus for notices, to which operators can subscribe."""
        return self.prefix

    def queue(self, consumer: str) -> str:
        """Name of a consumer's queue."""
        return f"{self.prefix}-{consumer}.fifo"

    def dead_letters(self, consumer: str) -> str:
        """Name of a consumer's dead-letter queue."""
        return f"{self.prefix}-{consumer}-dead.fifo"

    def parameter(self, name: str) -> str:
        """Name of a parameter: `class-sizes`, `github-token` or `webhook-secret`."""
        return f"/{self.prefix}/{name}"

    @property
    def cli_parameter(self) -> str:
        """Name of the parameter with which `ecsrunner --fleet` finds the fleet."""
        return parameter_of(self.prefix)

    def log_group(self, function: str) -> str:
        """Name of a function's log group."""
        return f"/aws/lambda/{self.prefix}-{function}"

    @property
    def runner_log_group(self) -> str:
        """Name of the log group of the runners' containers."""
        return f"/{self.prefix}/runners"

    def image_repository(self) -> dict[str, Any]:
        """Parameters of ECR's CreateRepository."""
        return {"repositoryName": self.repository, "imageTagMutability": "IMMUTABLE"}

    def build_project(self, account: str) -> dict[str, Any]:
        """Parameters of CodeBuild's CreateProject. Docker requires privileged mode."""
        return {
            "name": self.image_project,
            "source": {"type": "S3", "location": f"{self.image_project}/runner.zip"},
            "artifacts": {"type": "NO_ARTIFACTS"},
            "environment": {
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/standard:7.0",
                "computeType": "BUILD_GENERAL1_SMALL",
                "privilegedMode": True,
            },
            "serviceRole": f"arn:aws:iam::{account}:role/{self.image_project}",
            "timeoutInMinutes": BUILD_TIMEOUT_MINUTES,
        }

    def tables(self) -> tuple[dict[str, Any], ...]:
        """Parameters of CreateTable for the log with its stream and for the projection."""
        return (events_table(self.events_table), runners_table(self.runners_table))

    def dead_letter_queues(self) -> dict[str, Attributes]:
        """Parameters of CreateQueue by name. These queues must exist before `queues`."""
        fifo = {"FifoQueue": "true", "MessageRetentionPeriod": str(_RETENTION_SECONDS)}
        return {self.dead_letters(consumer): fifo for consumer in CONSUMERS}

    def queues(self) -> dict[str, Attributes]:
        """Parameters of CreateQueue by name, without the redrive policy."""
        fifo = {
            "FifoQueue": "true",
            "DeduplicationScope": "messageGroup",
            "FifoThroughputLimit": "perMessageGroupId",
            "VisibilityTimeout": str(VISIBILITY_FACTOR * self.timeout),
            "MessageRetentionPeriod": str(_NUDGE_RETENTION_SECONDS),
        }
        standard = {"MessageRetentionPeriod": str(_RETENTION_SECONDS)}
        named = {self.queue(consumer): fifo for consumer in CONSUMERS}
        return {**named, self.failed_events: standard, self.undelivered: standard}


def events_table(name: str) -> dict[str, Any]:
    """Return the parameters of the log's table, with a DynamoDB stream of new events."""
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        "KeySchema": _keys("stream", "seq"),
        "AttributeDefinitions": _attributes(stream="S", seq="N"),
    }


def runners_table(name: str) -> dict[str, Any]:
    """Return the parameters of the projection, with indexes by status, deadline and arrival."""
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": _keys("runner_id"),
        "AttributeDefinitions": _attributes(
            runner_id="S",
            status="S",
            status_at="S",
            live="S",
            deadline="S",
            waiting="S",
            arrived_at="S",
        ),
        "GlobalSecondaryIndexes": [
            _index(BY_STATUS, "status", "status_at"),
            _index(BY_DEADLINE, "live", "deadline"),
            _index(BY_ARRIVAL, "waiting", "arrived_at"),
        ],
    }


def _index(name: str, *keys: str) -> dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": _keys(*keys),
        "Projection": {"ProjectionType": "ALL"},
    }


def _keys(*names: str) -> list[dict[str, str]]:
    kinds = ("HASH", "RANGE")
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, kinds)]  # noqa: B905 - one key or two


def _attributes(**kinds: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in kinds.items()]
