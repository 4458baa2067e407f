"""Fargate tasks through ECS: run once per client token, stop, describe, list."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.ports import NoCapacity, Refused, TaskSpec, TaskView, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

CONTAINER = "runner"
"""The name of the task definition's one container."""

_PASSING = (
    "ThrottlingException",
    "ServerException",
    "ServiceUnavailable",
    "LimitExceededException",
    "RequestLimitExceeded",
)
_NO_CAPACITY = ("capacity is unavailable", "no capacity", "resource:", "free addresses", "free ip")
"""Words in a refusal that say that this capacity or subnet has no room now.

Source: Amazon ECS Developer Guide, "API failure reasons", and Amazon EC2's
`InsufficientFreeAddressesInSubnet`: "does not have enough free addresses".
"""
_MOMENTARY = ("capacity", "agent", "limit", "try again")
"""Words in a refusal that say that it is one of the moment: quotas come and go."""
PAGE = 100
"""Tasks in one answer. Source: Amazon ECS API Reference, ListTasks and DescribeTasks."""
_GONE = ("was not found", "not found", "missing")


class EcsTasks:
    """`Tasks` in one cluster. `runner_id` is both `startedBy` and `clientToken`."""

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
            raise _translated(error) from error
        if answer["tasks"]:
            return answer["tasks"][0]["taskArn"]
        raise _failure(answer.get("failures", []))

    def stop(self, task_arn: str, reason: str) -> None:
        """See `Tasks.stop`."""
        try:
            self._client.stop_task(cluster=self._cluster, task=task_arn, reason=reason[:255])
        except (BotoCoreError, ClientError) as error:
            if _says(error, _GONE):
                return
            raise _translated(error) from error

    def describe(self, task_arn: str) -> TaskView | None:
        """See `Tasks.describe`."""
        try:
            answer = self._client.describe_tasks(cluster=self._cluster, tasks=[task_arn])
        except (BotoCoreError, ClientError) as error:
            raise _translated(error) from error
        return _view(answer["tasks"][0]) if answer["tasks"] else None

    def describe_many(self, task_arns: Sequence[str]) -> dict[str, TaskView]:
        """See `Tasks.describe_many`."""
        found: dict[str, TaskView] = {}
        try:
            for start in range(0, len(task_arns), PAGE):
                asked = list(task_arns[start : start + PAGE])
                answer = self._client.describe_tasks(cluster=self._cluster, tasks=asked)
                found |= {task["taskArn"]: _view(task) for task in answer["tasks"]}
        except (BotoCoreError, ClientError) as error:
            raise _translated(error) from error
        return found

    def live(self, limit: int) -> list[TaskView]:
        """See `Tasks.live`."""
        pages = self._client.get_paginator("list_tasks").paginate(
            cluster=self._cluster,
            desiredStatus="RUNNING",
            PaginationConfig={"MaxItems": limit, "PageSize": min(limit, PAGE)},
        )
        try:
            arns = [arn for page in pages for arn in page["taskArns"]]
        except (BotoCoreError, ClientError) as error:
            raise _translated(error) from error
        return list(self.describe_many(arns).values())


def _request(cluster: str, spec: TaskSpec) -> dict[str, Any]:
    environment = {"value": spec.config_reference, "type": "s3"}
    return {
        "cluster": cluster,
        "taskDefinition": spec.task_definition,
        "count": 1,
        "clientToken": spec.runner_id,
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
    }


def _view(task: Any) -> TaskView:
    codes = [one["exitCode"] for one in task.get("containers", []) if "exitCode" in one]
    return TaskView(
        task_arn=task["taskArn"],
        last_status=task["lastStatus"],
        version=task.get("version", 0),
        runner_id=task.get("startedBy", ""),
        created_at=task.get("createdAt"),
        stopped_at=task.get("stoppedAt"),
        stop_code=task.get("stopCode"),
        stopped_reason=task.get("stoppedReason"),
        exit_code=codes[0] if codes else None,
    )


def _existing_tasks(error: BotoCoreError | ClientError) -> list[str]:
    """The tasks that an earlier call under this token started; ECS names them in its refusal."""
    if not isinstance(error, ClientError):
        return []
    response: Any = error.response
    if response["Error"]["Code"] != "ConflictException":
        return []
    return list(response.get("resourceIds", []))


def _failure(failures: list[Any]) -> Exception:
    """RunTask answers 200 and lists what it could not place."""
    words = [": ".join(filter(None, (one.get("reason"), one.get("detail")))) for one in failures]
    told = list(filter(None, words))
    reason = f"RunTask: {'; '.join(told) or 'no task and no reason'}"
    if _has(reason, _NO_CAPACITY):
        return NoCapacity(reason)
    return Unavailable(reason) if _has(reason, _MOMENTARY) or not told else Refused(reason)


def _says(error: BotoCoreError | ClientError, words: tuple[str, ...]) -> bool:
    return isinstance(error, ClientError) and _has(str(error), words)


def _has(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text.lower() for word in words)


def _translated(error: BotoCoreError | ClientError) -> Exception:
    if isinstance(error, BotoCoreError):
        return Unavailable(f"ECS: {error}")
    code = error.response["Error"]["Code"]
    if code in _PASSING:
        return Unavailable(f"ECS: {error}")
    if _has(str(error), _NO_CAPACITY):
        return NoCapacity(f"ECS: {error}")
    if _has(str(error), _MOMENTARY):
        return Unavailable(f"ECS: {error}")
    return Refused(f"ECS: {error}")
