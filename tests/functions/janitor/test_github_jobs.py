"""Jobs at GitHub: what no webhook reported is recorded, once, and nothing else."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from functions.janitor import github_jobs
from functions.janitor.github_jobs import jobs_at_github
from functions.janitor.sweep import Janitor, Swept, run
from local.github.model import Job
from shared.domain import events as e
from shared.domain.scope import Offer
from shared.domain.stream import StreamId
from shared.ports import RateLimited, Refused, Unavailable
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.janitor import GRACE, janitor, running_fleet

REPOSITORY = "octo/repo"
LABELS = ("self-hosted", "linux")
NONE = Swept()
FOUND = Swept(found=1, repaired=1)
LATER = GRACE + 1


@pytest.fixture
def fleet() -> Iterator[SimulatedFleet]:
    """A fleet that has worked in the repository, so that the sweep looks at it."""
    fleet = running_fleet(7)
    fleet.serves(7)
    return fleet


def queue(fleet: SimulatedFleet, *labels: str, repository: str = REPOSITORY, **more: Any) -> Job:
    """Queue a job at GitHub, of which no webhook arrives."""
    return fleet.registrations.actions.queue(repository, labels or LABELS, **more)


def found(fleet: SimulatedFleet, job: Job) -> str:
    """Have the sweep record the job, and launch its runner. Return the runner's id."""
    fleet.clock.advance(LATER)
    assert jobs_at_github(janitor(fleet)) == FOUND
    fleet.settle()
    return f"fleet-{job.id}-1"


def types(fleet: SimulatedFleet, job: Job) -> list[str]:
    return [one.event.type for one in fleet.log.read(StreamId.of_job(job.id))]


def failing(call: Callable[..., Any], argument: object, error: Exception) -> Callable[..., Any]:
    """Return the call, which raises if its last argument is that one."""

    def made(*arguments: Any) -> Any:
        if arguments[-1] == argument:
            raise error
        return call(*arguments)

    return made


def swept(fleet: SimulatedFleet, **more: Any) -> Swept:
    return jobs_at_github(janitor(fleet, **more))


def test_a_queued_job_that_the_log_does_not_know_is_recorded_and_gets_its_runner(
    fleet: SimulatedFleet,
) -> None:
    fleet.clock.advance(LATER)
    job = queue(fleet, workflow="Release", name="publish")
    assert swept(fleet) == NONE, "its webhook may be on its way"
    fleet.clock.advance(LATER)
    assert swept(fleet) == FOUND
    assert swept(fleet) == NONE
    fleet.settle()
    row = fleet.row(f"fleet-{job.id}-1")
    assert (row.repository, row.workflow, row.job_name) == (REPOSITORY, "Release", "publish")
    assert (row.queued_at, row.labels) == (job.created_at, LABELS)
    assert len(fleet.live()) == 1


def test_the_webhook_that_arrives_after_all_changes_nothing(fleet: SimulatedFleet) -> None:
    job = queue(fleet)
    found(fleet, job)
    fleet.queue(job.id, labels=LABELS)
    fleet.settle()
    assert types(fleet, job).count("RunnerLaunched") == 1


def test_the_webhook_of_a_refused_job_does_not_queue_it_again(fleet: SimulatedFleet) -> None:
    job = queue(fleet, "self-hosted", "class:none")
    fleet.clock.advance(LATER)
    assert swept(fleet) == FOUND
    fleet.settle()
    fleet.queue(job.id, labels=("class:none",))
    fleet.settle()
    assert types(fleet, job).count("JobRejected") == 1
    fleet.queue(job.id, labels=("class:none",))
    fleet.settle()
    assert types(fleet, job).count("JobRejected") == 2, "GitHub queued it again"


@pytest.mark.parametrize(
    ("labels", "repository"),
    [(("ubuntu-latest",), REPOSITORY), (("self-hosted", "windows"), REPOSITORY)],
)
def test_a_job_that_the_fleet_does_not_serve_is_left_alone(
    fleet: SimulatedFleet, labels: tuple[str, ...], repository: str
) -> None:
    job = queue(fleet, *labels, repository=repository)
    fleet.clock.advance(LATER)
    assert swept(fleet) == NONE
    assert types(fleet, job) == []


