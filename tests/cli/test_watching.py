"""--watch: a table that is redrawn on a terminal until Ctrl-C."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.ports import Unavailable
from tests.cli.stubs import StubbedFleet
from tests.cli.support import RUNNER, done, idle, run
from tests.cli.walk import commands, takes
from tests.support.fleet import SimulatedFleet

WATCHED = [name for name, command in commands().items() if takes(command, "--watch")]


@pytest.fixture
def _on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.commands.watching.is_terminal", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")


def _redrawn(
    fleet: StubbedFleet, *words: str, pauses: int = 2, meanwhile: Callable[[], None] = lambda: None
) -> Any:
    """The command, with Ctrl-C at that pause, and something else at those before."""
    left = iter(range(1, pauses))

    def paused() -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        meanwhile()

    fleet.on_pause = paused
    return run(fleet, *words)


def test_what_changes_by_itself_can_be_watched() -> None:
    assert WATCHED == ["jobs list", "runners list", "status"]


@pytest.mark.usefixtures("_on_a_terminal")
@pytest.mark.parametrize("name", WATCHED)
@pytest.mark.parametrize(("words", "seconds"), [(("--watch",), 5), (("--watch", "30"), 30)])
def test_it_is_redrawn_until_ctrl_c(name: str, words: tuple[str, ...], seconds: int) -> None:
    fleet = StubbedFleet(SimulatedFleet())
    result = _redrawn(fleet, *name.split(), *words, pauses=3)
    assert result.exit_code == 130
    for number in range(3):
        assert f"2026-01-01 00:{number * seconds // 60:02}:{number * seconds % 60:02} UTC" in (
            result.stdout
        )
    assert result.stdout.startswith("\x1b[?1049h"), "on the alternate screen"
    assert "\x1b[?1049l" in result.stdout, "which is left"


@pytest.mark.usefixtures("_on_a_terminal")
@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("runners list", "WAITING_FOR_JOB", "RUNNING"),
        ("jobs list", "queued", "started"),
        ("status", "idle       1", "running    1"),
    ],
)
def test_each_time_it_shows_what_there_is_then(name: str, before: str, after: str) -> None:
    simulated = idle()

    def starts() -> None:
        simulated.starts(7, RUNNER)
        simulated.settle()

    result = _redrawn(StubbedFleet(simulated), *name.split(), "--watch", meanwhile=starts)
    plain = _plain(result.stdout)
    assert plain.index(before) < plain.index(after)


@pytest.mark.usefixtures("_on_a_terminal")
@pytest.mark.parametrize("name", ["runners list", "jobs list"])
def test_a_job_that_is_queued_later_appears(name: str) -> None:
    simulated = SimulatedFleet()

    def queues() -> None:
        simulated.queue(42)
        simulated.settle()

    result = _redrawn(StubbedFleet(simulated), *name.split(), "--watch", meanwhile=queues)
    shown = _plain(result.stdout)
    assert "No runners yet." in shown or "No jobs match." in shown
    assert "42" in shown.rpartition("UTC")[2]


@pytest.mark.usefixtures("_on_a_terminal")
@pytest.mark.parametrize("name", ["runners list", "jobs list"])
def test_filters_and_limits_apply(name: str) -> None:
    simulated = SimulatedFleet()
    simulated.queue(1, 2, 3)
    simulated.settle()
    words = (*name.split(), "--watch", "--limit", "2", "--repository", "octo/repo")
    assert "Only the newest 2 are shown" in _plain(_redrawn(StubbedFleet(simulated), *words).stdout)
    none = _redrawn(StubbedFleet(simulated), *name.split(), "--watch", "--repository", "x/y")
    assert " match." in _plain(none.stdout)


@pytest.mark.usefixtures("_on_a_terminal")
def test_after_an_error_the_last_screen_stays_below_it() -> None:
    fleet = StubbedFleet(done())
    read = fleet.table.by_status
    calls = iter(range(100))

    def by_status(*words: Any, **options: Any) -> Any:
        if next(calls) >= 6:
            raise Unavailable("DynamoDB: throttled")
        return read(*words, **options)

    fleet.table = _Table(by_status)
    result = _redrawn(fleet, "runners", "list", "--watch")
    assert result.exit_code == 130
    last = _plain(result.stdout).rpartition("UTC: can't be read: DynamoDB: throttled")[2]
    assert RUNNER in last


class _Table:
    """A table of which a test answers one query."""

    def __init__(self, by_status: Callable[..., Iterator[Any]]) -> None:
        self.by_status: Any = by_status

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


@pytest.mark.usefixtures("_on_a_terminal")
def test_an_error_of_the_first_screen_ends_it() -> None:
    fleet = StubbedFleet(SimulatedFleet())
    fleet.error = ClientError({"Error": {"Code": "ThrottlingException"}}, "DescribeAlarms")
    assert _redrawn(fleet, "status", "--watch").exit_code == 3


@pytest.mark.parametrize("name", WATCHED)
@pytest.mark.parametrize(
    ("words", "said"),
    [(("--watch",), "the output is none"), (("--watch", "--json"), "prints one document")],
)
def test_without_a_terminal_it_is_not_redrawn(name: str, words: tuple[str, ...], said: str) -> None:
    result = run(StubbedFleet(SimulatedFleet()), *name.split(), *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)
