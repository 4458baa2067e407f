"""A job whose nudges are dead letters is marked as stuck in its stream, once a message."""

from dataclasses import replace as replace_fields

from msgspec.structs import replace

from functions.janitor.dead_letters import mark
from shared.domain import events as e
from shared.ports import Append, Conflict
from shared.ports.queues import dead_letters_of
from tests.support.fleet import SimulatedFleet
from tests.support.queues import SimulatedQueues

SCHEDULER_DEAD = dead_letters_of("scheduler")


def _fleet(*jobs: int) -> tuple[SimulatedFleet, SimulatedQueues]:
    fleet = SimulatedFleet()
    fleet.queue(*jobs)
    return fleet, SimulatedQueues(fleet.clock)


def _mark(
    fleet: SimulatedFleet, queues: SimulatedQueues, consumer: str = "scheduler"
) -> list[bool]:
    """Mark the job of each of a consumer's dead letters; whether each mark is new."""
    letters = queues.dead(consumer, 10)
    return [mark(fleet.driver().transactor(), consumer, one) for one in letters]


def test_the_stream_of_a_dead_letter_says_which_queue_failed_and_how_often() -> None:
    fleet, queues = _fleet(7, 8)
    queues.bury("scheduler", "job-7", "outside-1")
    fleet.clock.advance(30)
    assert _mark(fleet, queues) == [True]
    event = fleet.log.read("job-7")[-1].event
    assert event.id == "stuck/scheduler/message-1"
    assert (event.actor, event.cause, event.at) == ("janitor", "outside-1", fleet.clock.now())
    assert event.fact == e.JobStuck(
        queue="scheduler",
        receives=20,
        reason="its nudge to the scheduler is a dead letter; `ecsrunner queues redrive` puts it "
        "back",
    )
    assert fleet.types(8) == ["JobQueued"]


def test_a_letter_is_marked_once_however_often_it_is_seen_and_stays() -> None:
    fleet, queues = _fleet(7)
    queues.bury("scheduler", "job-7", "outside-1")
    _mark(fleet, queues)
    assert _mark(fleet, queues) == [False]
    assert fleet.types(7) == ["JobQueued", "JobStuck"]
    assert queues.depth(SCHEDULER_DEAD).waiting == 1


def test_two_letters_of_one_stream_are_two_facts() -> None:
    fleet, queues = _fleet(7)
    for event in ("outside-1", "outside-2"):
        queues.bury("scheduler", "job-7", event)
    assert _mark(fleet, queues) == [True, True]
    assert fleet.types(7) == ["JobQueued", "JobStuck", "JobStuck"]


def test_a_letter_that_was_put_back_and_died_again_is_marked_anew() -> None:
    fleet, queues = _fleet(7)
    queues.bury("scheduler", "job-7", "outside-1")
    _mark(fleet, queues)
    list(queues.redrive("scheduler", 10))
    queues.bury("scheduler", "job-7", "outside-1")
    assert _mark(fleet, queues) == [True]


def test_each_queue_has_its_own_letters() -> None:
    fleet, queues = _fleet(7)
    queues.bury("reconciler", "job-7", "outside-1")
    assert _mark(fleet, queues) == []
    assert _mark(fleet, queues, "reconciler") == [True]
    assert fleet.log.read("job-7")[-1].event.id == "stuck/reconciler/message-1"


def test_streams_that_are_no_jobs_or_not_in_the_log_are_not_marked() -> None:
    fleet, queues = _fleet()
    for stream in ("image-python-1", "job-", "job-99"):
        queues.bury("scheduler", stream, "x")
    assert _mark(fleet, queues) == [False, False, False]
    assert list(fleet.log.streams()) == []


def test_a_mark_nudges_nobody_and_changes_nothing_but_that_the_job_is_stuck() -> None:
    fleet, queues = _fleet(7)
    nudges, state = list(fleet.log.nudges), fleet.history(7).state
    queues.bury("scheduler", "job-7", "outside-1")
    _mark(fleet, queues)
    assert fleet.log.nudges == nudges
    after = fleet.history(7).state
    assert after.job.stuck is not None
    assert replace(after, job=replace(after.job, stuck=None)) == state


def test_an_append_that_loses_a_race_is_tried_again() -> None:
    fleet, queues = _fleet(7)
    queues.bury("scheduler", "job-7", "outside-1")
    (letter,) = queues.dead("scheduler", 10)

    class Raced:
        """Somebody else appends first, once."""

        def __init__(self) -> None:
            self.raced = False

        def __getattr__(self, name: str) -> object:
            return getattr(fleet.log, name)

        def append(self, appends: list[Append], rows: list[object], *change: object) -> None:
            if not self.raced:
                self.raced = True
                fleet.completes(7, None, "cancelled")
                raise Conflict("too late")
            fleet.log.append(appends, rows, *change)

    assert mark(replace_fields(fleet.driver().transactor(), log=Raced()), "scheduler", letter)
    assert fleet.types(7) == ["JobQueued", "JobCompleted", "JobStuck"]
