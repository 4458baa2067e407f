"""The facts that the log holds, past-tense and immutable: a storage format.

A change of a fact's shape is a new `SCHEMA` number and an upcaster in `codec`, never an edit; a new
field with a default is none. Unknown facts (of a newer version, say) are kept as `Unknown` and fold
to no change. No rule belongs here.
"""

from shared.domain.events.envelope import Event, InvalidEventId, Recorded, check_ids, is_id
from shared.domain.events.fact import Fact, Unknown
from shared.domain.events.images import (
    ImageAwaited,
    ImageBuildEnded,
    ImageBuildFailed,
    ImageBuildIntended,
    ImageBuildPostponed,
    ImageBuildStarted,
    ImageBuilt,
    ImageReady,
    ImageUnavailable,
    TaskDefinitionRegistered,
)
from shared.domain.events.launching import (
    ConfigDeleted,
    LaunchCancelled,
    LaunchFailed,
    LaunchIntended,
    LaunchPlanned,
    LaunchResumed,
    RunnerLaunched,
)
from shared.domain.events.outside import (
    JobCompleted,
    JobDetails,
    JobHeld,
    JobQueued,
    JobStarted,
    TaskStateChanged,
    TaskStopped,
)
from shared.domain.events.pairing import JobPlaced, PairingEnded, RunnerFinished
from shared.domain.events.slots import CircuitClosed, SlotAwaited, SlotFreed, SlotGranted
from shared.domain.events.stopping import (
    JobGivenUp,
    JobRejected,
    RunnerDeregistered,
    RunnerFoundBusy,
    StopIntended,
    TaskStopSent,
)
from shared.domain.events.watching import (
    JobChecked,
    JobStuck,
    NoticeSent,
    OrphanStopped,
    RunnerConfirmed,
)

TYPES: dict[str, type[Fact]] = {
    fact.__name__: fact
    for fact in (
        JobQueued,
        JobHeld,
        JobStarted,
        JobCompleted,
        TaskStateChanged,
        TaskStopped,
        LaunchPlanned,
        LaunchIntended,
        LaunchResumed,
        LaunchFailed,
        LaunchCancelled,
        RunnerLaunched,
        ConfigDeleted,
        JobPlaced,
        PairingEnded,
        RunnerFinished,
        JobRejected,
        JobGivenUp,
        StopIntended,
        RunnerDeregistered,
        RunnerFoundBusy,
        TaskStopSent,
        SlotAwaited,
        SlotGranted,
        SlotFreed,
        CircuitClosed,
        ImageAwaited,
        ImageBuildIntended,
        ImageBuildPostponed,
        ImageBuildStarted,
        ImageBuildEnded,
        ImageBuildFailed,
        ImageBuilt,
        TaskDefinitionRegistered,
        ImageReady,
        ImageUnavailable,
        JobChecked,
        RunnerConfirmed,
        JobStuck,
        NoticeSent,
        OrphanStopped,
    )
}
"""Every type of event that this version knows."""

__all__ = [
    "TYPES",
    "CircuitClosed",
    "ConfigDeleted",
    "Event",
    "Fact",
    "ImageAwaited",
    "ImageBuildEnded",
    "ImageBuildFailed",
    "ImageBuildIntended",
    "ImageBuildPostponed",
    "ImageBuildStarted",
    "ImageBuilt",
    "ImageReady",
    "ImageUnavailable",
    "InvalidEventId",
    "JobChecked",
    "JobCompleted",
    "JobDetails",
    "JobGivenUp",
    "JobHeld",
    "JobPlaced",
    "JobQueued",
    "JobRejected",
    "JobStarted",
    "JobStuck",
    "LaunchCancelled",
    "LaunchFailed",
    "LaunchIntended",
    "LaunchPlanned",
    "LaunchResumed",
    "NoticeSent",
    "OrphanStopped",
    "PairingEnded",
    "Recorded",
    "RunnerConfirmed",
    "RunnerDeregistered",
    "RunnerFinished",
    "RunnerFoundBusy",
    "RunnerLaunched",
    "SlotAwaited",
    "SlotFreed",
    "SlotGranted",
    "StopIntended",
    "TaskDefinitionRegistered",
    "TaskStateChanged",
    "TaskStopSent",
    "TaskStopped",
    "Unknown",
    "check_ids",
    "is_id",
]
