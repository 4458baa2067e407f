"""The interface through which moto's ECS passes tasks to the host that runs them.

The patches of moto are in `patches.ecs`, the host is `local.fargate`.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from moto.core.exceptions import JsonRESTError

from local.aws.seat import Seat

TaskView = dict[str, Any]
"""A task in the format of DescribeTasks, with timezone-aware datetimes."""


class NoCapacity(Exception):
    """RunTask has no capacity for the task and returns `failures[]`.

    Args:
        reason: Reason in ECS's words. Source: Amazon ECS Developer Guide, "API failures messages".
    """

    def __init__(self, reason: str = "Capacity is unavailable at this time") -> None:
        super().__init__(reason)
        self.reason = reason


class Throttled(JsonRESTError):
    """ECS throttles RunTask: the request fails, and the client can retry it later."""

    def __init__(self) -> None:
        super().__init__("ThrottlingException", "Rate exceeded")


class TaskHost(Protocol):
    """Controls the tasks that RunTask starts. The server's threads call it concurrently."""

    def admit(self, request: Mapping[str, Any]) -> None:
        """Accept a RunTask request, or raise an exception to reject it.

        Raises:
            NoCapacity, Throttled: The request is rejected.
        """
        ...

    def launch(self, task: TaskView, container: Mapping[str, Any]) -> None:
        """Start to control a new task, which has one container with that definition."""
        ...

    def halt(self, task_arn: str, reason: str) -> None:
        """Stop a task that the host controls, because StopTask was called."""
        ...

    def view(self, task_arn: str) -> TaskView | None:
        """Return the current state of the task, or None if the host does not control it."""
        ...


_seat: Seat[TaskHost] = Seat("task host")

current = _seat.current
attach = _seat.attach
detach = _seat.detach
