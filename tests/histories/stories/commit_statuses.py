"""Stories of what GitHub shows of jobs without a runner, and of runs that are cancelled there."""

from local.github.answers import refused
from local.github.payloads import head_sha
from tests.histories.story import Story, with_policy
from tests.support import stories
from tests.support.fleet import SimulatedFleet


def _queue(fleet: SimulatedFleet, job_id: int, *labels: str) -> None:
    """Queue a job of a commit that GitHub knows."""
    run = fleet.registrations.actions.queue("octo/repo", ("elsewhere",))
    details = {"head_sha": head_sha(run.run_id), "workflow": "CI", "name": "build"}
    fleet.tell(job_id, stories.queued(*labels, **details))
    fleet.settle()


def refusal_shown(fleet: SimulatedFleet) -> None:
    """A refused job has a failed status, which is resolved when it runs on another runner."""
    _queue(fleet, 7, "class:xl")
    fleet.starts(7, None)
    fleet.settle()


def long_wait_shown(fleet: SimulatedFleet) -> None:
    """A job that waits for the only slot has a pending status until it takes its runner."""
    _queue(fleet, 1)
    _queue(fleet, 2)
    fleet.clock.advance(fleet.policy.commit_statuses.pending_after)
    fleet.driver().drive("job-2")
    fleet.serves(1)
    fleet.serves(2)


def status_not_permitted(fleet: SimulatedFleet) -> None:
    """The credentials may not create statuses: GitHub's refusal is recorded."""
    fleet.registrations.rest.faults = lambda request: (
        refused(403, "Resource not accessible by integration")
        if "/statuses/" in request.path
        else None
    )
    _queue(fleet, 7, "class:xl")


def run_cancelled(fleet: SimulatedFleet) -> None:
    """The run of a refused job is cancelled; that of another one has ended before."""
    actions = fleet.registrations.actions
    runs = [actions.queue("octo/repo", ("elsewhere",)).run_id for _ in range(2)]
    actions.cancel("octo/repo", runs[1])
    for job_id, run_id in enumerate(runs, start=1):
        fleet.tell(job_id, stories.queued("class:xl", run_id=run_id))
        fleet.settle()


STORIES: list[Story] = [
    *with_policy("commit statuses", (refusal_shown, long_wait_shown, status_not_permitted)),
    *with_policy("cancelled runs", (run_cancelled,)),
]
