"""Rules that a world's log, its fleet and its GitHub must obey, each a function of the world.

`watch` asks them, and says when. Each yields what it saw wrong, and the runner that it is about.
"""

from collections.abc import Callable, Iterator, Mapping

from shared.domain import events as e
from shared.domain.history import JobHistory
from shared.domain.names import job_stream
from shared.domain.slots import FAILED, SERVED
from shared.domain.state import Demand, Supply
from shared.engine.journal import load_job
from tests.simulation.world.world import World

Wrong = Iterator[tuple[str, str | None]]
Rule = Callable[[World], Wrong]

RETRIED = 60.0
"""Seconds after which a launch that is due is late."""
ATTEMPTS = 6
"""How often a launch is tried: the setting is at its default in every profile."""


def once(world: World) -> Wrong:
    """An event that the log holds already is not appended again, and none is missing."""
    for stream, recorded in world.log.streams():
        ids = [one.event.id for one in recorded]
        for twice in {one for one in ids if ids.count(one) > 1}:
            yield f"{stream} holds {twice} {ids.count(twice)} times", None
        if [one.seq for one in recorded] != list(range(1, len(ids) + 1)):
            yield f"{stream} has gaps", None


def kept(world: World) -> Wrong:
    """A webhook that was taken in is in the log: GitHub does not deliver it again by itself."""
    lost = world.github.accepted - {one.id for one in _events(world)}
    for guid in sorted(lost):
        yield f"{guid} was answered 202", None


def launched(world: World) -> Wrong:
    """What the log calls launched is a task that ECS has started."""
    begun = {arn for _, arn in world.ecs._tokens.values()}
    for fact in _facts(world):
        if isinstance(fact, e.RunnerLaunched) and fact.task_arn not in begun:
            yield f"{fact.runner_id} has {fact.task_arn}", fact.runner_id


def tried(world: World) -> Wrong:
    """Nothing here refuses a launch for good, so it is tried as often as the policy allows."""
    for fact in _facts(world):
        if isinstance(fact, e.LaunchFailed) and not fact.retry_at and fact.attempt < ATTEMPTS:
            yield f"{fact.runner_id}: {fact.reason}, at attempt {fact.attempt}", fact.runner_id


def circuit(world: World) -> Wrong:
    """Once a runner has served a job, launches are not held back any more."""
    freed = [one for one in _events(world) if isinstance(one.fact, e.SlotFreed)]
    told = [one for one in freed if one.fact.outcome in (SERVED, FAILED)]
    last = max(told, key=lambda one: one.recorded_at, default=None)
    failures = world.log.slots().failures
    if last is not None and last.fact.outcome == SERVED and failures:
        yield f"{last.fact.runner_id} served, and {failures} failures count", last.fact.runner_id


def configured(world: World) -> Wrong:
    """A task starts after its config is stored, and before it is deleted."""
    for fact in _facts(world):
        if world.profile.is_calm and isinstance(fact, e.TaskStopped) and "env file" in fact.reason:
            yield f"{fact.runner_id}: {fact.reason}", fact.runner_id


def one_each(world: World) -> Wrong:
    """Where all jobs are equal and nothing dies, a runner that is left over goes to a job."""
    jobs, tasks = len(world.actions.jobs()), len(world.ecs.launched)
    if world.profile.equal and world.profile.is_calm and tasks > jobs:
        yield f"{jobs} jobs got {tasks} tasks", None


def kept_up(world: World) -> Wrong:
    """Where nothing dies, no job runs out of launches."""
    for one in _events(world):
        if world.profile.is_calm and isinstance(one.fact, e.JobGivenUp):
            yield f"{one.id}: {one.fact.reason}", None


AT_LAST: Mapping[str, Rule] = {
    "an event is in its stream once": once,
    "what was taken in is in the log": kept,
    "a launch has its task": launched,
    "a launch is given up after its last attempt": tried,
    "the circuit closes": circuit,
    "a task finds its config": configured,
    "one launch for each of equal jobs": one_each,
    "no job is given up in calm weather": kept_up,
}
"""What must be true of a world that has come to rest."""


def busy(world: World) -> Wrong:
    """A job that waits is paired with a runner that is not on another job."""
    running = {one.name: one.job_id for one in world.actions.registered() if one.job_id}
    for job in _waiting(world):
        paired = job.state.job.paired or ""
        if paired in running:
            yield f"job {job.state.job_id} waits for {paired}, on job {running[paired]}", paired


def free(world: World) -> Wrong:
    """A slot is handed over when it is given back, so none is free while jobs wait for one."""
    slots, most = world.log.slots(), int(world.profile.settings.get("MAX_RUNNERS", "100"))
    if slots.waiting and slots.taken < most and not slots.failures:
        yield f"{slots.taken} of {most} are taken, {slots.waiting} jobs wait", None


def late(world: World) -> Wrong:
    """A launch is tried again when it is time."""
    for job in _waiting(world):
        for runner in job.state.runners:
            due = runner.retry_at if runner.phase is Supply.INTENDED else None
            if due and (world.agenda.now() - due).total_seconds() > RETRIED:
                yield f"{runner.id} was to be tried again at {due:%H:%M:%S}", runner.id


def _waiting(world: World) -> Iterator[JobHistory]:
    """The jobs that wait, at GitHub as in the log."""
    for job in world.actions.jobs():
        known = load_job(world.log, job.id) if job.status == "queued" else None
        if known is not None and known.state.job.phase is Demand.WAITING:
            yield known


def _events(world: World) -> Iterator[e.Event]:
    for job in world.actions.jobs():
        yield from (one.event for one in world.log.read(job_stream(job.id)))


def _facts(world: World) -> Iterator[e.Fact]:
    return (one.fact for one in _events(world))
