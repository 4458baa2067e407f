"""Rules about lost jobs: each is run again or the log says why not, and no other job ever is.

Each yields a description of the violation, and the runner concerned.
"""

from local.github.model import Job
from shared.domain import events as e
from shared.domain.job.state import JobPhase
from shared.domain.names import own_runner
from shared.domain.rerun.state import RerunPhase
from shared.domain.runner.state import Runner
from tests.simulated.names import FLEET
from tests.simulation.rules import Rule, Wrong
from tests.simulation.world.onlooker import load_home, load_job
from tests.simulation.world.world import World


def recorded(world: World) -> Wrong:
    """The loss of a job that was cut off, and then failed, is in the log."""
    for job in _lost(world):
        runner = _runner(world, job)
        if runner is not None and runner.stop is None and runner.rerun is None:
            yield f"job {job.id} was cut off, and the log has no loss", runner.id


def followed(world: World) -> Wrong:
    """A loss is followed by a new attempt, or by the reason why there is none."""
    for job in _lost(world):
        runner = _runner(world, job)
        rerun = runner.rerun if runner else None
        if runner is None or rerun is None:
            continue
        last = _last(world, job)
        if rerun.phase is RerunPhase.REQUESTED and not _runs_again(world, job):
            yield f"job {job.id} is called run again, and GitHub does not", runner.id
        elif rerun.phase in (RerunPhase.LOST, RerunPhase.INTENDED):
            yield f"job {job.id} was lost, and nothing follows", runner.id
        elif isinstance(last, e.RerunAbandoned) and not _is_cancelled(world, job):
            yield f"job {job.id} is not run again: {last.reason}", runner.id


def unasked(world: World) -> Wrong:
    """A new attempt runs only jobs that were lost in the attempt before."""
    attempts = set(world.actions.attempts)
    before = {(one.run_id, one.name, one.run_attempt): one for one in world.actions.jobs()}
    for job in world.actions.jobs():
        if (job.run_id, job.run_attempt) not in attempts:
            continue
        earlier = [before.get((job.run_id, job.name, n)) for n in range(job.run_attempt)]
        cause = [one for one in earlier if one is not None][-1]
        if cause not in _lost(world):
            yield f"job {cause.id} ended as {cause.conclusion}, and is run again", _first(cause)


def limited(world: World) -> Wrong:
    """No job is run again more often than the setting allows."""
    most = int(world.profile.settings.get("LOST_JOB_RERUNS", "0"))
    for job in world.actions.jobs():
        same = (job.run_id, job.name)
        times = sum((one.run_id, one.name) == same for one in world.actions.jobs()) - 1
        if times > most:
            yield f"job {job.id} is run again {times} times, at most {most}", _first(job)


def is_pending(world: World) -> bool:
    """Whether something is due for a lost job."""
    if not world.profile.settings.get("LOST_JOB_RERUNS"):
        return False
    return any(row.deadline is not None for row in world.table.all())


def _lost(world: World) -> list[Job]:
    """The jobs that were cut off, and failed after that, in the whole seconds that GitHub reports.

    Without the setting this counts, too: the loss is recorded in any case.
    """
    found = []
    for job_id, stopping_at in world.runners.cut.items():
        job = world.actions.job(job_id)
        ended = job.completed_at and job.completed_at.replace(microsecond=0)
        if job.conclusion == "failure" and ended and ended > stopping_at and _is_known(world, job):
            found.append(job)
    return found


def _is_known(world: World, job: Job) -> bool:
    """Whether the log has the end of the job, of which a webhook may be missing for good."""
    return load_job(world.log, job.id).state.job.phase is JobPhase.COMPLETED


def _runner(world: World, job: Job) -> Runner | None:
    name = own_runner(FLEET.prefix, job.runner_name)
    return load_home(world.log, name).state.runner(name) if name else None


def _runs_again(world: World, job: Job) -> bool:
    same = [one for one in world.actions.jobs() if (one.run_id, one.name) == (job.run_id, job.name)]
    return any(one.run_attempt > job.run_attempt for one in same)


def _is_cancelled(world: World, job: Job) -> bool:
    return any(one.cancelling for one in world.actions.jobs() if one.run_id == job.run_id)


def _last(world: World, job: Job) -> e.Fact | None:
    facts = [one.event.fact for one in world.log.read(f"job-{job.id}")]
    about = [fact for fact in facts if isinstance(fact, e.JobLost | e.RerunAbandoned)]
    return about[-1] if about else None


def _first(job: Job) -> str:
    return f"{FLEET.prefix}-{job.id}-1"


AT_LAST: dict[str, Rule] = {
    "the loss of a job is recorded": recorded,
    "a lost job is run again, or the log says why not": followed,
    "only a lost job is run again": unasked,
    "a lost job is run again up to a limit": limited,
}
