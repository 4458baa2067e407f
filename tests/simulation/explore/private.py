"""Which call a drive may make at once, because no other move touches the same things.

The moves of all others then lead to the same worlds before and after it, so one order stands for
all.
"""

from tests.simulation.explore.consumers import Call
from tests.simulation.explore.model import Model
from tests.simulation.explore.naming import runner_of
from tests.simulation.explore.world import Task, World

_LAUNCH = frozenset(
    {"configs.github_runner_id", "configs.put_if_absent", "registrations.mint", "tasks.run"}
)


def is_private(model: Model, world: World, number: int) -> bool:
    """Whether no other move can touch what the drive's next call touches.

    A runner's config and registration are touched by drives of its home stream only, and by
    GitHub once its task runs; until RunTask no rule of another role reads them. Where time
    may pass, the Janitor may drive the stream too, so no call is private.
    """
    call, drive = model.consumers.next(number), model.consumers.drives[number]
    if not isinstance(call, Call):
        return False
    if call.name == "tasks.run" and world.runner(*runner_of(_runner(call))).task:
        return True  # it is only adopted
    time_may_pass = world.left.waits or world.clock
    jobs = [model.consumers.drives[one].job for one in world.drives]
    if time_may_pass or jobs.count(drive.job) > 1:
        return False
    return call.name in _LAUNCH and world.runner(*runner_of(_runner(call))).task is Task.NONE


def _runner(call: Call) -> str:
    """The runner that a call is about."""
    if call.name == "tasks.run":
        return str(call.args[0].runner_id)
    return str(call.args[1] if call.port == "registrations" else call.args[0])
