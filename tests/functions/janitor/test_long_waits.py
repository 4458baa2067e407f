"""Jobs that wait for long, or were refused, get their commit status though no event reports it."""

from typing import Any

import pytest
from msgspec.structs import replace

from functions.janitor import long_waits as sweeps
from functions.janitor.long_waits import MOST_DRIVEN, long_waits
from functions.janitor.sweep import Janitor, Swept
from local.github.answers import refused
from local.github.payloads import head_sha
from shared.domain import events as e
from shared.domain.actions import Role
from shared.domain.policy import CommitStatuses
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.janitor import GRACE, janitor

PENDING_AFTER = 600
NONE = Swept()


@pytest.fixture
def fleet() -> SimulatedFleet:
    statuses = CommitStatuses(enabled=True, pending_after=PENDING_AFTER)
    return SimulatedFleet(replace(stories.POLICY, commit_statuses=statuses, max_runners=1))


def queue(fleet: SimulatedFleet, *job_ids: int, labels: tuple[str, ...] = ()) -> None:
    """Queue jobs of commits that GitHub knows."""
    for job_id in job_ids:
        run = fleet.registrations.actions.queue("octo/repo", ("elsewhere",))
        details = {"head_sha": head_sha(run.run_id), "name": f"job {job_id}"}
        fleet.tell(job_id, stories.queued(*labels, **details))


def shown(fleet: SimulatedFleet) -> list[tuple[str, str, str | None]]:
    return [(one.state, one.context, one.description) for one in fleet.registrations.statuses.all]


def reads(fleet: SimulatedFleet) -> list[str]:
    """The streams that are read from now on."""
    streams: list[str] = []
    read = fleet.log.read

    def counted(stream: str) -> Any:
        streams.append(stream)
        return read(stream)

    fleet.log.read = counted
    return streams


def test_a_job_that_waits_for_a_slot_for_long_gets_a_pending_status(fleet: SimulatedFleet) -> None:
    queue(fleet, 1, 2)
    fleet.settle()
    fleet.runs("fleet-1-1")
    fleet.starts(1, "fleet-1-1")
    fleet.settle()
    fleet.clock.advance(PENDING_AFTER - 1)
    assert long_waits(janitor(fleet)) == NONE
    fleet.clock.advance(1)
    mine = janitor(fleet)
    assert long_waits(mine) == Swept(found=1, repaired=1)
    (status,) = shown(fleet)
    assert status[:2] == ("pending", "fleet / job 2")
    assert status[2] is not None
    assert status[2].startswith("No runner for 10 minutes: ")
    assert "max_runners" in status[2]
    assert long_waits(mine) == NONE
    fleet.completes(1, "fleet-1-1")
    fleet.exits("fleet-1-1")
    fleet.settle()
    fleet.serves(2)
    assert [one[0] for one in shown(fleet)] == ["pending", "success"]


def test_a_job_is_looked_at_once_an_hour(fleet: SimulatedFleet) -> None:
    queue(fleet, 1, 2)
    fleet.settle()
    fleet.clock.advance(PENDING_AFTER)
    mine = janitor(fleet)
    mine.memory.expire(fleet.clock.now())
    long_waits(mine)
    read = reads(fleet)
    long_waits(mine)
    assert not read
    fleet.clock.advance(3600)
    mine.memory.expire(fleet.clock.now())
    long_waits(mine)
    assert {"job-1", "job-2"} <= set(read)
    assert len(shown(fleet)) == len({one[1] for one in shown(fleet)}), "no status twice"


def test_a_job_that_waits_for_an_older_runner_is_looked_at_again_when_it_has_waited_long(
    fleet: SimulatedFleet,
) -> None:
    fleet.policy = replace(fleet.policy, max_runners=2)
    queue(fleet, 1)
    fleet.settle()
    fleet.runs("fleet-1-1")
    fleet.settle()
    fleet.clock.advance(PENDING_AFTER / 2)
    queue(fleet, 2)
    fleet.settle()
    fleet.runs("fleet-2-1")
    fleet.starts(1, "fleet-2-1")
    fleet.settle()
    assert fleet.row("fleet-1-1").waits_for_job_id == 2
    fleet.clock.advance(PENDING_AFTER / 2)
    mine = janitor(fleet)
    assert long_waits(mine) == Swept(found=1)
    assert not shown(fleet)
    fleet.clock.advance(PENDING_AFTER / 2)
    assert long_waits(mine) == Swept(found=1, repaired=1)
    assert [one[:2] for one in shown(fleet)] == [("pending", "fleet / job 2")]


def test_a_refused_job_whose_nudge_was_lost_gets_its_status(fleet: SimulatedFleet) -> None:
    queue(fleet, 7, labels=("class:xl",))
    fleet.driver(Role.SCHEDULER).drive("job-7")
    assert long_waits(janitor(fleet)) == NONE, "its nudge may be on its way"
    fleet.clock.advance(GRACE)
    assert long_waits(janitor(fleet)) == Swept(found=1, repaired=1)
    assert [one[0] for one in shown(fleet)] == ["failure"]
    assert long_waits(janitor(fleet)) == NONE


def test_a_job_that_is_refused_after_a_long_wait_gets_its_failed_status_in_the_same_hour(
    fleet: SimulatedFleet,
) -> None:
    queue(fleet, 1, 2)
    fleet.settle()
    fleet.clock.advance(PENDING_AFTER)
    mine = janitor(fleet)
    long_waits(mine)
    assert [one[:2] for one in shown(fleet)][-1] == ("pending", "fleet / job 2")
    fleet.tell(2, e.JobRejected(reason="no longer"))
    fleet.clock.advance(GRACE)
    assert long_waits(mine).repaired == 1
    assert shown(fleet)[-1] == ("failure", "fleet / job 2", "No longer")


def test_while_github_does_not_answer_a_later_run_tries_again(fleet: SimulatedFleet) -> None:
    queue(fleet, 7, labels=("class:xl",))
    fleet.driver(Role.SCHEDULER).drive("job-7")
    fleet.clock.advance(GRACE)
    fleet.registrations.rest.faults = lambda _request: refused(502, "Server Error")
    mine = janitor(fleet)
    assert long_waits(mine).repaired == 0
    fleet.registrations.rest.faults = lambda _request: None
    fleet.clock.advance(GRACE)
    assert long_waits(mine) == Swept(found=1, repaired=1)
    assert [one[0] for one in shown(fleet)] == ["failure"]


def test_a_run_drives_a_limited_number_and_none_is_left_out(
    fleet: SimulatedFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "MOST_DRIVEN", 2)
    queue(fleet, *range(1, 8), labels=("class:xl",))
    for job_id in range(1, 8):
        fleet.driver(Role.SCHEDULER).drive(f"job-{job_id}")
    fleet.clock.advance(GRACE)
    mine: Janitor = janitor(fleet)
    for _ in range(20):
        before = len(shown(fleet))
        long_waits(mine)
        assert len(shown(fleet)) - before <= 2
        fleet.clock.advance(60)
    assert len(shown(fleet)) == 7
    assert MOST_DRIVEN * 5 < 900 / 2, "points a minute, of which half are for launches"


def test_without_commit_statuses_nothing_is_read() -> None:
    fleet = SimulatedFleet()
    queue(fleet, 7, labels=("class:xl",))
    fleet.driver(Role.SCHEDULER).drive("job-7")
    fleet.clock.advance(PENDING_AFTER)
    read = reads(fleet)
    assert long_waits(janitor(fleet)) == NONE
    assert not read
