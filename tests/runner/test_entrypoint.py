"""The container's entrypoint, run as a process in every branch, with a stand-in for run.sh."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ENTRYPOINT = Path(__file__).parents[2] / "runner" / "entrypoint.sh"
SECRET = "dGhlIGNvbmZpZw=="

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start the entrypoint with `program` as GitHub's run.sh."""
    started: list[subprocess.Popen[str]] = []

    def run(program: str | None, **environment: str) -> "subprocess.Popen[str]":
        if program is not None:
            script = tmp_path / "run.sh"
            script.write_text(f"#!/usr/bin/env bash\n{program}\n")
            script.chmod(0o755)
        env = {"PATH": os.environ["PATH"], "RUNNER_HOME": str(tmp_path), **environment}
        process = subprocess.Popen(
            [str(ENTRYPOINT)],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        with contextlib.suppress(ProcessLookupError):  # what it started goes with it
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_the_program_is_started_with_the_config_in_its_own_folder(start: Start) -> None:
    process = start('echo "$@"; pwd', RUNNER_JIT_CONFIG=SECRET)
    out, _ = process.communicate(timeout=10)
    assert out.splitlines()[0] == f"--jitconfig {SECRET}"
    assert process.returncode == 0


def test_the_config_is_not_in_the_environment_of_the_job(start: Start) -> None:
    process = start("env", RUNNER_JIT_CONFIG=SECRET, MINE="kept")
    out, _ = process.communicate(timeout=10)
    assert SECRET not in out
    assert "RUNNER_JIT_CONFIG" not in out
    assert "MINE=kept" in out


def test_without_a_config_it_says_so(start: Start) -> None:
    process = start("exit 0")
    _, err = process.communicate(timeout=10)
    assert process.returncode == 64
    assert "RUNNER_JIT_CONFIG is not set" in err


def test_without_the_program_it_says_where_it_looked(start: Start, tmp_path: Path) -> None:
    process = start(None, RUNNER_JIT_CONFIG=SECRET)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 69
    assert f"{tmp_path}/run.sh is not there" in err
    assert SECRET not in err


@pytest.mark.parametrize("code", [0, 1, 7])
def test_the_programs_exit_code_is_passed_on(start: Start, code: int) -> None:
    process = start(f"exit {code}", RUNNER_JIT_CONFIG=SECRET)
    process.communicate(timeout=10)
    assert process.returncode == code


def test_sigterm_is_passed_on_and_a_stop_as_told_is_success(start: Start) -> None:
    program = 'trap "echo stopping; exit 143" TERM; echo ready; while true; do sleep 0.05; done'
    process = start(program, RUNNER_JIT_CONFIG=SECRET)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=10)
    assert out == "stopping\n"
    assert process.returncode == 0


def test_it_waits_for_a_program_that_takes_its_time_to_stop(start: Start) -> None:
    program = (
        'trap "sleep 0.3; echo done; exit 0" TERM; echo ready; while true; do sleep 0.05; done'
    )
    process = start(program, RUNNER_JIT_CONFIG=SECRET)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=10)
    assert (out, process.returncode) == ("done\n", 0)


def test_a_failure_while_stopping_stays_a_failure(start: Start) -> None:
    program = 'trap "exit 5" TERM; echo ready; while true; do sleep 0.05; done'
    process = start(program, RUNNER_JIT_CONFIG=SECRET)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == 5
