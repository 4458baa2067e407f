"""A fleet whose jobs GitHub knows, and which are lost with their tasks."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from local.github.model import Job
from shared.domain import events as e
from shared.domain.stream import StreamId
from tests.support import stories
from tests.support.fleet import SimulatedFleet

SPOT = "SpotInterruption"
NOTICED_SECONDS = 30.0
"""From the end of a task until GitHub notices that its runner is gone."""
AGAIN_SECONDS = 60.0
"""From the loss until GitHub is asked for the run; see `shared.domain.rerun.fold.FIRST_CHECK`."""


def rerunning(fleet: SimulatedFleet, **policy: Any) -> SimulatedFleet:
    """Return the fleet, which runs lost jobs again."""
    fleet.policy = replace(fleet.policy, **{"lost_job_reruns": 1, **policy})
    return fleet


def queue(fleet: SimulatedFleet, *, beside: Job | None = None, name: str = "build") -> Job:
    """Queue a job at GitHub, and report it to the fleet. It gets a runner that is up."""
    job = fleet.registrations.actions.queue("octo/repo", ("self-hosted",), name=name, beside=beside)
    receive(fleet, job)
    return job


def receive(fleet: SimulatedFleet, job: Job) -> None:
    """Report a queued job to the fleet, and bring its runner up."""
    fleet.tell(job.id, e.JobQueued(fleet="fleet", job=details(job)))
    fleet.settle()
    fleet.runs(runner_of(job))
    fleet.settle()


def begin_elsewhere(
    fleet: SimulatedFleet, *, beside: Job | None = None
) -> tuple[Job, Callable[[], None]]:
    """Begin a job, of the run of `beside`, on no runner of the fleet; return it and its end."""
    actions = fleet.registrations.actions
    runner = actions.register("octo/repo", "elsewhere", ("elsewhere",))
    job = actions.queue("octo/repo", ("elsewhere",), name="other", beside=beside)
    actions.connect(runner.token, "2.330.0")
    return job, lambda: actions.finish(runner.token, "success")


def take(fleet: SimulatedFleet, job: Job, runner_id: str | None = None) -> None:
    """Start the job on its own runner or on another one."""
    runner_id = runner_id or runner_of(job)
    others = [one for one in fleet.registrations.actions.jobs() if one is not job]
    fleet.registrations.actions.withholds = lambda one: one in others
    fleet.registrations.connect(runner_id)
    fleet.registrations.actions.withholds = lambda _: False
    assert job.runner_name == runner_id
    fleet.tell(job.id, e.JobStarted(job=details(job), runner_name=runner_id, runner_id=runner_id))
    fleet.settle()


def take_away(fleet: SimulatedFleet, job: Job, code: str = SPOT) -> None:
    """Stop the task that runs the job, as AWS does; then GitHub notices that the job has failed."""
    fleet.interrupted(str(job.runner_name), code)
    fleet.settle()
    fleet.clock.advance(NOTICED_SECONDS)
    ends(fleet, job, "failure")


def ends(fleet: SimulatedFleet, job: Job, conclusion: str) -> None:
    """End the job at GitHub, and report it to the fleet."""
    (runner,) = (
        one for one in fleet.registrations.actions.registered() if one.name == job.runner_name
    )
    fleet.registrations.actions.finish(runner.token, conclusion)
    report_end(fleet, job)


def report_end(fleet: SimulatedFleet, job: Job) -> None:
    """Report the job's end to the fleet."""
    fleet.tell(
        job.id,
        e.JobCompleted(
            job=details(job),
            conclusion=str(job.conclusion),
            runner_name=job.runner_name or "",
            runner_id=job.runner_name,
            started_at=job.started_at,
        ),
    )
    fleet.settle()


def look(fleet: SimulatedFleet, seconds: float = AGAIN_SECONDS) -> None:
    """Advance the clock, and have the Janitor drive the streams that are due."""
    fleet.clock.advance(seconds)
    fleet.sweep()


def lose(fleet: SimulatedFleet) -> Job:
    """Queue a job, and lose it to a Spot interruption."""
    job = queue(fleet)
    take(fleet, job)
    take_away(fleet, job)
    return job


def again(fleet: SimulatedFleet, job: Job) -> list[Job]:
    """Return the jobs that GitHub runs in place of the job, oldest first."""
    jobs = fleet.registrations.actions.jobs()
    return [one for one in jobs if (one.run_id, one.name) == (job.run_id, job.name)][1:]


def told(fleet: SimulatedFleet, stream_of: int) -> list[e.Fact]:
    """Return the facts about lost jobs in a job's stream, in order."""
    recorded = fleet.log.read(StreamId.of_job(stream_of))
    return [one.event.fact for one in recorded if isinstance(one.event.fact, _ABOUT)]


def runner_of(job: Job, number: int = 1) -> str:
    """Return the id of the runner that was launched for the job."""
    return f"fleet-{job.id}-{number}"


def details(job: Job) -> e.JobDetails:
    """Return the job as GitHub's webhooks describe it."""
    return stories.details(name=job.name, run_id=job.run_id, run_attempt=job.run_attempt)


_ABOUT = (e.JobLost, e.RerunPostponed, e.RerunIntended, e.RerunRequested, e.RerunAbandoned)
