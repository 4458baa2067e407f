"""Stories of jobs that were lost with their tasks, and are run again or not."""

from local.github.answers import refused
from tests.histories.story import Story, with_policy
from tests.support import lost
from tests.support.fleet import SimulatedFleet


def lost_job_runs_again(fleet: SimulatedFleet) -> None:
    """Another job of the run goes on at first. The new attempt's job is lost, too: the limit."""
    job = lost.queue(fleet, name="lost")
    _, end = lost.begin_elsewhere(fleet, beside=job)
    lost.take(fleet, job)
    lost.take_away(fleet, job)
    lost.look(fleet)
    end()
    lost.look(fleet)
    (again,) = lost.again(fleet, job)
    lost.receive(fleet, again)
    lost.take(fleet, again)
    lost.take_away(fleet, again)


def jobs_lost_together(fleet: SimulatedFleet) -> None:
    """Two jobs of a run are lost, one on the runner of the other: one new attempt for both."""
    first = lost.queue(fleet, name="first")
    second = lost.queue(fleet, name="second", beside=first)
    lost.take(fleet, second, lost.runner_of(first))
    lost.take(fleet, first, lost.runner_of(second))
    for job in (first, second):
        lost.take_away(fleet, job)
    lost.look(fleet, 120)


def rerun_not_permitted(fleet: SimulatedFleet) -> None:
    """The credentials may not run jobs again: GitHub's refusal is recorded."""
    fleet.registrations.rest.faults = lambda request: (
        refused(403, "Resource not accessible by integration") if "/rerun" in request.path else None
    )
    lost.lose(fleet)
    lost.look(fleet)


STORIES: list[Story] = [
    *with_policy("lost jobs", (lost_job_runs_again, jobs_lost_together, rerun_not_permitted)),
]
