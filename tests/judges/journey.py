"""One job on a fleet that Terraform made on ministack, from GitHub's webhook to its runner's end.

The zips run in ministack's Lambda, which also reads the log's stream and the queues. The test plays
who is not there: GitHub sends webhooks through the API Gateway, ECS and its container their events.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import urllib3

from local.description import CONSUMERS
from shared.adapters.dynamodb import DynamoEventLog
from shared.adapters.runners_table import DynamoRunnersTable
from shared.domain.image.naming import image_tag
from shared.domain.policy import Images
from shared.domain.projection import RunnerRow
from shared.domain.stream import StreamId
from tests.judges.ministack import Ministack
from tests.support.webhooks import job_payload, sign

_ECS_EVENT = {
    "version": "0",
    "source": "aws.ecs",
    "detail-type": "ECS Task State Change",
    "account": "000000000000",
    "region": "us-east-1",
}


@dataclass(frozen=True, kw_only=True)
class Journey:
    """A fleet that stands, by the module's outputs, and what happens to it from outside."""

    aws: Ministack
    outputs: Mapping[str, Any]
    webhook_secret: str
    repository: str
    prefix: str
    http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False))

    @property
    def log(self) -> DynamoEventLog:
        """The fleet's log."""
        tables = self.outputs["tables"]
        return DynamoEventLog(self._client("dynamodb"), tables["events"], tables["runners"])

    @property
    def table(self) -> DynamoRunnersTable:
        """The projection."""
        return DynamoRunnersTable(self._client("dynamodb"), self.outputs["tables"]["runners"])

    def push_default_image(self) -> str:
        """Push the image that jobs run on if they ask for none; its digest.

        It has to be there first: ministack answers a look for a missing one otherwise than ECR
        (`disagreements`).
        """
        given = self.outputs["function_environments"]["scheduler"]
        base = given["DEFAULT_IMAGE"]
        tag = image_tag(base, Images(default_base=base, revision=given["IMAGE_REVISION"]))
        pushed = self._client("ecr").put_image(
            repositoryName=self.outputs["repository_url"].partition("/")[2],
            imageManifest=json.dumps({"schemaVersion": 2, "config": {}, "layers": []}),
            imageTag=tag,
        )
        return str(pushed["image"]["imageId"]["imageDigest"])

    def webhook(self, action: str, job_id: int, *, signed: bool = True, **job: object) -> Any:
        """Send a webhook to the API Gateway; its answer."""
        created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        told = job_payload(
            action, job_id, repository=self.repository, **{"created_at": created, **job}
        )
        body = json.dumps(told).encode()
        url = urlsplit(self.outputs["webhook_url"])
        secret = self.webhook_secret if signed else "another secret"
        headers = {
            "host": url.netloc,
            "content-type": "application/json",
            "x-github-event": "workflow_job",
            "x-github-delivery": str(uuid4()),
            "x-hub-signature-256": sign(body, secret),
        }
        return self.http.request("POST", f"{self.aws.url}{url.path}", body=body, headers=headers)

    def types(self, job_id: int) -> list[str]:
        """The types of the job's events, in order."""
        return [one.event.type for one in self.log.read(StreamId.of_job(job_id))]

    def row(self, job_id: int) -> RunnerRow | None:
        """The row of the job's first runner."""
        return self.table.get(f"{self.prefix}-{job_id}-1")

    def tasks(self) -> list[dict[str, Any]]:
        """All tasks that ECS has."""
        ecs, cluster = self._client("ecs"), self.outputs["cluster"]["name"]
        listed = [
            arn
            for status in ("RUNNING", "STOPPED")
            for arn in ecs.list_tasks(cluster=cluster, desiredStatus=status)["taskArns"]
        ]
        if not listed:
            return []
        return list(ecs.describe_tasks(cluster=cluster, tasks=listed)["tasks"])

    def configs(self) -> list[str]:
        """The keys of all environment files."""
        listed = self._client("s3").list_objects_v2(Bucket=self.outputs["config_bucket"])
        return [one["Key"] for one in listed.get("Contents", [])]

    def task_event(self, task: Mapping[str, Any], status: str, version: int) -> dict[str, Any]:
        """ECS's event about a task. Source: Amazon ECS Developer Guide, "Amazon ECS task state
        change events".
        """
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        ended = {
            "stoppedAt": now,
            "stopCode": "EssentialContainerExited",
            "stoppedReason": "Essential container in task exited",
            "containers": [{"name": "runner", "lastStatus": "STOPPED", "exitCode": 0}],
        }
        detail = {
            "taskArn": task["taskArn"],
            "clusterArn": task["clusterArn"],
            "startedBy": task["startedBy"],
            "lastStatus": status,
            "desiredStatus": status,
            "version": version,
            "updatedAt": now,
            **(ended if status == "STOPPED" else {"startedAt": now}),
        }
        event_id = str(uuid4())
        return {**_ECS_EVENT, "id": event_id, "time": now, "detail": detail, "resources": []}

    def send(self, event: Mapping[str, Any]) -> None:
        """Hand an event to ingest, as EventBridge does if the fleet's rules match it.

        PutEvents takes no event of a source that begins with `aws.`: only AWS sends those. Source:
        Amazon EventBridge API Reference, PutEventsRequestEntry, Source.
        """
        assert self.rules_match(event), "no rule of the fleet takes the event"
        answer = self._client("lambda").invoke(
            FunctionName=self.outputs["functions"]["ingest"]["name"],
            Payload=json.dumps(event).encode(),
        )
        told = answer["Payload"].read().decode()
        assert "FunctionError" not in answer, told

    def dead_letters(self) -> dict[str, int]:
        """How many messages every dead-letter queue holds."""
        sqs = self._client("sqs")
        name = "ApproximateNumberOfMessages"
        return {
            queue: int(
                sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name]
            )
            for queue, url in self.outputs["queue_urls"].items()
            if queue not in CONSUMERS
        }

    def rules_match(self, event: Mapping[str, Any]) -> bool:
        """Whether EventBridge sends the event to ingest."""
        events = self._client("events")
        rules = events.list_rules(NamePrefix=f"{self.prefix}-")["Rules"]
        return any(
            events.test_event_pattern(EventPattern=one["EventPattern"], Event=json.dumps(event))[
                "Result"
            ]
            for one in rules
            if "EventPattern" in one
        )

    def _client(self, service: str) -> Any:
        return self.aws.client(service)
