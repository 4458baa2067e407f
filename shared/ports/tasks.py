"""The ports to the runners' tasks at ECS, and to their environment files."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from shared.ports.github import JitConfig


class ConfigStore(Protocol):
    """The runners' environment files. A just-in-time config is stored nowhere else."""

    def put_if_absent(self, runner_id: str, config: JitConfig) -> bool:
        """Store the config and return True, or return False if there already is one."""
        ...

    def github_runner_id(self, runner_id: str) -> int | None:
        """Return the GitHub runner id of the stored config, or None if there is no object."""
        ...

    def reference(self, runner_id: str) -> str:
        """Return the object's ARN for ECS's `environmentFiles`."""
        ...


class TaskSpec(Struct, frozen=True, kw_only=True):
    """The parameters of RunTask. They come from the log alone, so each retry is identical."""

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
    """A task as ECS describes it. `runner_id` is its `startedBy`."""

    task_arn: str
    last_status: str
    version: int
    runner_id: str = ""
    created_at: datetime | None = None
    stopping_at: datetime | None = None
    stopped_at: datetime | None = None
    stop_code: str | None = None
    stopped_reason: str | None = None
    exit_code: int | None = None


class Tasks(Protocol):
    """Fargate tasks in the fleet's cluster."""

    def run(self, spec: TaskSpec) -> str:
        """Start the task, or adopt the one of an earlier call with its token. Return its ARN.

        Raises:
            NoCapacity: the subnet and capacity provider have no capacity for it.
            NotNow: throttling, a quota, or an incomplete setup of the fleet; there is no task.
            Unavailable: there may be a task.
            Refused: ECS does not accept the parameters.
        """
        ...

    def stop(self, task_arn: str, reason: str) -> None:
        """Call StopTask. It is no error if ECS no longer has the task.

        Raises:
            Unavailable, Refused.
        """
        ...

    def describe(self, task_arn: str) -> TaskView | None:
        """Return the task, or None if ECS no longer has it (about an hour after its end).

        Raises:
            Unavailable.
        """
        ...

    def describe_many(self, task_arns: Sequence[str]) -> Mapping[str, TaskView]:
        """Return those of the tasks that ECS has, by ARN.

        Raises:
            Unavailable.
        """
        ...

    def live(self, limit: int) -> Sequence[str]:
        """Return the ARNs of at most `limit` tasks with the desired status RUNNING.

        The listing may lag behind by seconds after a start or a stop.

        Raises:
            Unavailable.
        """
        ...
