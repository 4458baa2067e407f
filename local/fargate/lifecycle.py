"""The statuses of a task and its EventBridge events, as pure functions.

Sources: Amazon ECS Developer Guide, "Amazon ECS task lifecycle", "Stopped task error codes" and
"Amazon ECS task state change events".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.aws.task_host import TaskView

SPOT_REASON = "Your Spot Task was interrupted."
EXITED_REASON = "Essential container in task exited"

WITHOUT_PROCESS = frozenset({"PROVISIONING", "PENDING"})
"""Statuses before the container starts."""
_NOT_IN_EVENTS = frozenset({"tags"})


@dataclass(frozen=True, kw_only=True)
class Delays:
    """Delays of a task in seconds. They are fractions of a second here and minutes on AWS."""

    provisioning: float = 0.2
    """From RunTask to PENDING."""
    pending: float = 0.3
    """From PENDING to RUNNING."""
    stopping: float = 0.0
    """From the stop request to SIGTERM."""
    deprovisioning: float = 0.1
    """From the end of the process to STOPPED."""
    stop_timeout: float | None = None
    """From SIGTERM to SIGKILL; None: the container definition's `stopTimeout`, or 30."""


def begun(task: TaskView, container: Mapping[str, Any], now: datetime) -> TaskView:
    """Return a task that RunTask has accepted."""
    arn = task["taskArn"]
    one = {
        "containerArn": arn.replace(":task/", ":container/") + "/0",
        "taskArn": arn,
        "name": container["name"],
        "image": container.get("image", ""),
        "lastStatus": "PENDING",
        "networkInterfaces": [],
    }
    return task | {
        "containers": [one],
        "connectivity": "CONNECTED",
        "createdAt": now,
        "updatedAt": now,
        "lastStatus": "PROVISIONING",
        "desiredStatus": "RUNNING",
        "version": 1,
    }


def changed(task: TaskView, now: datetime, **fields: Any) -> TaskView:
    """Return the task with changed fields and an increased version."""
    return task | {"updatedAt": now, "version": task["version"] + 1} | fields


def running(task: TaskView, now: datetime) -> TaskView:
    """Return the task after its process has started."""
    containers = [one | {"lastStatus": "RUNNING"} for one in task["containers"]]
    return changed(task, now, lastStatus="RUNNING", startedAt=now, containers=containers)


def wanted_stopped(task: TaskView, now: datetime, code: str, reason: str) -> TaskView:
    """Return the task with the desired status STOPPED. The first reason is kept."""
    if task["desiredStatus"] == "STOPPED":
        return task
    return changed(
        task, now, desiredStatus="STOPPED", stopCode=code, stoppedReason=reason, stoppingAt=now
    )


def ended(task: TaskView, now: datetime, exit_code: int | None) -> TaskView:
    """Return the task after its process has ended; no exit code means that it never started."""
    code = {} if exit_code is None else {"exitCode": exit_code}
    containers = [one | {"lastStatus": "STOPPED"} | code for one in task["containers"]]
    return changed(
        task, now, lastStatus="DEPROVISIONING", executionStoppedAt=now, containers=containers
    )


def matches_rule(task: Mapping[str, Any]) -> bool:
    """Return whether EventBridge sends the event of a task in this state to ingest.

    This is the pattern of the rule `task-events` in `terraform/modules/functions/sources.tf`:
    the task runs and is not to stop, or it has stopped.

    Args:
        task: The task, or the `detail` of its event.
    """
    last: str = task["lastStatus"]
    desired: str = task["desiredStatus"]
    return last == "STOPPED" or (last == "RUNNING" and desired == "RUNNING")


def event(task: TaskView, event_id: str, now: datetime) -> dict[str, Any]:
    """Return the EventBridge event of the task's current state."""
    arn: str = task["taskArn"]
    _, _, _, region, account, _ = arn.split(":", 5)
    return {
        "version": "0",
        "id": event_id,
        "detail-type": "ECS Task State Change",
        "source": "aws.ecs",
        "account": account,
        "time": _plain(now.replace(microsecond=0)),
        "region": region,
        "resources": [arn],
        "detail": {name: _plain(task[name]) for name in sorted(task.keys() - _NOT_IN_EVENTS)},
    }


def _plain(value: Any) -> Any:
    """Return a copy in JSON types, so that a change of an event does not change the task."""
    if isinstance(value, datetime):
        return _text(value)
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def _text(time: datetime) -> str:
    precision = "milliseconds" if time.microsecond else "seconds"
    return time.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")
