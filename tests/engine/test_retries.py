"""What is out of reach is tried again, after a wait, and not for ever."""

from datetime import timedelta

from msgspec.structs import replace

from shared.domain.actions import Role
from shared.ports import Refused, Unavailable
from tests.support import stories
from tests.support.fleet import MemoryFleet
from tests.support.janitor import running_fleet


class Failing:
    """The tasks port, failing so many times first."""

    def __init__(self, fleet: MemoryFleet, *errors: Exception) -> None:
        self._run = fleet.tasks.run
        self._errors = list(errors)
        fleet.tasks.run = self.run

    def run(self, spec: object) -> str:
        if self._errors:
            raise self._errors.pop(0)
        return self._run(spec)


def test_a_launch_that_found_no_capacity_is_tried_again_with_the_same_parameters() -> None:
    fleet = MemoryFleet()
    Failing(fleet, Unavailable("no capacity"), Unavailable("throttled", retry_after=90))
    fleet.queue(7)
    began = fleet.clock.now()
    fleet.settle()
    assert fleet.types(7).count("LaunchFailed") == 2
    assert (fleet.clock.now() - began).total_seconds() > 90
    assert fleet.registrations.calls["mint"] == 1
    assert list(fleet.statuses()) == ["fleet-7-1"]


def test_the_wait_before_another_launch_begins_when_the_failure_is_known() -> None:
    fleet = MemoryFleet()
    run = fleet.tasks.run

    def slow(_: object) -> str:
        fleet.tasks.run = run
        fleet.clock.advance(30)
        raise Unavailable("ECS: no answer within 10 s, three times")

    fleet.tasks.run = slow
    fleet.queue(7)
    began = fleet.clock.now()
    driven = fleet.driver(Role.SCHEDULER).drive("job-7")
    assert fleet.types(7)[-1] == "LaunchFailed"
    assert driven.retry_at is not None
    assert (driven.retry_at - began).total_seconds() > 30


def test_a_drive_that_something_out_of_reach_ends_comes_back_so_long_after_its_answer() -> None:
    fleet = running_fleet(7)
    fleet.clock.advance(301)

    def slow(*_: object) -> None:
        fleet.clock.advance(30)
        raise Unavailable("GitHub: rate limit", retry_after=60)

    fleet.registrations.delete = slow
    began = fleet.clock.now()
    driven = fleet.driver(*Role).drive("job-7")
    assert driven.retry_at == began + timedelta(seconds=90)


def test_a_launch_that_keeps_failing_is_failed_with_its_reason_and_leaves_nothing() -> None:
    fleet = MemoryFleet(replace(stories.POLICY, launch_attempts=2, max_launches=1))
    Failing(fleet, Unavailable("no capacity"), Unavailable("no capacity"))
    fleet.queue(7)
    fleet.settle()
    row = fleet.row("fleet-7-1")
    assert (row.status, row.failure_reason) == ("FAILED", "no capacity")
    assert fleet.registrations.runners == {}
    assert fleet.configs.configs == {}
    assert fleet.types(7)[-1] == "JobGivenUp"


def test_a_launch_that_ecs_refuses_is_not_tried_again() -> None:
    fleet = MemoryFleet(replace(stories.POLICY, max_launches=1))
    Failing(fleet, Refused("ECS: no such subnet"))
    fleet.queue(7)
    fleet.settle()
    assert fleet.row("fleet-7-1").failure_reason == "ECS: no such subnet"
    assert fleet.types(7).count("LaunchFailed") == 1
