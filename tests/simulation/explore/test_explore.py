"""The quick scenarios have no violation, and the search finds planted bugs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from shared.domain import next_action
from shared.domain.slot import rules as slot_rules
from shared.engine.dependencies import Dependencies as Fleet
from tests.simulation.explore.__main__ import main
from tests.simulation.explore.bounds import QUICK
from tests.simulation.explore.moves import Moves
from tests.simulation.explore.naming import renamed
from tests.simulation.explore.scenario import LARGE, SMALL, Bug, Grain, Scenario
from tests.simulation.explore.search import NO_BUG, explore
from tests.simulation.explore.symmetry import Symmetry
from tests.simulation.explore.world import Left

pytestmark = pytest.mark.slow

ONE = Scenario(labels=(SMALL,), runners=1)


@pytest.mark.parametrize("name", list(QUICK))
def test_no_interleaving_breaks_an_invariant(name: str) -> None:
    found = explore(QUICK[name])
    assert found.violation is None, str(found)
    assert found.whole


def test_the_same_search_finds_the_same() -> None:
    first, second = explore(ONE), explore(ONE)
    assert (first.states, first.transitions, first.depth) == (
        second.states,
        second.transitions,
        second.depth,
    )


def test_a_search_that_stops_at_its_bound_reports_it() -> None:
    found = explore(ONE, most_states=10)
    assert not found.whole
    assert "STOPPED at the bound" in str(found)


@contextmanager
def _without(rule: Any) -> Iterator[None]:
    whole = next_action.RULES
    next_action.RULES = tuple(one for one in whole if one[1] is not rule)
    try:
        yield
    finally:
        next_action.RULES = whole


def test_a_rule_that_is_missing_is_found_with_a_trace() -> None:
    bug = Bug(name="no slot is freed", planted=lambda: _without(slot_rules.free_slot))
    found = explore(ONE, bug)
    assert found.violation is not None
    assert any("JobQueued" in line for line in found.trace)
    assert "VIOLATION" in str(found)


class _TwoTasks:
    """RunTask under another name each time: as if no client token were sent."""

    def __init__(self, tasks: Any) -> None:
        self._tasks = tasks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tasks, name)

    def run(self, spec: Any) -> Any:
        home, number = spec.runner_id.rsplit("-", 1)
        return self._tasks.run(type(spec)(**_fields(spec) | {"runner_id": f"{home}-{number}1"}))


def _fields(spec: Any) -> dict[str, Any]:
    return {name: getattr(spec, name) for name in spec.__struct_fields__}


def test_a_port_that_is_wrong_is_found() -> None:
    def ports(fleet: Fleet) -> Fleet:
        return replace(fleet, tasks=_TwoTasks(fleet.tasks))

    found = explore(ONE, Bug(name="no client token", ports=ports))
    assert found.violation is not None
    assert "without an intent" in found.violation


def test_worlds_that_differ_in_the_names_of_equal_jobs_are_one() -> None:
    moves = Moves(Scenario(labels=(SMALL, SMALL), runners=2), NO_BUG)
    symmetry, start = Symmetry(moves), moves.start()
    first, second = (moves.after(start, move) for move in moves.enabled(start))
    assert first != second
    assert symmetry.canonical(first) == symmetry.canonical(second)


def test_jobs_that_want_different_runners_are_never_exchanged() -> None:
    moves = Moves(Scenario(labels=(SMALL, LARGE), runners=2), NO_BUG)
    symmetry, start = Symmetry(moves), moves.start()
    first, second = (moves.after(start, move) for move in moves.enabled(start))
    assert symmetry.canonical(first) != symmetry.canonical(second)


def test_renaming_goes_as_deep_as_names_do() -> None:
    value = ("fleet-1-2", ("job-1", "arn:task/fleet-2-1"), 7)
    assert renamed(value, (0, 2, 1)) == ("fleet-2-2", ("job-2", "arn:task/fleet-1-1"), 7)


def test_the_command_prints_what_it_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--jobs", "1", "--grain", "steps"]) == 0
    text = capsys.readouterr().out
    assert "states" in text
    assert "no violation" in text


def test_a_lost_notice_is_recovered() -> None:
    found = explore(Scenario(labels=(SMALL,), runners=1, grain=Grain.STEPS, left=Left(losses=2)))
    assert found.violation is None, str(found)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--jobs", "1", "--large", "2"], "must be from 0 to --jobs (1)"),
        (["--crashes", "-1"], "is not a number of times"),
    ],
)
def test_a_wrong_option_is_answered_with_what_is_allowed(
    arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert text in capsys.readouterr().err


def test_a_slow_consumer_breaks_nothing() -> None:
    left = Left(pauses=2, crashes=1)
    found = explore(Scenario(labels=(SMALL,), runners=1, grain=Grain.STEPS, left=left))
    assert found.violation is None, str(found)
    assert found.whole
