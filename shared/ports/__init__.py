"""The ports of the engine: protocols, the values that cross them, and the errors that they raise.

Every implementation of a port passes the same contract suite. No implementation, no decision and no
library client belongs here.
"""

from shared.ports.errors import (
    AppendTooLarge,
    Conflict,
    NameTaken,
    NoCapacity,
    NotNow,
    RateLimited,
    Refused,
    Throttled,
    TurnedAway,
    Unavailable,
)
from shared.ports.github import (
    CommitStatuses,
    Deletion,
    Deliveries,
    Delivery,
    DeliveryPage,
    Hook,
    JitConfig,
    Jobs,
    JobView,
    NewCommitStatus,
    Registered,
    Registrations,
    RunView,
)
from shared.ports.images import Build, Images
from shared.ports.intake import IntakeLog, Unrecorded
from shared.ports.log import Append, EventLog, LiveRows, RunnersTable
from shared.ports.queues import DeadLetter, Depth, FailedEvent, Queues
from shared.ports.runtime import Checkpoint, Checkpoints, Clock, Nudges, Parameters
from shared.ports.tasks import ConfigStore, Tasks, TaskSpec, TaskView

__all__ = [
    "Append",
    "AppendTooLarge",
    "Build",
    "Checkpoint",
    "Checkpoints",
    "Clock",
    "CommitStatuses",
    "ConfigStore",
    "Conflict",
    "DeadLetter",
    "Deletion",
    "Deliveries",
    "Delivery",
    "DeliveryPage",
    "Depth",
    "EventLog",
    "FailedEvent",
    "Hook",
    "Images",
    "IntakeLog",
    "JitConfig",
    "JobView",
    "Jobs",
    "LiveRows",
    "NameTaken",
    "NewCommitStatus",
    "NoCapacity",
    "NotNow",
    "Nudges",
    "Parameters",
    "Queues",
    "RateLimited",
    "Refused",
    "Registered",
    "Registrations",
    "RunView",
    "RunnersTable",
    "TaskSpec",
    "TaskView",
    "Tasks",
    "Throttled",
    "TurnedAway",
    "Unavailable",
    "Unrecorded",
]
