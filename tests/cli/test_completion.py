"""`ecsrunner completion`: the scripts, and what a shell is offered at each place of a line."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import boto3
import pytest
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete
from moto import mock_aws

from cli.commands import completing
from cli.commands.catalogue import COMMANDS
from cli.commands.completion import VARIABLE
from cli.fleet.named_fleet import parameter_of
from cli.main import main
from shared.domain.projection import RunnerRow
from shared.ports import Unavailable
from tests.cli.support import CliFleet, done, mixed, parameters, run
from tests.support.fleet import SimulatedFleet

PROJECT = Path(__file__).parents[2]
SHELLS: dict[str, type[ShellComplete]] = {
    "bash": BashComplete,
    "zsh": ZshComplete,
    "fish": FishComplete,
}


def _offered(fleet: object, *words: str, shell: str = "bash") -> list[str]:
    """What the shell is offered for the last word, which may be empty."""
    complete = SHELLS[shell](main, {"obj": fleet}, "ecsrunner", VARIABLE)
    *before, incomplete = words
    return [one.value for one in complete.get_completions(list(before), incomplete)]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_that_of_the_shell(shell: str) -> None:
    script = run(None, "completion", shell).stdout
    assert f"{VARIABLE}={shell}_complete" in script
    assert "ecsrunner" in script


def test_another_shell_is_refused_with_those_that_there_are() -> None:
    result = run(None, "completion", "tcsh")
    assert result.exit_code == 2
    assert "'bash', 'zsh', 'fish'" in result.stderr


@pytest.mark.parametrize("shell", SHELLS)
def test_commands_are_completed_in_every_shell(shell: str) -> None:
    assert _offered(None, "statu", shell=shell) == ["status"]
    assert set(_offered(None, "", shell=shell)) == set(COMMANDS)
    assert _offered(None, "runners", "h", shell=shell) == ["history"]


def test_options_are_completed_and_so_are_the_global_ones() -> None:
    assert _offered(None, "--fl") == ["--fleet"]
    assert _offered(None, "runners", "history", "--fo") == ["--follow"]


def test_statuses_are_completed_in_any_case() -> None:
    assert _offered(None, "runners", "list", "--status", "of") == ["OFFLINE"]
    assert len(_offered(None, "runners", "list", "--status", "")) == 6


def test_class_names_are_completed() -> None:
    fleet = CliFleet(SimulatedFleet())
    sizes = '{"large": {"cpu": 4096, "memory": 8192}, "small": {"cpu": 512, "memory": 1024}}'
    fleet.parameters = parameters(class_sizes_param=sizes)
    words = ("log", "export", "--class")
    assert _offered(fleet, *words, "") == ["large", "small"]
    assert _offered(fleet, *words, "s") == ["small"]


@pytest.mark.parametrize("command", ["history", "details", "terminate"])
def test_ids_of_recent_runners_are_completed_live_ones_first(command: str) -> None:
    fleet = CliFleet(mixed())
    found = _offered(fleet, "runners", command, "")
    assert found[:2] == ["fleet-11-1", "fleet-9-2"], "the busy one, then the one that starts"
    assert sorted(found) == sorted(fleet.simulated.statuses())
    assert _offered(fleet, "runners", command, "fleet-9") == ["fleet-9-2", "fleet-9-1"]


def test_a_second_id_is_completed_too() -> None:
    assert _offered(CliFleet(done()), "runners", "history", "7", "fl") == ["fleet-7-1"]


class _Table:
    """A table that records its queries. Each has that many rows, and the one of `fails` fails."""

    def __init__(self, rows: int, fails: str = "") -> None:
        self.queries: list[tuple[str, int | None]] = []
        self._rows = rows
        self._fails = fails

    def by_status(self, status: str, limit: int | None = None) -> Iterator[RunnerRow]:
        self.queries.append((status, limit))
        if status == self._fails:
            raise Unavailable("DynamoDB: throttled")
        at = SimulatedFleet().clock.now()
        number = 100 * len(self.queries)
        for one in range(self._rows):
            runner_id = f"fleet-{number + one}-1"
            yield RunnerRow(runner_id=runner_id, job_id=1, status=status, status_at=at)


def _with(table: Any) -> CliFleet:
    fleet = CliFleet(SimulatedFleet())
    fleet.table = table
    return fleet


def test_one_query_is_enough_for_a_busy_fleet() -> None:
    table = _Table(rows=completing.RECENT)
    assert len(_offered(_with(table), "runners", "history", "")) == completing.RECENT
    assert table.queries == [("RUNNING", completing.RECENT)]


def test_an_error_ends_the_search_in_silence_with_what_was_found(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = _Table(rows=1, fails="STARTING")
    assert _offered(_with(table), "runners", "history", "") == ["fleet-100-1", "fleet-200-1"]
    assert capsys.readouterr() == ("", "")


def test_what_takes_longer_than_the_limit_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended = Event()

    class Silent:
        def by_status(self, *_: Any) -> Iterator[RunnerRow]:
            ended.wait()
            return iter(())

    monkeypatch.setattr(completing, "SECONDS", 0.01)
    assert _offered(_with(Silent()), "runners", "history", "") == []
    ended.set()


def test_the_limit_is_a_second() -> None:
    assert completing.SECONDS == 1.0


def test_names_of_fleets_are_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        ssm = boto3.client("ssm", "eu-west-1")
        for name in ("prod", "preview", "test"):
            ssm.put_parameter(Name=parameter_of(name), Type="String", Value="{}")
        assert _offered(None, "--region", "eu-west-1", "--fleet", "pr") == ["preview", "prod"]
        assert _offered(None, "--region", "us-east-1", "--fleet", "pr") == []


# --- as a shell calls it -------------------------------------------------------------------------


def _called(line: str) -> "subprocess.CompletedProcess[str]":
    """What bash calls for a line whose last word is to be completed."""
    asked = {
        VARIABLE: "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "RUNNER_TABLE": "runners",
    }
    return subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "cli"],
        cwd=PROJECT,
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_a_command_is_completed_without_imports_of_commands() -> None:
    done = _called("ecsrunner statu")
    assert (done.returncode, done.stdout) == (0, "plain,status\n")
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "cli.main" in imported
    assert imported & {"botocore", "rich", "msgspec", "cli.commands.status"} == set()


def test_without_aws_nothing_is_offered_and_nothing_is_said() -> None:
    done = _called("ecsrunner runners history ")
    assert (done.returncode, done.stdout.strip()) == (0, "")
    said = [line for line in done.stderr.splitlines() if not line.startswith("import time:")]
    assert said == []
