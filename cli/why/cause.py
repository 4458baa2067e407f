"""The causes for which a job waits or has no runner, and the events that prove each."""

from enum import StrEnum

from shared.domain import events as e


class Cause(StrEnum):
    """Why a job waits, or got no runner. The values are part of the command's JSON."""

    STUCK = "stuck"
    CHECK = "status check"
    HELD = "held by GitHub"
    SCHEDULER = "scheduler"
    IMAGE = "image"
    SLOT = "slot"
    CIRCUIT = "circuit breaker"
    TURN = "GitHub's rate limit"
    GITHUB = "GitHub failed"
    CAPACITY = "no capacity"
    AFTER_LOSS = "after a loss"
    RETRY = "launch failed"
    LAUNCH = "launching"
    START = "task starting"
    ASSIGNMENT = "not assigned"
    REPLACEMENT = "no runner now"
    REFUSED = "refused"
    GIVEN_UP = "given up"
    STARTED = "started"
    ENDED = "ended before a start"
    LOST = "lost"
    FOREIGN = "not queued for this fleet"


REFUSALS = (Cause.REFUSED, Cause.GIVEN_UP)
SHARED = frozenset(Cause) - {
    *(Cause.STARTED, Cause.ENDED, Cause.LOST, Cause.FOREIGN),
    *(Cause.HELD, Cause.CHECK, Cause.REPLACEMENT),
}
"""The causes that the row of a job's runner shows, so that other jobs can be compared."""

_LAUNCH_FAILED = (e.LaunchPlanned, e.LaunchIntended, e.LaunchFailed)

PROOF: dict[Cause, tuple[type[e.Fact], ...]] = {
    Cause.STUCK: (e.JobStuck,),
    Cause.CHECK: (e.TaskStopped, e.PairingEnded, e.JobHeld, e.JobChecked),
    Cause.HELD: (e.JobHeld, e.JobChecked, e.PairingEnded),
    Cause.SCHEDULER: (*_LAUNCH_FAILED, e.ImageReady, e.SlotGranted, e.SlotFreed),
    Cause.IMAGE: (e.ImageAwaited, e.ImageBuildPostponed),
    Cause.SLOT: (e.SlotAwaited,),
    Cause.CIRCUIT: (e.SlotAwaited,),
    Cause.TURN: _LAUNCH_FAILED,
    Cause.GITHUB: _LAUNCH_FAILED,
    Cause.CAPACITY: _LAUNCH_FAILED,
    Cause.AFTER_LOSS: (e.TaskStopped, e.LaunchPlanned),
    Cause.RETRY: _LAUNCH_FAILED,
    Cause.LAUNCH: (*_LAUNCH_FAILED, e.LaunchResumed),
    Cause.START: (e.LaunchPlanned, e.LaunchIntended, e.RunnerLaunched),
    Cause.ASSIGNMENT: (e.TaskStarted, e.RunnerConfirmed, e.JobAssigned),
    Cause.REPLACEMENT: (e.TaskStopped, e.PairingEnded, e.JobAssigned, e.JobChecked),
    Cause.REFUSED: (e.JobRejected, e.ImageUnavailable, e.LaunchFailed, e.RunCancelled),
    Cause.GIVEN_UP: (e.TaskStopped, e.JobGivenUp, e.RunCancelled),
    Cause.STARTED: (e.JobStarted, e.JobAssigned),
    Cause.ENDED: (e.JobCompleted, e.JobChecked),
    Cause.LOST: (
        *(e.JobStarted, e.TaskStopped, e.JobCompleted, e.JobLost),
        *(e.RerunPostponed, e.RerunRequested, e.RerunAbandoned),
    ),
    Cause.FOREIGN: (e.JobStarted, e.JobCompleted),
}
"""The types of facts that prove each cause. The last fact of each type counts."""
