"""Each planted bug is caught as what it is, and nothing is where none is planted."""

import pytest

from shared.domain import fold as evolve
from shared.domain import next_action
from shared.domain.job.state import JOB_TRANSITIONS
from shared.domain.runner.state import RUNNER_TRANSITIONS
from tests.simulation.bugs.__main__ import main
from tests.simulation.bugs.bug import Bug, Worlds, entry, replaced, rule
from tests.simulation.bugs.grading import SCENARIOS, STATES, grade, simulated, where
from tests.simulation.bugs.planted import BUGS
from tests.simulation.explore.bounds import QUICK
from tests.simulation.explore.search import explore

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught_as_what_it_is(bug: Bug) -> None:
    caught = grade(bug)
    assert caught is not None, f"nobody saw that {bug.says}"
    assert bug.is_seen_in(caught), f"{caught} is not that {bug.says}"


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in QUICK])
def test_exploration_sees_nothing_where_no_bug_is_planted(name: str) -> None:
    """The other scenarios are searched by exploration's own tests."""
    found = explore(SCENARIOS[name], most_states=STATES)
    assert found.violation is None, str(found)


def _worlds() -> list[Worlds]:
    """Each world in which a bug is seen, once."""
    return sorted({bug.worlds for bug in BUGS}, key=str)


@pytest.mark.parametrize("worlds", _worlds(), ids=lambda one: where(one, one.seed))
def test_simulation_sees_nothing_where_no_bug_is_planted(worlds: Worlds) -> None:
    outcome = simulated(worlds, worlds.seed)
    assert not outcome.violations, outcome.report()


def test_there_are_as_many_bugs_as_were_promised_and_no_two_bear_one_name() -> None:
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 18


def test_what_was_planted_is_taken_out_again() -> None:
    def product() -> object:
        tables = {phase: dict(one) for phase, one in (JOB_TRANSITIONS | RUNNER_TRANSITIONS).items()}
        return next_action.RULES, dict(evolve.HANDLERS), tables

    before = product()
    for bug in BUGS:
        with bug.plant():
            pass
        assert product() == before, bug.name


def test_a_bug_in_a_piece_that_the_product_does_not_have_is_refused() -> None:
    with pytest.raises(AssertionError, match="no such rule"):
        rule(lambda *_: None, None)
    with pytest.raises(AttributeError), replaced(next_action, "no_such_rule", None):
        pass


def test_a_bug_is_taken_out_also_when_a_checker_breaks_down() -> None:
    table = {1: 1}
    with pytest.raises(ZeroDivisionError), entry(table, 1, 0):
        1 // table[1]
    assert table == {1: 1}


def test_the_command_prints_who_caught_what(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slot leaked"]) == 0
    told = capsys.readouterr().out
    assert "exploration" in told
    assert "1 of 1 planted bugs caught" in told


def test_the_command_fails_when_nothing_was_planted() -> None:
    assert main(["no bug bears such a name"]) == 1
