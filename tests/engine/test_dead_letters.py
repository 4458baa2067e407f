"""A job whose nudges are dead letters is marked as stuck in its stream, once a message."""

from msgspec.structs import replace

from local.memory.queues import MemoryQueues
from shared.domain import events as e
from shared.domain.slots import Slots
from shared.engine.dead_letters import Marked, mark
from shared.ports import Append, Conflict
from shared.ports.queues import dead_letters_of
from tests.support.fleet import MemoryFleet

SCHEDULER_DEAD = dead_letters_of("scheduler")


def _fleet(*jobs: int) -> tuple[MemoryFleet, MemoryQueues]:
    fleet = MemoryFleet()
    fleet.queue(*jobs)
    return fleet, MemoryQueues(fleet.clock)


def _mark(fleet: MemoryFleet, queues: MemoryQueues, consumer: str = "scheduler") -> Marked:
    return mark(fleet.log, queues, fleet.clock, consumer, 10, pause=lambda _: None)


def test_the_streams_of_dead_letters_say_which_queue_failed_and_how_often() -> None:
    fleet, queues = _fleet(7, 8)
    queues.send(SCHEDULER_DEAD, "job-7", "outside-1", receives=20)
    fleet.clock.advance(30)
    assert _mark(fleet, queues) == Marked(seen=1, marked=1, streams=("job-7",))
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
    queues.send(SCHEDULER_DEAD, "job-7", "outside-1", receives=20)
    _mark(fleet, queues)
    assert _mark(fleet, queues) == Marked(seen=1, marked=0, streams=())
    assert fleet.types(7) == ["JobQueued", "JobStuck"]
    assert queues.depth(SCHEDULER_DEAD).waiting == 1


def test_two_letters_of_one_stream_are_two_facts_and_one_stream() -> None:
    fleet, queues = _fleet(7)
    for event in ("outside-1", "outside-2"):
        queues.send(SCHEDULER_DEAD, "job-7", event, receives=20)
    assert _mark(fleet, queues) == Marked(seen=2, marked=2, streams=("job-7",))
    assert fleet.types(7) == ["JobQueued", "JobStuck", "JobStuck"]


def test_a_letter_that_was_put_back_and_died_again_is_marked_anew() -> None:
    fleet, queues = _fleet(7)
    queues.send(SCHEDULER_DEAD, "job-7", "outside-1", receives=20)
    _mark(fleet, queues)
    list(queues.redrive("scheduler", 10))
    queues.send(SCHEDULER_DEAD, "job-7", "outside-1", receives=20)
    assert _mark(fleet, queues).marked == 1


def test_each_queue_has_its_own_letters() -> None:
    fleet, queues = _fleet(7)
    queues.send(dead_letters_of("reconciler"), "job-7", "outside-1", receives=20)
    assert _mark(fleet, queues).seen == 0
    assert _mark(fleet, queues, "reconciler").marked == 1


def test_streams_that_are_no_jobs_or_not_in_the_log_are_only_counted() -> None:
    fleet, queues = _fleet()
    for stream in ("image-python-1", "job-", "job-99"):
        queues.send(SCHEDULER_DEAD, stream, "x", receives=20)
    assert _mark(fleet, queues) == Marked(seen=3, marked=0, streams=())
    assert [stream for stream, _ in fleet.log.streams()] == []


def test_no_more_letters_are_looked_at_than_the_limit() -> None:
    fleet, queues = _fleet(7, 8)
    for stream in ("job-7", "job-8"):
        queues.send(SCHEDULER_DEAD, stream, "x", receives=20)
    told = mark(fleet.log, queues, fleet.clock, "scheduler", 1, pause=lambda _: None)
    assert told == Marked(seen=1, marked=1, streams=("job-7",))


def test_a_mark_nudges_nobody_and_changes_nothing_but_that_the_job_is_stuck() -> None:
    fleet, queues = _fleet(7)
    nudges, state = list(fleet.log.nudges), fleet.history(7).state
    queues.send(SCHEDULER_DEAD, "job-7", "outside-1", receives=20)
    _mark(fleet, queues)
    assert fleet.log.nudges == nudges
    after = fleet.history(7).state
    assert after.job.stuck is not None
    assert replace(after, job=replace(after.job, stuck=None)) == state


def test_an_append_that_loses_a_race_is_tried_again() -> None:
    fleet, queues = _fleet(7)
    queues.send(SCHEDULER_DEAD, "job-7", "outside-1", receives=20)

    class Raced:
        """Somebody else appends first, once."""

        def __init__(self) -> None:
            self.raced = False

        def __getattr__(self, name: str) -> object:
            return getattr(fleet.log, name)

        def append(self, appends: list[Append], rows: list[object], *slots: Slots | None) -> None:
            if not self.raced:
                self.raced = True
                fleet.completes(7, None, "cancelled")
                raise Conflict("too late")
            fleet.log.append(appends, rows, *slots)

    told = mark(Raced(), queues, fleet.clock, "scheduler", 10, pause=lambda _: None)
    assert told.marked == 1
    assert fleet.types(7) == ["JobQueued", "JobCompleted", "JobStuck"]
