"""A task's statuses and what ECS tells of them. Pure: no clock, no process, no lock.

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
"""Statuses in which nothing has been started yet."""
_NOT_IN_EVENTS = frozenset({"tags"})


@dataclass(frozen=True, kw_only=True)
class Delays:
    """Seconds that a task spends on its way. On AWS it is minutes where these are fractions."""

    provisioning: float = 0.2
    """From RunTask to PENDING."""
    pending: float = 0.3
    """From PENDING to RUNNING."""
    stopping: float = 0.0
    """From the wish to stop to SIGTERM."""
    deprovisioning: float = 0.1
    """From the end of the process to STOPPED."""
    stop_timeout: float | None = None
    """From SIGTERM to SIGKILL; None: the container definition's `stopTimeout`, else 30."""


def begun(task: TaskView, container: Mapping[str, Any], now: datetime) -> TaskView:
    """A task that RunTask has accepted."""
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
    """The task after a change; each change raises the version."""
    return task | {"updatedAt": now, "version": task["version"] + 1} | fields


def running(task: TaskView, now: datetime) -> TaskView:
    """The task when its process has started."""
    containers = [one | {"lastStatus": "RUNNING"} for one in task["containers"]]
    return changed(task, now, lastStatus="RUNNING", startedAt=now, containers=containers)


def wanted_stopped(task: TaskView, now: datetime, code: str, reason: str) -> TaskView:
    """The task when somebody wants it to end, or it ended by itself: the first reason stays."""
    if task["desiredStatus"] == "STOPPED":
        return task
    return changed(
        task, now, desiredStatus="STOPPED", stopCode=code, stoppedReason=reason, stoppingAt=now
    )


def ended(task: TaskView, now: datetime, exit_code: int | None) -> TaskView:
    """The task when its process is gone; without an exit code there never was one."""
    told = {} if exit_code is None else {"exitCode": exit_code}
    containers = [one | {"lastStatus": "STOPPED"} | told for one in task["containers"]]
    return changed(
        task, now, lastStatus="DEPROVISIONING", executionStoppedAt=now, containers=containers
    )


def event(task: TaskView, event_id: str, now: datetime) -> dict[str, Any]:
    """The EventBridge event that tells of the task as it is."""
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
    """As JSON has it, and a copy: nobody who gets an event can change the task."""
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
