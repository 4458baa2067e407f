"""A run's use of memory, and which job an idle runner gets."""

from cli.whatif.observed import Demand
from cli.whatif.offers import Offers
from cli.whatif.outcome import Outcome
from cli.whatif.recording import Recording
from cli.whatif.run import AFTER, Run
from shared.domain.runner.state import Runner
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.streams import all_streams

JOBS = range(1, 9)


def _demand(job_id: int, *labels: str, repository: str = "octo/repo") -> Demand:
    nothing = Outcome(waited=None, status="queued", reason="", tasks=(), failures=())
    return Demand(
        job_id=job_id,
        details=stories.details(*labels, repository=repository),
        queued_at=stories.at(),
        arrivals=((stories.at(), ""),),
        recorded=nothing,
    )


def _runner(*labels: str) -> Runner:
    """An idle runner that was launched for job 100, which is gone."""
    fleet = SimulatedFleet()
    fleet.queue(100, labels=labels)
    fleet.settle()
    (runner,) = fleet.history(100).state.runners
    return runner


def test_streams_are_dropped_some_minutes_after_their_jobs() -> None:
    fleet = SimulatedFleet()
    for job_id in JOBS:
        fleet.queue(job_id)
        fleet.settle()
        fleet.serves(job_id)
        fleet.clock.advance(600)
    with Recording() as recording:
        recording.read(all_streams(fleet.log))
        _, ends_at = recording.period()
        run = Run(recording.policy, recording.durations)
        kept = [
            len(run._plane.histories) for _ in run.results(recording.demands(), ends_at + AFTER)
        ]
    assert len(kept) == len(JOBS)
    assert max(kept) <= 2


def test_an_idle_runner_gets_the_job_that_has_waited_longest_of_those_that_it_serves() -> None:
    offers, runner = Offers(), _runner("class:large")
    offers.add(_demand(1, "class:small"))
    offers.add(_demand(2, "class:large", repository="octo/other"))
    for job_id in (3, 4, 5):
        offers.add(_demand(job_id, "class:large"))
    given = []
    while (job_id := offers.candidate(runner)) is not None:
        assert offers.take(job_id) is not None
        given.append(job_id)
    assert given == [3, 4, 5]
    assert [offers.is_queued(job_id) for job_id in (1, 2)] == [True, True]


def test_jobs_with_other_labels_wait_in_the_same_line_if_the_runner_serves_them() -> None:
    offers, runner = Offers(), _runner("class:large", "gpu")
    offers.add(_demand(5, "gpu", "class:large"))
    offers.add(_demand(3, "class:large", "gpu"))
    assert [offers.candidate(runner), offers.take(5) and offers.candidate(runner)] == [5, 3]


def test_the_tasks_of_a_run_are_in_its_region() -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.settle()
    fleet.serves(7)
    with Recording() as recording:
        recording.read(all_streams(fleet.log))
        assert recording.region == "us-east-1"
        run = Run(recording.policy, recording.durations, "eu-west-1")
        (result,) = run.results(recording.demands(), recording.period()[1] + AFTER)
    (task,) = result.outcome.tasks
    assert task.row.task_arn == "arn:aws:ecs:eu-west-1::task/what-if/fleet-7-1"
