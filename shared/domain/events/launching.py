"""What was decided and done to bring a runner up."""

from datetime import datetime
from typing import ClassVar

from shared.domain.events.fact import Fact
from shared.domain.policy import Limits, Placement


class LaunchPlanned(Fact, frozen=True, kw_only=True):
    """A further runner is to be launched for the job, and why the last one did not serve it."""

    runner_id: str
    number: int
    reason: str


class LaunchIntended(Fact, frozen=True, kw_only=True):
    """All that the launch needs, so that every retry is identical. CPU units and MiB.

    `capacities` are tried in order. `probe` marks the one launch that is tried while all others
    wait, because so many had failed.
    """

    SCHEMA: ClassVar[int] = 2

    runner_id: str
    repository: str
    labels: tuple[str, ...]
    class_name: str
    cpu: int
    memory: int
    capacities: tuple[str, ...]
    placement: Placement
    limits: Limits
    image_tag: str = ""
    probe: bool = False


class LaunchFailed(Fact, frozen=True, kw_only=True):
    """An attempt to launch failed; it is tried again at `retry_at`, or never if that is None.

    With `no_capacity` the next attempt goes to another place: see `placing`.
    """

    runner_id: str
    attempt: int
    reason: str
    retry_at: datetime | None = None
    no_capacity: bool = False


class LaunchCancelled(Fact, frozen=True, kw_only=True):
    """A planned or intended launch is known not to have happened, and is not wanted any more."""

    runner_id: str
    reason: str


class RunnerLaunched(Fact, frozen=True, kw_only=True):
    """The task exists, and so does the registration at GitHub."""

    runner_id: str
    task_arn: str
    github_runner_id: int


class ConfigDeleted(Fact, frozen=True, kw_only=True):
    """The runner's just-in-time config is no longer stored."""

    runner_id: str