def test_repositories_are_those_of_the_scope_and_those_seen_lately(fleet: SimulatedFleet) -> None:
    jobs = [queue(fleet, repository=one) for one in ("octo/new", "octo/unknown", REPOSITORY)]
    fleet.clock.advance(LATER)
    assert swept(fleet, offer=Offer(scope=("octo/new",))) == FOUND
    assert swept(fleet, offer=Offer(scope=("octo/new", "octo"))) == FOUND
    assert [bool(types(fleet, job)) for job in jobs] == [True, False, True]


def test_a_job_that_was_cancelled_is_closed_and_gets_no_second_runner(
    fleet: SimulatedFleet,
) -> None:
    job = queue(fleet)
    runner = found(fleet, job)
    fleet.runs(runner)
    fleet.settle()
    fleet.registrations.actions.cancel(REPOSITORY, job.run_id)
    fleet.clock.advance(LATER)
    assert swept(fleet) == FOUND
    fleet.settle()
    assert fleet.history(job.id).state.job.conclusion == "cancelled"
    assert fleet.live() == []
    assert fleet.row(runner).stopping == "no waiting job needs it"


def test_a_job_that_another_runner_took_no_longer_waits(fleet: SimulatedFleet) -> None:
    job = queue(fleet)
    found(fleet, job)
    fleet.registrations.mint(REPOSITORY, "elsewhere", LABELS)
    fleet.registrations.connect("elsewhere")
    fleet.clock.advance(LATER)
    assert swept(fleet) == FOUND
    state = fleet.history(job.id).state
    assert (state.job.phase.value, state.job.runner_name) == ("started", "elsewhere")
    fleet.settle()
    assert fleet.live() == [], "its own runner has no job to wait for"


def test_a_job_on_a_runner_of_the_fleet_of_which_the_log_knows_nothing_is_recorded(
    fleet: SimulatedFleet,
) -> None:
    waits = queue(fleet)
    runner = found(fleet, waits)
    thief = queue(fleet, "linux")
    fleet.registrations.actions.cancel(REPOSITORY, waits.run_id)
    fleet.registrations.connect(runner)
    assert thief.runner_name == runner
    fleet.clock.advance(LATER)
    assert swept(fleet) == Swept(found=2, repaired=2), "the thief, and the job that was cancelled"
    assert types(fleet, thief)[0] == "JobStarted"


def test_a_job_that_ended_on_a_runner_of_the_fleet_is_recorded_while_its_run_goes_on(
    fleet: SimulatedFleet,
) -> None:
    fleet.registrations.mint(REPOSITORY, "fleet-4711-1", LABELS)
    fleet.registrations.connect("fleet-4711-1")
    ended = queue(fleet)
    fleet.registrations.ended("fleet-4711-1")
    sibling = queue(fleet)
    sibling.run_id = ended.run_id
    fleet.clock.advance(LATER)
    assert swept(fleet) == Swept(found=2, repaired=2)
    assert types(fleet, ended)[0] == "JobCompleted"
    assert types(fleet, sibling)[0] == "JobQueued"


def test_an_unknown_job_on_a_runner_of_others_is_left_to_them(fleet: SimulatedFleet) -> None:
    fleet.registrations.mint(REPOSITORY, "elsewhere", LABELS)
    fleet.registrations.connect("elsewhere")
    job = queue(fleet)
    fleet.clock.advance(LATER)
    assert swept(fleet) == NONE
    assert types(fleet, job) == []


def test_an_approval_whose_webhook_was_lost_is_found(fleet: SimulatedFleet) -> None:
    job = queue(fleet, needs_approval=True)
    fleet.tell(job.id, e.JobHeld(job=stories.details("linux"), fleet="fleet"))
    fleet.settle()
    fleet.clock.advance(LATER)
    assert swept(fleet) == NONE
    fleet.registrations.actions.approve(job)
    assert swept(fleet) == FOUND
    fleet.settle()
    assert types(fleet, job)[-1] == "RunnerLaunched"


def test_a_job_that_is_held_though_its_webhook_said_queued_is_demand_no_longer(
    fleet: SimulatedFleet,
) -> None:
    job = queue(fleet, needs_approval=True)
    fleet.queue(job.id)
    fleet.settle()
    fleet.clock.advance(LATER)
    assert swept(fleet) == FOUND
    assert fleet.history(job.id).state.job.phase.value == "held"


def test_a_refused_job_stays_refused_while_github_holds_it_as_queued(
    fleet: SimulatedFleet,
) -> None:
    job = queue(fleet, "self-hosted", "class:none")
    fleet.clock.advance(LATER)
    assert swept(fleet) == FOUND
    fleet.settle()
    before = types(fleet, job)
    assert before[-1] == "JobRejected"
    assert swept(fleet) == NONE
    assert types(fleet, job) == before


