"""The seam between moto's ECS and whoever runs its tasks: no patch, and no task, lives here."""

from collections.abc import Mapping
from typing import Any, Protocol

from moto.core.exceptions import JsonRESTError

from local.aws.seat import Seat

TaskView = dict[str, Any]
"""A task as DescribeTasks shows it: the API's names, aware datetimes."""


class NoCapacity(Exception):
    """RunTask finds no place for the task and answers with `failures[]`.

    Args:
        reason: As ECS words it. Source: Amazon ECS Developer Guide, "API failures messages".
    """

    def __init__(self, reason: str = "Capacity is unavailable at this time") -> None:
        super().__init__(reason)
        self.reason = reason


class Throttled(JsonRESTError):
    """RunTask is called too often: the request fails, and may be repeated later."""

    def __init__(self) -> None:
        super().__init__("ThrottlingException", "Rate exceeded")


class TaskHost(Protocol):
    """Owns the life of the tasks that RunTask starts. Called by the server's threads."""

    def admit(self, request: Mapping[str, Any]) -> None:
        """Let a RunTask request pass.

        Raises:
            NoCapacity, Throttled: to refuse it.
        """
        ...

    def launch(self, task: TaskView, container: Mapping[str, Any]) -> None:
        """Take charge of a new task, which has one container of that definition."""
        ...

    def halt(self, task_arn: str, reason: str) -> None:
        """StopTask was called for a task in the host's charge."""
        ...

    def view(self, task_arn: str) -> TaskView | None:
        """The task as it is now, or None if it is not in the host's charge."""
        ...


_seat: Seat[TaskHost] = Seat("task host")

current = _seat.current
attach = _seat.attach
detach = _seat.detach
