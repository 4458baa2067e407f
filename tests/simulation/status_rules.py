"""Rules about commit statuses: GitHub shows why a job has no runner, and no longer than that.

Each yields a description of the violation, and the runner concerned.
"""

from datetime import timedelta

from local.github.commit_statuses import CommitStatus
from local.github.model import Job
from local.github.payloads import head_sha
from shared.domain.commit_status.state import LONGEST_DESCRIPTION
from shared.domain.job.state import JobPhase
from tests.simulated.names import FLEET
from tests.simulation.rules import Rule, Wrong
from tests.simulation.world.fleet import PENDING_SECONDS
from tests.simulation.world.onlooker import load_job
from tests.simulation.world.world import World

_NEEDED = ("github", "dynamodb", "ssm")
"""The dependencies without which no status can be created."""


def explained(world: World) -> Wrong:
    """A refused job has a failed status with its reason."""
    for job in world.jobs():
        state = load_job(world.log, job.id).state
        status = _shown(world, job)
        if state.job.phase is not JobPhase.REFUSED:
            continue
        reason = (state.job.reason or "")[1 : LONGEST_DESCRIPTION - 1]
        if status is None or status.state != "failure" or reason not in (status.description or ""):
            yield f"job {job.id} was refused ({state.job.reason}), shown is {status}", _first(job)


def resolved(world: World) -> Wrong:
    """A job that has run has no failed or pending status, and one that has ended no pending one."""
    for job in world.jobs():
        status = _shown(world, job)
        if status is None or load_job(world.log, job.id).state.job.phase is JobPhase.REFUSED:
            continue
        ran = job.started_at is not None and status.state in ("failure", "pending")
        ended = job.completed_at is not None and status.state == "pending"
        if (ran or ended) and _is_known(world, job):
            yield f"job {job.id} has ended, shown is {status.state}", _first(job)


def cancelled(world: World) -> Wrong:
    """Where the runs of refused jobs are cancelled, no refused job is queued at GitHub."""
    if world.profile.settings.get("CANCEL_REFUSED_RUNS") != "true":
        return
    for job in world.jobs():
        is_refused = load_job(world.log, job.id).state.job.phase is JobPhase.REFUSED
        if is_refused and job.completed_at is None:
            yield f"job {job.id} is refused, and {job.status} at GitHub", _first(job)


def _is_known(world: World, job: Job) -> bool:
    """Whether the log has the end of the job, of which a webhook may be missing for good."""
    return load_job(world.log, job.id).state.job.phase is JobPhase.COMPLETED


def unexplained(world: World) -> Wrong:
    """The jobs that wait for longer than they may without a pending status."""
    if any(world.profile.is_down(one, world.agenda.seconds) for one in _NEEDED):
        return
    due = world.agenda.now() - timedelta(seconds=PENDING_SECONDS)
    for job in world.jobs():
        if job.status != "queued" or job.created_at > due:
            continue
        known = load_job(world.log, job.id).state.job
        waits = known.phase is JobPhase.QUEUED and known.arrived_at and known.arrived_at <= due
        if waits and _shown(world, job) is None:
            yield f"job {job.id} waits, and nothing is shown", _first(job)


def _shown(world: World, job: Job) -> CommitStatus | None:
    """The newest status of the job at its commit. Each run has a commit of its own."""
    sha, name = head_sha(job.run_id), f" / {job.name}"
    statuses = reversed(world.github.rest.statuses.all)
    return next((one for one in statuses if one.sha == sha and one.context.endswith(name)), None)


def _first(job: Job) -> str:
    return f"{FLEET.prefix}-{job.id}-1"


AT_LAST: dict[str, Rule] = {
    "a refused job shows its reason at GitHub": explained,
    "what GitHub shows is resolved": resolved,
    "the run of a refused job is cancelled": cancelled,
}
