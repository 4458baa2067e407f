"""Maps a runner's phase to one of the six statuses that people see."""

from enum import StrEnum

from shared.domain.runner.state import Runner, RunnerPhase


class Status(StrEnum):
    """A runner's status, as the CLI and the runners table show it."""

    STARTING = "STARTING"
    IMAGE_CREATING = "IMAGE_CREATING"
    WAITING_FOR_JOB = "WAITING_FOR_JOB"
    RUNNING = "RUNNING"
    OFFLINE = "OFFLINE"
    FAILED = "FAILED"


LIVE = (Status.IMAGE_CREATING, Status.STARTING, Status.WAITING_FOR_JOB, Status.RUNNING)
"""The statuses of runners that have not ended."""

_BY_PHASE = {
    RunnerPhase.PLANNED: Status.STARTING,
    RunnerPhase.INTENDED: Status.STARTING,
    RunnerPhase.LAUNCHED: Status.STARTING,
    RunnerPhase.IDLE: Status.WAITING_FOR_JOB,
    RunnerPhase.BUSY: Status.RUNNING,
    RunnerPhase.FINISHED: Status.RUNNING,
}


def status(runner: Runner) -> Status:
    """Return the runner's status. OFFLINE and FAILED are terminal: no later fact changes them."""
    if runner.phase is RunnerPhase.CLOSED:
        return Status.FAILED if runner.failed else Status.OFFLINE
    return Status.IMAGE_CREATING if runner.image else _BY_PHASE[runner.phase]