def test_an_agreement_is_not_read_again_until_github_reports_another_status(
    fleet: SimulatedFleet,
) -> None:
    job = queue(fleet)
    found(fleet, job)
    one = janitor(fleet)
    assert jobs_at_github(one) == NONE
    assert one.memory.agreed == {job.id: "queued"}
    read = fleet.log.read
    fleet.log.read = lambda stream: pytest.fail(f"{stream} is read")
    assert jobs_at_github(one) == NONE
    fleet.log.read = read
    fleet.registrations.connect(f"fleet-{job.id}-1")
    fleet.clock.advance(LATER)
    assert jobs_at_github(one) == FOUND
    assert one.memory.agreed == {job.id: "in_progress"}


def test_an_agreement_is_checked_again_after_an_hour(fleet: SimulatedFleet) -> None:
    job = queue(fleet, needs_approval=True)
    fleet.registrations.actions.approve(job)
    found(fleet, job)
    one = janitor(fleet)
    assert jobs_at_github(one) == NONE
    fleet.tell(
        job.id, e.JobHeld(job=stories.details("linux"), fleet="fleet")
    )  # late: it was approved long ago
    fleet.tell(job.id, e.JobChecked(status="waiting"))
    assert jobs_at_github(one) == NONE
    fleet.clock.advance(3600)
    assert run(one, {"JobsAtGitHub": jobs_at_github}) == {"JobsAtGitHub": FOUND}


def test_a_job_that_is_over_in_the_log_is_not_asked_for_again(fleet: SimulatedFleet) -> None:
    job = queue(fleet)
    runner = found(fleet, job)
    fleet.registrations.actions.cancel(REPOSITORY, job.run_id)
    fleet.clock.advance(LATER)
    assert swept(fleet) == FOUND
    fleet.requests.clear()
    assert swept(fleet) == NONE
    assert fleet.requests.of("github.job") == []
    assert fleet.row(runner).job_id == job.id


def test_without_the_permission_the_sweep_does_nothing_and_does_not_fail(
    fleet: SimulatedFleet,
) -> None:
    def refused(*_: Any) -> Any:
        raise Refused("GitHub: 403 Resource not accessible by integration")

    fleet.registrations.jobs.active_runs = refused
    fleet.clock.advance(LATER)
    failures: list[str] = []
    assert swept(fleet, failures=failures) == Swept(found=1)
    assert failures == []


def test_what_is_reserved_of_the_rate_limit_waits_for_a_later_run(fleet: SimulatedFleet) -> None:
    def limited(*_: Any) -> Any:
        raise RateLimited("50% of GitHub's rate limit is reserved", 60)

    fleet.registrations.jobs.active_runs = limited
    fleet.clock.advance(LATER)
    assert swept(fleet) == Swept(skipped=1)


def test_one_run_that_can_not_be_read_stops_no_other(fleet: SimulatedFleet) -> None:
    broken, other = queue(fleet), queue(fleet)
    fleet.clock.advance(LATER)
    jobs = fleet.registrations.jobs
    jobs.of_run = failing(jobs.of_run, broken.run_id, Unavailable("GitHub: 502"))
    failures: list[str] = []
    assert swept(fleet, failures=failures).repaired == 1
    assert failures == [f"{REPOSITORY} run {broken.run_id}"]
    assert types(fleet, other)[0] == "JobQueued"


def test_one_stream_that_can_not_be_read_stops_no_other(fleet: SimulatedFleet) -> None:
    broken, other = queue(fleet), queue(fleet)
    fleet.clock.advance(LATER)
    read, stream = fleet.log.read, StreamId.of_job(broken.id)
    fleet.log.read = failing(read, stream, Unavailable("DynamoDB: throttled"))
    failures: list[str] = []
    assert swept(fleet, failures=failures).repaired == 1
    fleet.log.read = read
    assert failures == [stream]
    assert types(fleet, other)[0] == "JobQueued"


def test_every_run_gets_its_turn_if_there_are_too_many(
    fleet: SimulatedFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(github_jobs, "MOST_RUNS", 3)
    jobs = [queue(fleet) for _ in range(12)]
    fleet.clock.advance(LATER)
    one: Janitor = janitor(fleet)
    for _ in range(16):
        assert jobs_at_github(one).repaired <= 3
        fleet.clock.advance(60)
    assert all(types(fleet, job) for job in jobs)
