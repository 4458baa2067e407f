"""Fargate tasks at ECS: run (once per client token), stop, describe and list."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.adapters.aws_errors import ECS, by_words, code_of, translate, translated
from shared.ports import (
    NotNow,
    Refused,
    TaskSpec,
    TaskView,
)

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

CONTAINER = "runner"
"""The name of the only container in the task definition."""

TAG_PREFIX = "ecs-runner-fleet:"
MAX_TAG_VALUE = 256
_NOT_IN_TAG = re.compile(r"[^\w\s+\-=.:/@]|[\t-\r\x1c-\x1f\x85]")
"""All but letters, numbers, separators and `_.:/=+-@`. Source: botocore's model of ECS, `TagValue`:
`\\p{Z}` includes no control characters, while `\\s` does."""
_RESERVED_TAG = re.compile(r"^aws:", re.IGNORECASE)
"""Not allowed as the prefix of a key or of a value. Source: Amazon ECS API Reference, Tag."""

PAGE = 100
"""Maximum number of tasks in a response. Source: Amazon ECS API Reference, ListTasks and
DescribeTasks."""
_GONE = ("was not found", "not found", "missing")


class EcsTasks:
    """`Tasks` in one cluster. A task's `startedBy` is the runner's id."""

    def __init__(self, client: "ECSClient", cluster: str) -> None:
        self._client = client
        self._cluster = cluster

    def run(self, spec: TaskSpec) -> str:
        """See `Tasks.run`."""
        try:
            answer = self._client.run_task(**_request(self._cluster, spec))
        except (BotoCoreError, ClientError) as error:
            existing = _existing_tasks(error)
            if existing:
                return existing[0]
            raise translate(ECS, error) from error
        if answer["tasks"]:
            return answer["tasks"][0]["taskArn"]
        raise _failure(answer.get("failures", []))

    def stop(self, task_arn: str, reason: str) -> None:
        """See `Tasks.stop`."""
        try:
            self._client.stop_task(cluster=self._cluster, task=task_arn, reason=reason[:255])
        except (BotoCoreError, ClientError) as error:
            if _mentions(error, _GONE):
                return
            raise translate(ECS, error) from error

    def describe(self, task_arn: str) -> TaskView | None:
        """See `Tasks.describe`."""
        with translated(ECS):
            answer = self._client.describe_tasks(cluster=self._cluster, tasks=[task_arn])
        return _view(answer["tasks"][0]) if answer["tasks"] else None

    def describe_many(self, task_arns: Sequence[str]) -> dict[str, TaskView]:
        """See `Tasks.describe_many`."""
        found: dict[str, TaskView] = {}
        with translated(ECS):
            for start in range(0, len(task_arns), PAGE):
                page = list(task_arns[start : start + PAGE])
                answer = self._client.describe_tasks(cluster=self._cluster, tasks=page)
                found |= {task["taskArn"]: _view(task) for task in answer["tasks"]}
        return found

    def live(self, limit: int) -> list[str]:
        """See `Tasks.live`."""
        pages = self._client.get_paginator("list_tasks").paginate(
            cluster=self._cluster,
            desiredStatus="RUNNING",
            PaginationConfig={"MaxItems": limit, "PageSize": min(limit, PAGE)},
        )
        with translated(ECS):
            return [arn for page in pages for arn in page["taskArns"]]


def _request(cluster: str, spec: TaskSpec) -> dict[str, Any]:
    environment = {"value": spec.config_reference, "type": "s3"}
    return {
        "cluster": cluster,
        "taskDefinition": spec.task_definition,
        "count": 1,
        "clientToken": spec.client_token,
        "startedBy": spec.runner_id,
        "capacityProviderStrategy": [{"capacityProvider": spec.capacity, "weight": 1}],
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": list(spec.subnets),
                "securityGroups": list(spec.security_groups),
                "assignPublicIp": "ENABLED" if spec.assign_public_ip else "DISABLED",
            }
        },
        "overrides": {
            "cpu": str(spec.cpu),
            "memory": str(spec.memory),
            "containerOverrides": [{"name": CONTAINER, "environmentFiles": [environment]}],
        },
        "tags": [
            {"key": f"{TAG_PREFIX}{name}", "value": tag_value(value)}
            for name, value in spec.tags.items()
            if value
        ],
    }


def tag_value(text: str) -> str:
    """Return the text as a valid tag value: other characters replaced by `_`, and truncated."""
    return _RESERVED_TAG.sub("aws_", _NOT_IN_TAG.sub("_", text))[:MAX_TAG_VALUE]


def _view(task: Any) -> TaskView:
    codes = [one["exitCode"] for one in task.get("containers", []) if "exitCode" in one]
    return TaskView(
        task_arn=task["taskArn"],
        last_status=task["lastStatus"],
        version=task.get("version", 0),
        runner_id=task.get("startedBy", ""),
        created_at=task.get("createdAt"),
        stopping_at=task.get("stoppingAt"),
        stopped_at=task.get("stoppedAt"),
        stop_code=task.get("stopCode"),
        stopped_reason=task.get("stoppedReason"),
        exit_code=codes[0] if codes else None,
    )


def _existing_tasks(error: BotoCoreError | ClientError) -> list[str]:
    """Return the ARNs of tasks that an earlier call with this token started, from ECS's error."""
    if not isinstance(error, ClientError):
        return []
    response: Any = error.response
    if code_of(error) != "ConflictException":
        return []
    return list(response.get("resourceIds", []))


def _failure(failures: list[Any]) -> Exception:
    """Return the error for a response of RunTask (HTTP 200) with failures and without a task."""
    texts = [": ".join(filter(None, (one.get("reason"), one.get("detail")))) for one in failures]
    reasons = list(filter(None, texts))
    message = f"RunTask: {'; '.join(reasons) or 'no task and no reason'}"
    return by_words(ECS, message) or (Refused(message) if reasons else NotNow(message))


def _mentions(error: BotoCoreError | ClientError, words: tuple[str, ...]) -> bool:
    return isinstance(error, ClientError) and _has(str(error), words)


def _has(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text.lower() for word in words)
