"""`ecsrunner logs`: what containers wrote, from CloudWatch Logs, while and after they run."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.commands import logs
from cli.fleet.container_log import STREAM_PREFIX
from shared.adapters.ecs import CONTAINER
from tests.cli.stubs import StubbedFleet, logs_error
from tests.cli.support import RUNNER, answer, busy, done, mixed, on_terminal, run, swapped
from tests.cli.why.fleets import launched


def _done() -> StubbedFleet:
    fleet = StubbedFleet(done())
    fleet.writes(RUNNER, "Connected to GitHub", "Running job: build", "Job build completed")
    return fleet


def test_each_line_has_its_time_below_the_runner() -> None:
    result = run(_done(), "logs", "7")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "fleet-7-1  2026-01-01 (UTC)",
        "00:00:31.5  Connected to GitHub",
        "00:00:32.5  Running job: build",
        "00:00:33.5  Job build completed",
    ]


def test_the_document_has_the_lines_and_the_runners() -> None:
    told = answer(_done(), "logs", RUNNER)
    assert told["runner_ids"] == [RUNNER]
    assert told["lines"][0] == {
        "runner_id": RUNNER,
        "at": "2026-01-01T00:00:31.500000Z",
        "message": "Connected to GitHub",
    }
    assert len(told["lines"]) == 3


def test_the_group_and_the_stream_are_those_of_the_task_definition() -> None:
    fleet = _done()
    run(fleet, "logs", "7")
    first = fleet.cloudwatch.requests[0]
    task = str(fleet.simulated.row(RUNNER).task_arn).rpartition("/")[2]
    assert first["logGroupName"] == "runner_log_group"
    assert first["logStreamName"] == f"{STREAM_PREFIX}/{CONTAINER}/{task}"
    module = Path(__file__).parents[2] / "terraform" / "modules" / "fleet" / "main.tf"
    prefix = re.search(r'awslogs-stream-prefix = "(.+)"', module.read_text())
    assert prefix is not None
    assert prefix[1] == STREAM_PREFIX


def test_the_end_is_where_the_same_token_is_returned() -> None:
    fleet = _done()
    run(fleet, "logs", "7")
    tokens = [request.get("nextToken") for request in fleet.cloudwatch.requests]
    assert tokens == [None, "f/0", "f/2", "f/3"]


def test_the_log_of_the_last_runner_is_last() -> None:
    fleet = StubbedFleet(mixed())
    fleet.writes("fleet-9-2", "second", at=60)
    fleet.writes("fleet-9-1", "first", at=40)
    told = answer(fleet, "logs", "9")
    assert [one["message"] for one in told["lines"]] == ["first", "second"]


def test_the_log_of_the_runner_of_another_job_that_ran_it_is_shown_too() -> None:
    fleet = StubbedFleet(swapped())
    fleet.writes("fleet-2-1", "ran job 1")
    assert "ran job 1" in run(fleet, "logs", "1").stdout


def test_since_is_the_time_of_the_first_line() -> None:
    told = answer(_done(), "logs", "7", "--since", "00:00:33")
    assert [one["message"] for one in told["lines"]] == ["Job build completed"]


def test_lines_cant_steer_the_terminal_and_lose_their_colours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = StubbedFleet(done())
    fleet.writes(RUNNER, "\x1b[32mgreen\x1b[0m\tand\x1b[2Jmore\r\nsecond")
    told = on_terminal(monkeypatch, 80, fleet, "logs", "7").splitlines()[1:]
    assert told == ["00:00:31.5  green   and\N{REPLACEMENT CHARACTER}[2Jmore", "00:00:31.5  second"]


# --- following -----------------------------------------------------------------------------------


def test_follow_goes_on_until_the_runner_has_ended_and_its_last_lines_have_come() -> None:
    fleet = StubbedFleet(busy())
    fleet.writes(RUNNER, "one")
    happens = iter(
        [
            lambda: fleet.writes(RUNNER, "two", at=50),
            lambda: None,
            lambda: _ends(fleet),
            lambda: fleet.writes(RUNNER, "last", at=60),
        ]
    )

    def on_pause() -> None:
        next(happens)()

    fleet.on_pause = on_pause
    result = run(fleet, "logs", "7", "--follow")
    assert result.exit_code == 0
    assert [line[12:] for line in result.stdout.splitlines()[1:]] == ["one", "two", "last"]
    assert next(happens, None) is None


def _ends(fleet: StubbedFleet) -> None:
    fleet.simulated.completes(7, RUNNER)
    fleet.simulated.exits(RUNNER)
    fleet.simulated.settle()


def test_follow_waits_for_a_runner_that_has_no_stream_yet() -> None:
    fleet = StubbedFleet(launched())

    def begins() -> None:
        fleet.on_pause = lambda: None
        fleet.simulated.runs(RUNNER)
        fleet.simulated.settle()
        fleet.writes(RUNNER, "at last")
        fleet.simulated.completes(7, None, "cancelled")
        fleet.simulated.settle()
        fleet.simulated.stopped(RUNNER)
        fleet.simulated.settle()

    fleet.on_pause = begins
    assert "at last" in run(fleet, "logs", "7", "-f").stdout


def test_follow_of_a_runner_that_has_ended_looks_once_more_for_late_lines() -> None:
    fleet = _done()
    before = fleet.clock.now()
    assert run(fleet, "logs", RUNNER, "--follow").exit_code == 0
    assert fleet.clock.now() - before == timedelta(seconds=logs.LATE_SECONDS)


# --- nothing to show -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "target", "told"),
    [
        (mixed, "8", "fleet-8-1 has no task, and so no log: class"),
        (launched, "7", "The task of fleet-7-1 has not run yet, so nothing was logged."),
        (done, "7", "Nothing is in the log of fleet-7-1: lines arrive some seconds late"),
    ],
)
def test_a_runner_without_a_line_is_an_answer_that_is_no(make: Any, target: str, told: str) -> None:
    result = run(StubbedFleet(make()), "logs", target)
    assert (result.exit_code, result.stdout) == (1, "")
    assert told in result.stderr


def test_a_job_and_a_runner_that_are_unknown_are_said_to_be() -> None:
    assert "Job 99 is not in the log" in run(StubbedFleet(done()), "logs", "99").stderr
    result = run(StubbedFleet(done()), "logs", "fleet-7-9", "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "There is no runner fleet-7-9" in result.stderr


def test_a_log_group_that_is_not_there_is_named() -> None:
    fleet = _done()
    message = "The specified log group does not exist."
    fleet.cloudwatch.error = logs_error("ResourceNotFoundException", message)
    for words in (("logs", "7"), ("logs", "7", "--json")):
        result = run(fleet, *words)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "The log group runner_log_group does not exist, so nothing" in result.stderr


def test_a_missing_permission_is_a_refusal_by_aws() -> None:
    fleet = _done()
    fleet.cloudwatch.error = logs_error(
        "AccessDeniedException", "not authorized: logs:GetLogEvents"
    )
    result = run(fleet, "logs", "7", "--json")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "logs:GetLogEvents" in result.stderr
    assert "the credentials in use may not do this" in result.stderr


def test_the_log_group_has_to_be_named() -> None:
    result = run(StubbedFleet(done(), unset=("RUNNER_LOG_GROUP",)), "logs", "7")
    assert (result.exit_code, result.stderr) == (2, "Error: RUNNER_LOG_GROUP\n")
