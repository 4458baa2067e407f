"""A job whose nudge is a dead letter is said to be stuck, once; nothing is taken off the queue."""

from functions.janitor.dead_letters import dead_letters
from functions.janitor.sweep import Swept
from local.memory.queues import MemoryQueues
from shared.ports.queues import dead_letters_of
from tests.support.fleet import MemoryFleet
from tests.support.janitor import janitor


def test_a_job_whose_nudge_is_dead_is_marked_once_and_the_letter_stays() -> None:
    fleet = MemoryFleet()
    fleet.queue(7)
    fleet.settle()
    queues = MemoryQueues(fleet.clock)
    queues.send(dead_letters_of("scheduler"), "job-7", "guid-1", receives=20)
    stuck = janitor(fleet, queues=queues)
    assert dead_letters(stuck) == Swept(found=1, mended=1)
    assert dead_letters(stuck) == Swept(found=1), "it is still there"
    assert "ecsrunner queues redrive" in str(fleet.row("fleet-7-1").stuck)
    assert fleet.types(7).count("JobStuck") == 1


def test_without_dead_letters_there_is_nothing_to_tell() -> None:
    assert dead_letters(janitor(MemoryFleet())) == Swept()
