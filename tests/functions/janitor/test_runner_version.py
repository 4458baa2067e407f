"""The days that GitHub still gives jobs to the runner's version: asked for once a day, measured."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from functions.janitor.runner_version import METRIC, runner_version
from functions.janitor.sweep import Swept
from shared.domain.runner_scope import RunnerScopes
from shared.ports import Checkpoint, Unavailable
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.janitor import janitor, running_fleet

VERSION = "2.330.0"
NONE = Swept()
DAY = 86_400


class Given:
    """A fleet with that runner version, and the values of its metric."""

    def __init__(self, fleet: SimulatedFleet) -> None:
        self.fleet = fleet
        self.measured: list[int] = []
        self.versions = fleet.registrations.rest.versions

    def ends_in(self, days: float, version: str = VERSION) -> datetime:
        ends_at = self.fleet.clock.now() + timedelta(days=days)
        self.versions[version] = ends_at
        return ends_at

    def sweep(self, version: str = VERSION, **more: Any) -> list[int]:
        """Run the sweep, and return what it has measured so far."""
        wired = janitor(self.fleet, runner_version=version, measure=self._measure, **more)
        assert runner_version(wired) == NONE
        return self.measured

    def calls(self) -> int:
        return self.fleet.requests.count("github.version")

    def _measure(self, name: str, value: int) -> None:
        assert name == METRIC
        self.measured.append(value)


@pytest.fixture
def given() -> Given:
    return Given(running_fleet(7))


@pytest.mark.parametrize(("days", "left"), [(20.5, 20), (0.5, 0), (-1.5, -2)])
def test_the_whole_days_to_the_scheduled_end_are_measured(
    given: Given, days: float, left: int
) -> None:
    given.ends_in(days)
    assert given.sweep() == [left]


def test_nothing_is_measured_of_a_version_without_a_scheduled_end(given: Given) -> None:
    given.versions[VERSION] = None
    assert given.sweep() == []


def test_a_version_that_github_does_not_know_is_no_failure_and_is_asked_for_daily(
    given: Given,
) -> None:
    assert given.sweep() == given.sweep() == []
    assert given.calls() == 1
    given.fleet.clock.advance(DAY)
    given.ends_in(3.5)
    assert given.sweep() == [3]


def test_github_is_asked_once_a_day_whatever_the_number_of_runs(given: Given) -> None:
    given.ends_in(20.5)
    for _ in range(3):
        given.sweep()
        given.fleet.clock.advance(60)
    assert (given.measured, given.calls()) == ([20, 20, 20], 1)
    given.fleet.clock.advance(DAY)
    assert given.sweep()[-1] == 19
    assert given.calls() == 2


def test_another_version_is_asked_for_at_once(given: Given) -> None:
    given.ends_in(2.5)
    given.ends_in(60.5, "2.331.0")
    given.sweep()
    assert given.sweep("2.331.0") == [2, 60]


def test_a_checkpoint_that_can_not_be_read_is_replaced(given: Given) -> None:
    given.ends_in(2.5)
    given.fleet.checkpoints.write("runner-version", Checkpoint(text="?"))
    assert given.sweep() == given.sweep() == [2, 2]
    assert given.calls() == 1


def test_nothing_is_asked_for_without_a_version_or_at_another_hour(given: Given) -> None:
    given.ends_in(2.5)
    assert given.sweep("") == []
    given.fleet.clock.advance(3600)
    assert given.sweep() == []
    assert given.calls() == 0


def test_nothing_is_asked_for_before_there_is_a_repository_to_ask_at() -> None:
    given = Given(SimulatedFleet())
    given.ends_in(2.5)
    assert given.sweep() == []
    assert given.calls() == 0


def test_an_organization_is_asked_before_its_first_job() -> None:
    at_octo = replace(stories.POLICY, runner_scopes=RunnerScopes(organizations=("octo", "acme")))
    given = Given(SimulatedFleet(at_octo))
    given.ends_in(2.5)
    assert given.sweep() == [2]
    assert given.calls() == 1


def test_if_github_does_not_answer_the_next_run_asks_again(given: Given) -> None:
    given.ends_in(2.5)
    asked = given.fleet.registrations.version_ends_at

    def fail(_place: str, _version: str) -> datetime:
        raise Unavailable("GitHub: 502")

    given.fleet.registrations.version_ends_at = fail
    with pytest.raises(Unavailable):
        given.sweep()
    given.fleet.registrations.version_ends_at = asked
    assert given.sweep() == [2]
