"""Rules about the circuit that opens when launches fail in a row (design, section 4).

Each yields what it saw wrong, and the runner that it is about.
"""

from collections.abc import Callable
from datetime import datetime

from shared.domain import events as e
from shared.domain.names import home_job
from shared.domain.stream import StreamId
from tests.simulated.aws.ecs import Task
from tests.simulation.rules import Rule, Wrong
from tests.simulation.world.onlooker import load_home
from tests.simulation.world.world import World

FAILURES = 10
"""So many open it: the setting's default."""


def one_at_a_time(world: World, task: Task) -> Wrong:
    """While it is open one launch is tried, besides those that had begun before."""
    if not _is_open(world):
        return
    opened = _opened(world)
    tried = [one["startedBy"] for one in world.ecs.live() if _begun(world, one) > opened]
    if task["startedBy"] in tried and len(tried) > 1:
        yield f"{', '.join(tried)} are tried at once", task["startedBy"]


def closed(world: World) -> Wrong:
    """Launches that work again, after a time in which none did, close it."""
    if any(world.profile.weather.outage) and _is_open(world):
        yield f"{world.log.slots()}", None


def unheard(world: World) -> Wrong:
    """A runner that was launched after broken ones is on a job, and the circuit is open still."""
    if world.profile.rates or world.profile.weather.lost or not _is_open(world):
        return
    for one in world.actions.registered():
        runner = load_home(world.log, one.name).state.runner(one.name)
        if one.job_id and runner and runner.intent and runner.intent.broken_before:
            yield f"{one.name} is on a job", one.name


AT_LAUNCH: dict[str, Callable[[World, Task], Wrong]] = {
    "an open circuit lets one launch through": one_at_a_time,
}
AT_LAST: dict[str, Rule] = {"the circuit is closed again": closed}


def openings(world: World) -> list[datetime]:
    """When it opened, each time."""
    return [
        one.recorded_at
        for one in _events(world)
        if isinstance(one.fact, e.SlotFreed) and one.fact.circuit_opened
    ]


def _is_open(world: World) -> bool:
    most = int(world.profile.settings.get("CIRCUIT_FAILURES", FAILURES))
    return world.log.slots().circuit.broken >= most


def _opened(world: World) -> datetime:
    return max(openings(world))


def _begun(world: World, task: Task) -> datetime:
    """When the launch was let through: it was given a slot, or took one."""
    job_id, facts = home_job(task["startedBy"]), []
    for event in (one.event for one in world.log.read(StreamId.of_job(job_id or 0))):
        match event.fact:
            case e.LaunchIntended(runner_id=runner_id) if runner_id == task["startedBy"]:
                facts.append(event.recorded_at)
            case e.SlotFreed(granted_job_id=granted) if granted == job_id:
                facts.append(event.recorded_at)
            case e.SlotGranted(runner_id=runner_id) if runner_id == task["startedBy"]:
                facts.append(event.recorded_at)
    return min(facts)


def _events(world: World) -> list[e.Event]:
    streams = (StreamId.of_job(job.id) for job in world.actions.jobs())
    return [one.event for stream in streams for one in world.log.read(stream)]
