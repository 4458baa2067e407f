"""Rules about jobs that GitHub assigns to any idle runner, holds, queues again or announces late.

They apply in worlds where GitHub does such things (`Weather.has_whims`). Each yields a description
of the violation, and the runner concerned.
"""

from collections.abc import Callable, Iterator

from local.github.model import Job
from shared.domain import events as e
from shared.domain.labels import serves
from shared.domain.slot.counter import BROKEN
from shared.domain.stream import StreamId
from tests.simulated.aws.ecs import Task
from tests.simulated.names import FLEET
from tests.simulation.rules import Rule, Wrong
from tests.simulation.world.faults import FUNCTION_SECONDS
from tests.simulation.world.onlooker import load_home
from tests.simulation.world.world import World

IDLE = "took no job within"
"""In the reason of a stop for the idle limit."""
IN_FLIGHT = FUNCTION_SECONDS + 5.0
"""Seconds after which no invocation can still act on what it read before."""


def ran(world: World) -> Wrong:
    """Every job of the fleet that was not cancelled ran, or was refused with a reason."""
    for job in world.jobs():
        if not (_has_run(job) or job.conclusion == "cancelled" or _is_refused(world, job)):
            yield f"job {job.id} is {job.status} at GitHub, and no runner took it", _first(job)


def approved(world: World) -> Wrong:
    """A job that was approved ran, unless it was cancelled afterwards."""
    by_id = {job.id: job for job in world.jobs()}
    for job in (by_id[job_id] for job_id in sorted(world.github.whims.approved)):
        if not (_has_run(job) or job.conclusion == "cancelled" or _is_refused(world, job)):
            yield f"job {job.id} was approved, and no runner took it", _first(job)


def shown(world: World) -> Wrong:
    """The log shows every job that took a runner, including jobs that the fleet ignores."""
    for job in world.thieves():
        facts = list(_facts(world, job.id))
        started = [one.runner_id for one in facts if isinstance(one, e.JobStarted)]
        if job.runner_name not in started:
            yield f"job {job.id} took {job.runner_name}, and its stream has {started}", None


def unknown(world: World) -> Wrong:
    """The jobs that wait at GitHub and of which the log knows nothing."""
    for job in world.jobs():
        if job.status == "queued" and not world.log.read(StreamId.of_job(job.id)):
            yield f"job {job.id} is queued at GitHub, and not in the log", _first(job)


def frugal(world: World) -> Wrong:
    """A job gets another task only if its runner was taken away or was launched too early.

    A runner is taken away by a job that the fleet ignores, by one that asks for fewer labels, so
    that its own runner can not replace it, or by GitHub. Jobs that are cancelled or wait for an
    approval may have had a task before that was heard.
    """
    if _breaks(world):
        return
    whims, jobs = world.github.whims, world.jobs()
    ran = sum(_has_run(job) for job in jobs)
    cancelled = sum(job.conclusion == "cancelled" and not _has_run(job) for job in jobs)
    early = len(whims.held) + cancelled
    stolen = len(world.thieves()) + sum(_asks_for_less(world, job) for job in jobs)
    taken = stolen + len(whims.removed) + len(whims.lost) + _given_up(world)
    if len(world.ecs.launched) > ran + early + taken:
        what = f"{len(world.ecs.launched)} tasks for {ran} jobs, {early} early, {taken} taken away"
        yield what, None


def _given_up(world: World) -> int:
    """Runners that got no job before their idle limit, or one of which nobody had heard yet."""
    facts = [fact for job in world.jobs() for fact in _facts(world, job.id)]
    idle = {
        one.runner_id for one in facts if isinstance(one, e.StopIntended) and IDLE in one.reason
    }
    busy = {one.runner_id for one in facts if isinstance(one, e.RunnerFoundBusy)}
    return len(idle | busy)


def unblamed(world: World) -> Wrong:
    """A runner that GitHub removed does not count as broken."""
    taken = {*world.github.whims.removed, *world.github.whims.lost}
    for job in () if _breaks(world) else world.jobs():
        for fact in _facts(world, job.id):
            is_broken = isinstance(fact, e.SlotFreed) and fact.outcome == BROKEN
            if is_broken and fact.runner_id in taken:
                yield f"{fact.runner_id} counts as broken", fact.runner_id


