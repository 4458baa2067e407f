"""The recorded policy, run again in another process."""

import multiprocessing
import os
from collections.abc import Iterator

import pytest

from cli.analysis.cost import Basis
from cli.analysis.prices import own_prices
from cli.replay import again
from cli.replay.again import ProcessEnded, running_again
from cli.whatif.recording import Recording
from cli.whatif.report import Situation
from tests.cli.support import CliFleet, mixed, run
from tests.support.streams import all_streams


@pytest.fixture
def recording() -> Iterator[Recording]:
    with Recording() as made:
        made.read(all_streams(mixed().log))
        yield made


@pytest.fixture
def was(recording: Recording) -> Situation:
    return Situation(policy=recording.policy, basis=Basis(prices=own_prices()))


@pytest.fixture
def two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "WORTH_JOBS", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def test_another_process_gives_the_same(
    recording: Recording, was: Situation, request: pytest.FixtureRequest
) -> None:
    with running_again(recording, was) as result:
        assert multiprocessing.active_children() == []
        here = result()
    assert (here.job_count, here.started_count) == (5, 3)
    request.getfixturevalue("two_processes")
    with running_again(recording, was) as result:
        assert len(multiprocessing.active_children()) == 1
        assert result() == here
    assert multiprocessing.active_children() == []


@pytest.mark.usefixtures("two_processes")
def test_a_process_that_is_killed_is_an_error(recording: Recording, was: Situation) -> None:
    with running_again(recording, was) as result:
        (process,) = multiprocessing.active_children()
        process.kill()
        with pytest.raises(ProcessEnded, match="was killed"):
            result()


@pytest.mark.usefixtures("two_processes")
def test_no_process_is_left_after_an_error(recording: Recording, was: Situation) -> None:
    with pytest.raises(KeyboardInterrupt), running_again(recording, was):
        raise KeyboardInterrupt
    assert multiprocessing.active_children() == []


def test_the_command_answers_alike_with_one_process_and_with_two(
    request: pytest.FixtureRequest,
) -> None:
    words = ("replay", "what-if", "--set", "max_runners=1")
    one = run(CliFleet(mixed()), *words).stdout
    request.getfixturevalue("two_processes")
    assert run(CliFleet(mixed()), *words).stdout == one
