"""Effects: calls to other systems. Each returns the fact that records its outcome.

Every effect may be repeated, after a crash or after a conflict on the append of its outcome.
"""

from collections.abc import Callable, Mapping
from typing import Any

from shared.domain import actions as a
from shared.domain.decision import Decided, Given
from shared.engine.dependencies import Dependencies
from shared.engine.effects import checks, commit_status, image, intend, launch, rerun, stop

EFFECTS: Mapping[type[a.Action], Callable[[Dependencies, Given, Any], Decided | None]] = {
    a.IntendLaunch: intend.intend_launch,
    a.Launch: launch.launch,
    a.CheckJob: checks.check_job,
    a.CancelRun: checks.cancel_run,
    a.CheckRun: rerun.check_run,
    a.RerunJobs: rerun.rerun,
    a.CheckRegistration: checks.check_registration,
    a.Deregister: stop.deregister,
    a.StopTask: stop.stop_task,
    a.CheckTask: stop.check_task,
    a.CreateCommitStatus: commit_status.create,
    a.FindImage: image.find,
    a.StartBuild: image.start,
    a.CheckBuild: image.check,
    a.RegisterDefinition: image.register,
    a.DeleteImage: image.delete,
}
"""The effect of each type of action."""
