"""Launches that back off because GitHub failed are tried at once when it answers again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.janitor.postponed import postponed_launches
from functions.janitor.sweep import Swept
from local.github.answers import refused
from local.github.rest import no_faults
from shared.domain.actions import Role
from shared.ports import Checkpoint, LiveRows, Unavailable
from tests.support.crash import CrashError
from tests.support.fleet import SimulatedFleet
from tests.support.janitor import janitor

NONE = Swept()
JOBS = (7, 8, 9)


@pytest.fixture
def fleet() -> SimulatedFleet:
    """A fleet whose launches wait for minutes, because GitHub does not answer."""
    fleet = SimulatedFleet()
    _break(fleet)
    fleet.queue(*JOBS)
    for _ in range(9):
        for job_id in JOBS:
            driven = fleet.driver(Role.SCHEDULER).drive(f"job-{job_id}")
        assert driven.retry_at is not None
        fleet.clock.advance((driven.retry_at - fleet.clock.now()).total_seconds())
    for job_id in JOBS:
        driven = fleet.driver(Role.SCHEDULER).drive(f"job-{job_id}")
    assert driven.retry_at is not None
    assert driven.retry_at > fleet.clock.now() + timedelta(minutes=2)
    return fleet


def _break(fleet: SimulatedFleet, path: str = "") -> None:
    def fault(asked: Any) -> Any:
        return refused(503, "Service unavailable") if asked.path.endswith(path) else None

    fleet.registrations.rest.faults = fault


def _restore(fleet: SimulatedFleet) -> None:
    fleet.registrations.rest.faults = no_faults


def test_the_first_run_in_which_github_answers_again_launches_all_that_wait_for_it(
    fleet: SimulatedFleet,
) -> None:
    mine = janitor(fleet)
    assert postponed_launches(mine) == NONE
    _restore(fleet)
    assert postponed_launches(mine) == Swept(found=3, repaired=3)
    assert sorted(fleet.live_runners()) == [f"fleet-{job_id}-1" for job_id in JOBS]
    assert fleet.types(7).count("LaunchUnblocked") == 1
    assert postponed_launches(mine) == NONE
    fleet.settle()
    assert fleet.requests.count("ecs.run_task") == 3


def test_a_launch_that_no_longer_waits_is_left_alone_although_its_row_was_read_before(
    fleet: SimulatedFleet,
) -> None:
    mine = janitor(fleet)
    postponed_launches(mine)
    before = fleet.table.live(fleet.clock.now())
    _restore(fleet)
    assert postponed_launches(mine) == Swept(found=3, repaired=3)
    fleet.table.live = lambda _now: before
    assert postponed_launches(mine) == NONE
    assert fleet.types(7).count("LaunchUnblocked") == 1


def test_the_run_after_it_launches_what_had_begun_before_and_failed_meanwhile(
    fleet: SimulatedFleet,
) -> None:
    mine = janitor(fleet)
    postponed_launches(mine)
    rows = fleet.table.live(fleet.clock.now()).rows
    _restore(fleet)
    fleet.table.live = lambda _now: LiveRows(rows=rows[:2])
    assert postponed_launches(mine) == Swept(found=2, repaired=2)
    fleet.table.live = lambda _now: LiveRows(rows=rows[2:])
    assert postponed_launches(mine) == Swept(found=1, repaired=1)
    assert len(fleet.live_runners()) == 3


def test_a_launch_whose_outcome_is_unknown_is_tried_too() -> None:
    fleet = SimulatedFleet()

    def dies(_: Any) -> Any:
        raise CrashError("while it registers the runner")

    fleet.registrations.rest.faults = dies
    fleet.queue(7)
    with pytest.raises(CrashError):
        fleet.driver(Role.SCHEDULER).drive("job-7")
    _break(fleet)
    fleet.clock.advance(60)
    fleet.driver(Role.SCHEDULER).drive("job-7")
    assert fleet.types(7)[-2:] == ["LaunchResumed", "LaunchFailed"]
    mine = janitor(fleet)
    postponed_launches(mine)
    _restore(fleet)
    assert postponed_launches(mine) == Swept(found=1, repaired=1)
    assert fleet.types(7)[-3:] == ["LaunchUnblocked", "LaunchResumed", "RunnerLaunched"]


def test_launches_keep_their_backoff_if_github_was_not_seen_to_be_down(
    fleet: SimulatedFleet,
) -> None:
    _restore(fleet)
    assert postponed_launches(janitor(fleet)) == NONE
    assert not fleet.live()


def test_launches_keep_their_backoff_while_github_rejects_registrations_alone(
    fleet: SimulatedFleet,
) -> None:
    _break(fleet, "generate-jitconfig")
    mine = janitor(fleet)
    for _ in range(3):
        assert postponed_launches(mine) == NONE
    assert "LaunchUnblocked" not in fleet.types(7)


def test_an_answer_that_refuses_is_an_answer(fleet: SimulatedFleet) -> None:
    mine = janitor(fleet)
    postponed_launches(mine)
    fleet.registrations.rest.faults = lambda asked: (
        refused(404, "Not Found") if asked.method == "GET" else None
    )
    assert postponed_launches(mine) == Swept(found=3, repaired=3)


def test_a_launch_that_another_invocation_has_tried_is_left_alone(fleet: SimulatedFleet) -> None:
    mine = janitor(fleet)
    postponed_launches(mine)
    _restore(fleet)
    rows = list(fleet.table.by_status("STARTING"))
    fleet.clock.advance(900)
    fleet.driver(Role.SCHEDULER).drive("job-7")
    fleet.table.by_status = lambda *_, **__: iter(rows)
    assert postponed_launches(mine) == Swept(found=2, repaired=2)
    assert fleet.types(7).count("LaunchUnblocked") == 0


def test_a_launch_that_fails_is_named_and_stops_no_other(fleet: SimulatedFleet) -> None:
    failures: list[str] = []
    mine = janitor(fleet, failures)
    postponed_launches(mine)
    _restore(fleet)
    read = fleet.log.read

    def damaged(stream: str) -> Any:
        if stream == "job-8":
            raise KeyError("damaged")
        return read(stream)

    fleet.log.read = damaged
    assert postponed_launches(mine).failed == ("fleet-8-1",)
    assert failures == ["fleet-8-1"]
    assert sorted(fleet.live_runners()) == ["fleet-7-1", "fleet-9-1"]


def test_a_launch_that_waits_for_aws_keeps_its_backoff() -> None:
    fleet = SimulatedFleet()

    def throttled(_: Any) -> str:
        raise Unavailable("ECS: throttled")

    fleet.tasks.run = throttled
    fleet.queue(7)
    fleet.driver(Role.SCHEDULER).drive("job-7")
    calls = fleet.requests.count("github.find")
    mine = janitor(fleet)
    mine.checkpoints.write("github", Checkpoint(text="down", version=0))
    assert postponed_launches(mine) == NONE
    assert fleet.requests.count("github.find") == calls
    assert "LaunchUnblocked" not in fleet.types(7)


def test_a_launch_for_which_there_is_no_time_is_due_for_the_next_run(
    fleet: SimulatedFleet,
) -> None:
    mine = janitor(fleet)
    postponed_launches(mine)
    _restore(fleet)
    drive = type(mine.driver).drive
    launched: list[str] = []

    def slow(driver: Any, stream: str, *more: Any) -> Any:
        launched.append(stream)
        fleet.clock.advance(60)
        return drive(driver, stream, *more)

    late = replace(mine, ends_at=fleet.clock.now() + timedelta(seconds=50))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(mine.driver), "drive", slow)
        assert postponed_launches(late) == Swept(found=1, repaired=1, skipped=2)
    assert len(launched) == 1
    fleet.clock.advance(60)
    fleet.sweep()
    assert len(fleet.live()) == 3
