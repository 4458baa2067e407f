"""What a fleet consists of in AWS, said once, in the terms of AWS's own API. Nothing is done here.

`resources` creates it in the local stack; Terraform creates the same on AWS.
"""

from dataclasses import dataclass
from typing import Any

from shared.adapters.runners_table import BY_ARRIVAL, BY_DEADLINE, BY_STATUS

VISIBILITY_FACTOR = 6
"""A queue's visibility timeout in timeouts of the function that reads it. Source: AWS Lambda
Developer Guide, "Creating and configuring an Amazon SQS event source mapping"."""

MAX_RECEIVES = 120
"""After so many receives a message is dead. Each wait for a later attempt is one of them: a job
that waits as long as GitHub keeps it queued, 24 hours, is received about 100 times, for waits grow
to 15 minutes."""

STREAM_BATCH = 100
"""Records of the log's stream in one invocation of the outbox."""
MAX_RECORD_AGE_SECONDS = 900
"""A record that can't be forwarded for so long is given up; the Janitor drives its stream."""

FUNCTION_TIMEOUT_SECONDS = 120
BUILD_TIMEOUT_MINUTES = 30
_NUDGE_RETENTION_SECONDS = 4 * 24 * 3600
_RETENTION_SECONDS = 14 * 24 * 3600

CONSUMERS = ("scheduler", "reconciler")
"""The functions with a queue, which has their name, as the routes of events have."""

Attributes = dict[str, str]


@dataclass(frozen=True)
class Description:
    """The resources of the fleet `prefix`; every name begins with it.

    Attributes:
        timeout: Seconds that a function may take.
    """

    prefix: str
    timeout: int = FUNCTION_TIMEOUT_SECONDS

    @property
    def cluster(self) -> str:
        """The ECS cluster; its only tasks are runners."""
        return self.prefix

    @property
    def bucket(self) -> str:
        """The bucket of the runners' environment files."""
        return f"{self.prefix}-runner-configs"

    @property
    def repository(self) -> str:
        """The ECR repository of the runner images; what was pushed under a tag stays."""
        return f"{self.prefix}-runner"

    @property
    def image_project(self) -> str:
        """The CodeBuild project that builds them."""
        return f"{self.prefix}-runner-image"

    @property
    def events_table(self) -> str:
        """The table of the log."""
        return f"{self.prefix}-events"

    @property
    def runners_table(self) -> str:
        """The table of the projection."""
        return f"{self.prefix}-runners"

    @property
    def failed_events(self) -> str:
        """The queue of AWS's events that ingest failed to take in on every try."""
        return f"{self.prefix}-failed-events"

    @property
    def bus(self) -> str:
        """The event bus on which notices are for the operator's subscribers."""
        return self.prefix

    def queue(self, consumer: str) -> str:
        """The queue of one of the consumers."""
        return f"{self.prefix}-{consumer}.fifo"

    def dead_letters(self, consumer: str) -> str:
        """Where messages of that queue go that failed too often."""
        return f"{self.prefix}-{consumer}-dead.fifo"

    def parameter(self, name: str) -> str:
        """The name of a parameter: `class-sizes`, `github-token` or `webhook-secret`."""
        return f"/{self.prefix}/{name}"

    def log_group(self, function: str) -> str:
        """The log group of one of the functions."""
        return f"/aws/lambda/{self.prefix}-{function}"

    def image_repository(self) -> dict[str, Any]:
        """What ECR's CreateRepository is asked for."""
        return {"repositoryName": self.repository, "imageTagMutability": "IMMUTABLE"}

    def build_project(self, account: str) -> dict[str, Any]:
        """What CodeBuild's CreateProject is asked for; it needs Docker, hence the privileges."""
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
        """What CreateTable is asked for: the log with its stream, the projection."""
        return (events_table(self.events_table), runners_table(self.runners_table))

    def dead_letter_queues(self) -> dict[str, Attributes]:
        """What CreateQueue is asked for, by name; these come before `queues`."""
        fifo = {"FifoQueue": "true", "MessageRetentionPeriod": str(_RETENTION_SECONDS)}
        return {self.dead_letters(consumer): fifo for consumer in CONSUMERS}

    def queues(self) -> dict[str, Attributes]:
        """What CreateQueue is asked for, by name, but for the redrive policy."""
        fifo = {
            "FifoQueue": "true",
            "DeduplicationScope": "messageGroup",
            "FifoThroughputLimit": "perMessageGroupId",
            "VisibilityTimeout": str(VISIBILITY_FACTOR * self.timeout),
            "MessageRetentionPeriod": str(_NUDGE_RETENTION_SECONDS),
        }
        standard = {"MessageRetentionPeriod": str(_RETENTION_SECONDS)}
        named = {self.queue(consumer): fifo for consumer in CONSUMERS}
        return {**named, self.failed_events: standard}


def events_table(name: str) -> dict[str, Any]:
    """The log: streams of events in order, and a stream of what is new."""
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        "KeySchema": _keys("stream", "seq"),
        "AttributeDefinitions": _attributes(stream="S", seq="N"),
    }


def runners_table(name: str) -> dict[str, Any]:
    """The projection, with indexes by status, by deadline, and by arrival while a job waits."""
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
