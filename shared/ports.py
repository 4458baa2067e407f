"""What the engine needs from the world, as small protocols.

Every implementation of a port passes that port's one contract suite.

Here live the protocols, the plain values that cross them and the errors that they raise. No
implementation, no decision and no library client belongs here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Protocol

from msgspec import Struct

from shared.domain.events import Event, Recorded
from shared.domain.projection import RunnerRow


class Unavailable(Exception):
    """The other side can't serve the call now; the same call may succeed later.

    Args:
        reason: What happened, in words fit for the timeline.
        retry_after: Seconds that the other side asks us to wait, if it said so.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class Refused(Exception):
    """The other side will never accept this call as it is."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NameTaken(Refused):
    """GitHub already has a runner of that name (HTTP 409)."""


class Conflict(Exception):
    """Somebody else appended first, or a projection row is newer: read again, decide again."""


class AppendTooLarge(ValueError):
    """The append can never fit into one DynamoDB transaction."""


class Append(Struct, frozen=True, kw_only=True):
    """New events for one stream, on condition that it still ends at `after`.

    `routes[i]` names the queue that `events[i]` nudges, or is None.
    """

    stream: str
    after: int
    events: tuple[Event, ...]
    routes: tuple[str | None, ...]


class EventLog(Protocol):
    """The log of immutable events and, in the same transaction, the rows of the projection."""

    def read(self, stream: str) -> list[Recorded]:
        """All events of a stream in order, read consistently; empty if there is no such stream."""
        ...

    def append(self, appends: Sequence[Append], rows: Sequence[RunnerRow]) -> None:
        """Append to all streams and write all rows, or do nothing.

        Raises:
            Conflict: a stream no longer ends where its `Append` says, or a row is not older than
                the one stored.
            AppendTooLarge: more than 100 items, or an item over 400 KB.
            Unavailable: throttled; nothing was written.
        """
        ...

    def streams(self) -> Iterator[tuple[str, list[Recorded]]]:
        """Every stream with its events, in no particular order. For tools: no function scans."""
        ...


class RunnersTable(Protocol):
    """The projection that people and the Janitor read. Nothing is decided from it."""

    def get(self, runner_id: str) -> RunnerRow | None:
        """One row, read consistently."""
        ...

    def by_status(self, status: str, limit: int | None = None) -> Iterator[RunnerRow]:
        """Rows of a status, newest change first."""
        ...

    def due(self, now: datetime, limit: int) -> list[RunnerRow]:
        """At most `limit` rows whose deadline is not after `now`, the oldest deadline first."""
        ...

    def all(self) -> Iterator[RunnerRow]:
        """Every row, in no particular order. For tools: no function scans."""
        ...

    def overwrite(self, row: RunnerRow) -> None:
        """Write the row unconditionally (the replay tool's rebuild)."""
        ...

    def delete(self, runner_id: str) -> None:
        """Remove a row that the log does not know (the replay tool's rebuild)."""
        ...


class JitConfig(Struct, frozen=True, kw_only=True):
    """A just-in-time registration: GitHub's id of the runner and the encoded config (a secret)."""

    github_runner_id: int
    encoded: str

    def __repr__(self) -> str:
        """Without the secret: this value may meet a log line."""
        return f"JitConfig(github_runner_id={self.github_runner_id}, encoded=…)"


class Deletion(Enum):
    """GitHub's answer to the deletion of a runner's registration."""

    DELETED = "deleted"
    ABSENT = "absent"
    BUSY = "busy"


class Registrations(Protocol):
    """Runner registrations at GitHub. `repository` is `owner/name`, the job's."""

    def mint(self, repository: str, runner_id: str, labels: Sequence[str]) -> JitConfig:
        """Register an ephemeral runner of that name.

        Raises:
            NameTaken, Refused, Unavailable.
        """
        ...

    def delete(self, repository: str, github_runner_id: int) -> Deletion:
        """Delete a registration, which a busy runner's can't be.

        Raises:
            Refused, Unavailable.
        """
        ...

    def find(self, repository: str, runner_id: str) -> int | None:
        """GitHub's id of the runner of that name, if there is one.

        Raises:
            Refused, Unavailable.
        """
        ...


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
    task_definition: str
    cpu: int
    memory: int
    capacity: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    assign_public_ip: bool
    config_reference: str


class TaskView(Struct, frozen=True, kw_only=True):
    """What ECS says of a task now."""

    task_arn: str
    last_status: str
    version: int
    stop_code: str | None = None
    stopped_reason: str | None = None
    exit_code: int | None = None


class Tasks(Protocol):
    """Fargate tasks in the fleet's cluster."""

    def run(self, spec: TaskSpec) -> str:
        """Start the task, or adopt the one that an earlier identical call started; its ARN.

        Raises:
            Unavailable: throttled, no capacity, a quota reached.
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


class Nudges(Protocol):
    """The queues, for who sends by hand (the replay tool); the functions never do."""

    def send(self, route: str, stream: str, deduplication_id: str) -> None:
        """Put one nudge for `stream` on the queue of `route`."""
        ...


class Clock(Protocol):
    """The time, as an argument to everything that asks for it."""

    def now(self) -> datetime:
        """Now, in UTC."""
        ...


class Parameters(Protocol):
    """Parameters and secrets by reference, cached for a short time."""

    def values(self, names: Iterable[str]) -> Mapping[str, str]:
        """The decrypted value of every name.

        Raises:
            Refused: names them, if some do not exist.
            Unavailable: the store can't be read now.
        """
        ...
