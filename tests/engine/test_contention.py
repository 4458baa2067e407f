"""Races lost to others: a drive decides anew, later each time; too many are contention, no bug."""

import random
from dataclasses import replace as replace_fields
from typing import Any

import pytest

from shared.domain.actions import Role
from shared.engine.dependencies import Dependencies
from shared.engine.drive import NoProgressError
from shared.engine.transact import TRIES
from shared.ports import Conflict
from tests.support.fleet import SimulatedFleet

CONFLICTS = TRIES - 1
"""The most that one decision may meet."""


class Racing:
    """A fleet whose log lets others be faster so many times; `pauses` is what was waited."""

    def __init__(self, races: int) -> None:
        self.fleet = SimulatedFleet()
        self.fleet.queue(7)
        self.races = races
        self.pauses: list[float] = []
        self._append = self.fleet.log.append
        self.fleet.log.append = self.append

    def append(self, *args: Any) -> None:
        if self.races:
            self.races -= 1
            raise Conflict("TransactionCanceledException: TransactionConflict")
        self._append(*args)

    def deps(self) -> Dependencies:
        return replace_fields(self.fleet.deps, pause=self.pauses.append)

    def drive(self) -> None:
        self.fleet.driver(Role.SCHEDULER, deps=self.deps()).drive("job-7")


def test_a_drive_that_loses_races_goes_on_and_launches_once() -> None:
    racing = Racing(CONFLICTS)
    racing.drive()
    assert racing.fleet.requests.count("ecs.run_task") == 1
    assert racing.fleet.types(7) == ["JobQueued", "LaunchIntended", "RunnerLaunched"]
    assert len(racing.pauses) == CONFLICTS


def test_a_drive_that_loses_too_many_races_ends_in_a_conflict_and_not_as_a_bug() -> None:
    racing = Racing(CONFLICTS + 1)
    with pytest.raises(Conflict) as caught:
        racing.drive()
    assert not isinstance(caught.value, NoProgressError)
    assert len(racing.pauses) == CONFLICTS
    assert racing.fleet.types(7) == ["JobQueued"]
    racing.drive()
    assert racing.fleet.types(7)[-1] == "RunnerLaunched", "nothing is lost by it"


def test_the_pause_after_each_lost_race_is_longer_up_to_half_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(random, "uniform", lambda _, longest: longest)
    racing = Racing(CONFLICTS)
    racing.drive()
    assert racing.pauses[:6] == pytest.approx([0.02, 0.04, 0.08, 0.16, 0.32, 0.5])
    assert set(racing.pauses[6:]) == {0.5}


def test_the_pauses_of_two_drives_that_race_differ() -> None:
    first, second = Racing(CONFLICTS), Racing(CONFLICTS)
    for racing in (first, second):
        racing.drive()
    assert first.pauses != second.pauses
    assert sum(first.pauses) < CONFLICTS
    assert all(0 <= pause <= 0.5 for pause in first.pauses)


def test_without_a_race_there_is_no_pause() -> None:
    racing = Racing(0)
    racing.drive()
    assert racing.pauses == []
