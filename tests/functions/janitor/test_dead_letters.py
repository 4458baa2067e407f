"""A job whose nudge is a dead letter is said to be stuck, once; nothing is taken off the queue."""

from functions.janitor.dead_letters import dead_letters
from functions.janitor.sweep import Swept
from shared.domain.notices import JOB_STUCK, Notice
from tests.support.fleet import SimulatedFleet
from tests.support.janitor import janitor
from tests.support.queues import SimulatedQueues


class Stuck:
    """A fleet with dead letters, and a Janitor for it."""

    def __init__(self, *jobs: int) -> None:
        self.fleet = SimulatedFleet()
        self.fleet.queue(*jobs)
        self.fleet.settle()
        self.queues = SimulatedQueues(self.fleet.clock)
        for job in jobs:
            self.dies(job)

    def dies(self, job: int) -> None:
        self.queues.bury("scheduler", f"job-{job}", "guid-1")

    def sweep(self) -> Swept:
        return dead_letters(janitor(self.fleet, queues=self.queues))

    def notified(self) -> list[int]:
        assert {one.kind for one in self.fleet.log.notices} <= {JOB_STUCK}
        return [one.job_id for one in self.fleet.log.notices]


def test_a_job_whose_nudge_is_dead_is_marked_once_and_the_letter_stays() -> None:
    stuck = Stuck(7)
    assert stuck.sweep() == Swept(found=1, repaired=1)
    assert stuck.sweep() == Swept(found=1), "it is still there"
    assert "ecsrunner queues redrive" in str(stuck.fleet.row("fleet-7-1").stuck)
    assert stuck.fleet.types(7).count("JobStuck") == 1


def test_two_runs_read_the_dead_letters_of_both_queues() -> None:
    stuck = Stuck(7)
    stuck.fleet.queue(8)
    stuck.fleet.settle()
    stuck.queues.bury("reconciler", "job-8", "guid-1")
    read = [stuck.sweep().repaired]
    stuck.fleet.clock.advance(60)
    read.append(stuck.sweep().repaired)
    assert read == [1, 1]
    assert sorted(stuck.notified()) == [7, 8]


def test_without_dead_letters_there_is_nothing_to_tell() -> None:
    assert dead_letters(janitor(SimulatedFleet())) == Swept()


def test_subscribers_are_notified_once_of_each_stuck_job() -> None:
    stuck = Stuck(7, 8)
    for _ in range(3):
        stuck.sweep()
    assert stuck.notified() == [7, 8]
    assert stuck.fleet.log.notices[0] == Notice(
        kind="Job Stuck",
        fleet="fleet",
        job_id=7,
        reason="its nudge to the scheduler is a dead letter; `ecsrunner queues redrive` puts it "
        "back",
        repository="octo/repo",
    )
    stuck.dies(8)
    stuck.sweep()
    assert stuck.notified() == [7, 8], "it was stuck before the second letter"


def test_a_job_that_moved_on_and_is_stuck_again_is_another_notice() -> None:
    stuck = Stuck(7)
    stuck.sweep()
    stuck.fleet.runs("fleet-7-1")
    assert stuck.fleet.row("fleet-7-1").stuck is None
    stuck.dies(7)
    stuck.sweep()
    assert stuck.notified() == [7, 7]


def test_one_stream_that_can_not_be_read_does_not_keep_the_others_from_being_marked() -> None:
    stuck = Stuck(7, 8)
    read = stuck.fleet.log.read

    def broken(stream: str) -> object:
        if stream == "job-7":
            raise ValueError("the event can't be decoded")
        return read(stream)

    stuck.fleet.log.read = broken
    assert stuck.sweep().failed == ("job-7 in the dead-letter queue of the scheduler",)
    assert stuck.notified() == [8]