def credited(world: World) -> Wrong:
    """A runner whose exit code proves that it ran a job does not count as broken."""
    for job in world.jobs():
        facts = list(_facts(world, job.id))
        ran = {
            one.runner_id for one in facts if isinstance(one, e.TaskStopped) and one.exit_code == 0
        }
        ran -= {one.runner_id for one in facts if isinstance(one, e.StopIntended)}
        for fact in facts:
            is_broken = isinstance(fact, e.SlotFreed) and fact.outcome == BROKEN
            if is_broken and fact.runner_id in ran:
                yield f"{fact.runner_id} ran a job and counts as broken", fact.runner_id


def relaunched(world: World, task: Task) -> Wrong:
    """Nothing is launched again for a job that has begun."""
    number = int(task["startedBy"].rpartition("-")[2])
    job = _wanted(world, task)
    if world.profile.rates or number == 1 or job is None or job.started_at is None:
        return
    since = (world.agenda.now() - job.started_at).total_seconds()
    if since > IN_FLIGHT:
        yield f"{task['startedBy']} is for job {job.id}, which began {since:.0f} s ago", _of(task)


def held(world: World, task: Task) -> Wrong:
    """Nothing is launched for a job after ingest has accepted its `waiting` webhook."""
    job = _wanted(world, task)
    heard = world.github.heard.get((job.id, "waiting")) if job is not None else None
    if job is None or job.status != "waiting" or heard is None:
        return
    since = world.agenda.seconds - heard
    if since > IN_FLIGHT:
        what = f"{task['startedBy']} is for job {job.id}, of which `waiting` was told {since:.0f} s"
        yield f"{what} ago", _of(task)


AT_LAUNCH: dict[str, Callable[[World, Task], Wrong]] = {
    "a job that has begun is not launched again": relaunched,
    "nothing is launched for a job that GitHub holds": held,
}
AT_LAST: dict[str, Rule] = {
    "every job ran or was refused": ran,
    "an approved job ran": approved,
    "a theft is shown": shown,
    "no more tasks than needed": frugal,
    "a runner that GitHub took away is not broken": unblamed,
    "a runner that ran a job is not broken": credited,
}


def _breaks(world: World) -> bool:
    """Whether runners die, calls fail or operators stop runners, which costs launches."""
    weather = world.profile.weather
    dies = weather.killed or weather.hung or weather.terminations or weather.spot_storms
    unheard = weather.lost or weather.missing
    return bool(dies or weather.no_capacity or unheard or world.profile.rates)


def _has_run(job: Job) -> bool:
    return job.runner_id is not None


def _asks_for_less(world: World, job: Job) -> bool:
    """Whether the job ran on a runner that has labels which it does not ask for."""
    name = job.runner_name or ""
    runner = load_home(world.log, name).state.runner(name)
    has = runner.intent.labels if runner is not None and runner.intent is not None else ()
    return not serves(job.labels, has)


def _is_refused(world: World, job: Job) -> bool:
    """Whether the fleet refused it, or gave it up where its runners may die."""
    reasons = (e.JobRejected, e.JobGivenUp) if _breaks(world) else (e.JobRejected,)
    return any(isinstance(fact, reasons) for fact in _facts(world, job.id))


def _wanted(world: World, task: Task) -> Job | None:
    """The job for which a task is launched: the one that its runner is paired with."""
    runner = load_home(world.log, task["startedBy"]).state.runner(task["startedBy"])
    serves = runner.serves if runner is not None else None
    return next((job for job in world.jobs() if job.id == serves), None)


def _facts(world: World, job_id: int) -> Iterator[e.Fact]:
    return (one.event.fact for one in world.log.read(StreamId.of_job(job_id)))


def _first(job: Job) -> str:
    return f"{FLEET.prefix}-{job.id}-1"


def _of(task: Task) -> str:
    return str(task["startedBy"])
