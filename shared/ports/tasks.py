"""Runners' tasks at ECS, and the files that they start from."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from shared.ports.github import JitConfig


class ConfigStore(Protocol):
    """The runners' environment files: the only place where a just-in-time config is kept."""

    def put_if_absent(self, runner_id: str, config: JitConfig) -> bool:
        """Store it and return True, or return False if there is one already."""
        ...

    def github_runner_id(self, runner_id: str) -> int | None:
        """The GitHub runner id of the stored config, or None if there is no object."""
        ...

    def reference(self, runner_id: str) -> str:
        """The object's ARN, as ECS's `environmentFiles` wants it."""
        ...

    def delete(self, runner_id: str) -> None:
        """Delete the object; it is no error if there is none."""
        ...


class TaskSpec(Struct, frozen=True, kw_only=True):
    """All that RunTask is given; it comes from the log alone, so each retry is identical."""

    runner_id: str
    client_token: str
    task_definition: str
    cpu: int
    memory: int
    capacity: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    assign_public_ip: bool
    config_reference: str
    tags: Mapping[str, str] = {}


class TaskView(Struct, frozen=True, kw_only=True):
    """What ECS says of a task now. `runner_id` is whom it was started for, as `startedBy`."""

    task_arn: str
    last_status: str
    version: int
    runner_id: str = ""
    created_at: datetime | None = None
    stopped_at: datetime | None = None
    stop_code: str | None = None
    stopped_reason: str | None = None
    exit_code: int | None = None


class Tasks(Protocol):
    """Fargate tasks in the fleet's cluster."""

    def run(self, spec: TaskSpec) -> str:
        """Start the task, or adopt the one that an earlier call under its token started; its ARN.

        Raises:
            NoCapacity: there is no capacity for it where it was to run.
            NotNow: throttled, a quota reached, the fleet's set-up not complete: no task.
            Unavailable: there may be a task.
            Refused: ECS does not accept the parameters.
        """
        ...

    def stop(self, task_arn: str, reason: str) -> None:
        """Ask ECS to stop the task; it is no error if the task is gone.

        Raises:
            Unavailable, Refused.
        """
        ...

    def describe(self, task_arn: str) -> TaskView | None:
        """The task as ECS sees it, or None if ECS no longer knows it (about an hour after its end).

        Raises:
            Unavailable.
        """
        ...

    def describe_many(self, task_arns: Sequence[str]) -> Mapping[str, TaskView]:
        """The tasks of these that ECS knows, by ARN.

        Raises:
            Unavailable.
        """
        ...

    def live(self, limit: int) -> Sequence[str]:
        """The ARNs of at most `limit` tasks that are to run, whoever started them.

        A task that was started or stopped seconds ago may be missing or still be there.

        Raises:
            Unavailable.
        """
        ...
