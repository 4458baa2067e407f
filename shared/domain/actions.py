"""What can be done about a state. A `Record` is only written down; each other one is an effect.

An effect's outcome is an event too. Who performs them is the engine; which one is next says
`next_action`.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from shared.domain.events import Fact
from shared.domain.state import Runner


class Role(StrEnum):
    """Who does it: the consumer of one of the two queues. The Janitor is both."""

    SCHEDULER = "scheduler"
    RECONCILER = "reconciler"


BOTH = "both"
"""The route of an event that gives both roles something to do."""


class Nothing(Struct, frozen=True):
    """There is nothing to do now."""


class Wait(Struct, frozen=True):
    """There is something to do, but not before `until`."""

    until: datetime


class Record(Struct, frozen=True):
    """A decision that needs no effect: append the fact under the id."""

    id: str
    fact: Fact


class Launch(Struct, frozen=True):
    """Bring the runner's task up, or drop the launch if it is not `wanted` and never began."""

    runner: Runner
    wanted: bool


class Place(Struct, frozen=True):
    """The job runs on that runner: tell the runner's stream, and swap what is left over."""

    job_id: int
    runner_id: str
    spare_runner_id: str | None
    started_at: datetime


class EndPairing(Struct, frozen=True):
    """Tell both streams that this job and this runner no longer wait for each other."""

    job_id: int
    runner_id: str
    reason: str


class TellFinished(Struct, frozen=True):
    """Tell the stream of the runner, which was launched for another job, that this job ended."""

    job_id: int
    runner_id: str
    conclusion: str
    completed_at: datetime


class Deregister(Struct, frozen=True):
    """Delete the runner's registration at GitHub, unless it is busy."""

    runner: Runner


class StopTask(Struct, frozen=True):
    """Ask ECS to stop the task."""

    runner: Runner


class CheckTask(Struct, frozen=True):
    """Ask ECS what became of a task that should have stopped by now."""

    runner: Runner


class DeleteConfig(Struct, frozen=True):
    """Delete the runner's just-in-time config, which it has read."""

    runner: Runner


Effect = (
    Launch | Place | EndPairing | TellFinished | Deregister | StopTask | CheckTask | DeleteConfig
)
Action = Nothing | Wait | Record | Effect
