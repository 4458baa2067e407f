"""A job whose nudge is a dead letter is said to be stuck, once; nothing is taken off the queue.

Subscribers are notified of each letter at least once, whatever fails meanwhile.
"""

from dataclasses import replace

import pytest

from functions.janitor.dead_letters import dead_letters
from functions.janitor.sweep import Swept
from shared.domain.notice.rules import JOB_STUCK
from shared.engine.dependencies import Dependencies
from shared.ports import Notice, Unavailable
from tests.support.crash import Crasher, CrashError
from tests.support.fleet import SimulatedFleet
from tests.support.janitor import janitor
from tests.support.notices import SimulatedNotices
from tests.support.queues import SimulatedQueues


class Bus(SimulatedNotices):
    """A bus that refuses the first `failures` notices."""

    def __init__(self, failures: int = 0) -> None:
        super().__init__()
        self.failures = failures

    def send(self, notice: Notice) -> None:
        if self.failures:
            self.failures -= 1
            raise Unavailable("EventBridge: ThrottlingException")
        super().send(notice)


class Stuck:
    """A fleet with dead letters, and a Janitor for it."""

    def __init__(self, *jobs: int, failures: int = 0) -> None:
        self.fleet = SimulatedFleet()
        self.fleet.queue(*jobs)
        self.fleet.settle()
        self.queues = SimulatedQueues(self.fleet.clock)
        self.bus = Bus(failures)
        self.fleet.deps = replace(self.fleet.deps, notices=self.bus)
        for job in jobs:
            self.dies(job)

    def dies(self, job: int) -> None:
        self.queues.bury("scheduler", f"job-{job}", "guid-1")

    def sweep(self, deps: Dependencies | None = None) -> Swept:
        return dead_letters(janitor(self.fleet, deps=deps, queues=self.queues))

    def told(self) -> list[int]:
        assert {one.kind for one in self.bus.sent} <= {JOB_STUCK}
        return [one.job_id for one in self.bus.sent]


def test_a_job_whose_nudge_is_dead_is_marked_once_and_the_letter_stays() -> None:
    stuck = Stuck(7)
    assert stuck.sweep() == Swept(found=1, repaired=1)
    assert stuck.sweep() == Swept(found=1), "it is still there"
    assert "ecsrunner queues redrive" in str(stuck.fleet.row("fleet-7-1").stuck)
    assert stuck.fleet.types(7).count("JobStuck") == 1


def test_without_dead_letters_there_is_nothing_to_tell() -> None:
    assert dead_letters(janitor(SimulatedFleet())) == Swept()


def test_subscribers_are_notified_once_of_each_letter_when_all_goes_well() -> None:
    stuck = Stuck(7, 8)
    for _ in range(3):
        stuck.sweep()
    assert stuck.told() == [7, 8]
    assert stuck.bus.sent[0] == Notice(
        kind="Job Stuck",
        fleet="fleet",
        job_id=7,
        reason="its nudge to the scheduler is a dead letter; `ecsrunner queues redrive` puts it "
        "back",
        repository="octo/repo",
    )
    stuck.dies(8)
    stuck.sweep()
    assert stuck.told() == [7, 8, 8], "another letter is another notice"


def test_a_notice_whose_sending_failed_is_sent_by_the_next_run() -> None:
    stuck = Stuck(7, 8, failures=1)
    failed = stuck.sweep()
    assert failed.failed == ("job-7 in the dead-letter queue of the scheduler",)
    assert stuck.told() == [8], "one that fails keeps no other back"
    assert stuck.fleet.row("fleet-7-1").stuck
    assert stuck.sweep().failed == ()
    assert stuck.told() == [8, 7]
    stuck.sweep()
    assert stuck.told() == [8, 7]


def test_after_a_crash_between_sending_and_recording_the_notice_is_sent_again() -> None:
    whole = Crasher()
    probe = Stuck(7)
    probe.sweep(whole.deps(probe.fleet.deps))
    last = max(number for number, call in enumerate(whole.calls) if call == "log.append")
    stuck = Stuck(7)
    with pytest.raises(CrashError):
        stuck.sweep(Crasher(last).deps(stuck.fleet.deps))
    assert stuck.told() == [7]
    assert "NoticeSent" not in stuck.fleet.types(7)
    for _ in range(2):
        stuck.sweep()
    assert stuck.told() == [7, 7]
    assert stuck.fleet.types(7).count("NoticeSent") == 1


def test_a_crash_at_any_call_loses_no_notice() -> None:
    whole = Crasher()
    probe = Stuck(7)
    probe.sweep(whole.deps(probe.fleet.deps))
    for number in range(len(whole.calls)):
        for after in (False, True):
            stuck = Stuck(7)
            with pytest.raises(CrashError):
                stuck.sweep(Crasher(number, after=after).deps(stuck.fleet.deps))
            stuck.sweep()
            assert set(stuck.told()) == {7}, f"died at {whole.calls[number]}"
            assert stuck.fleet.types(7)[-2:] == ["JobStuck", "NoticeSent"]


def test_that_subscribers_were_notified_does_not_say_that_the_job_moves_again() -> None:
    stuck = Stuck(7)
    stuck.sweep()
    assert stuck.fleet.types(7)[-2:] == ["JobStuck", "NoticeSent"]
    assert stuck.fleet.row("fleet-7-1").stuck
    stuck.fleet.runs("fleet-7-1")
    assert stuck.fleet.row("fleet-7-1").stuck is None


def test_a_job_is_marked_where_nobody_is_to_be_notified() -> None:
    stuck = Stuck(7)
    stuck.fleet.deps = replace(stuck.fleet.deps, notices=None)
    assert stuck.sweep() == Swept(found=1, repaired=1)
    assert stuck.fleet.types(7)[-1] == "JobStuck"


def test_one_stream_that_can_not_be_read_does_not_keep_the_others_from_being_marked() -> None:
    stuck = Stuck(7, 8)
    read = stuck.fleet.log.read

    def broken(stream: str) -> object:
        if stream == "job-7":
            raise ValueError("the event can't be decoded")
        return read(stream)

    stuck.fleet.log.read = broken
    assert stuck.sweep().failed == ("job-7 in the dead-letter queue of the scheduler",)
    assert stuck.told() == [8]
