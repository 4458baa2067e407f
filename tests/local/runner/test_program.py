"""The stand-in's runner program, started as the entrypoint starts GitHub's: one job, one exit."""

import base64
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from local.github.model import Job
from local.github.server import GitHub
from local.runner.program import CONFIG

RUN = Path(__file__).parents[3] / "local" / "runner" / "bin" / "Runner.Listener"
REPOSITORY = "octo/repo"
WAIT = 20


class Watched:
    """GitHub, and each job's changes as they come."""

    def __init__(self, github: GitHub, told: "Queue[tuple[str, str | None]]") -> None:
        self.github = github
        self._told = told

    def config(self, name: str = "fleet-1-1") -> str:
        runner = self.github.actions.register(REPOSITORY, name, ("self-hosted",))
        files = {
            ".runner": {"serverUrl": self.github.url},
            ".credentials": {"data": {"token": runner.token}},
        }
        return base64.b64encode(json.dumps(files).encode()).decode()

    def next(self) -> tuple[str, str | None]:
        """The next change of a job: its webhook's action, and the conclusion."""
        return self._told.get(timeout=WAIT)


class Told(GitHub):
    """GitHub, which tells of each job's changes."""

    def __init__(self) -> None:
        self.changes: Queue[tuple[str, str | None]] = Queue()
        super().__init__(token="a token")

    def _announce(self, job: Job, action: str) -> None:
        self.changes.put((action, job.conclusion))


@pytest.fixture
def watched() -> Iterator[Watched]:
    with Told() as github:
        yield Watched(github, github.changes)


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def make(config: str, *arguments: str, **more: str) -> "subprocess.Popen[str]":
        env = {"PATH": "/usr/bin:/bin", "STAND_IN_PYTHON": sys.executable, CONFIG: config, **more}
        process = subprocess.Popen(
            [RUN, *(arguments or ["run"])],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield make
    for process in started:
        process.kill()
        process.communicate()


def _ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    output, _ = process.communicate(timeout=WAIT)
    return process.returncode, output


def _listens(process: "subprocess.Popen[str]") -> None:
    assert process.stdout is not None
    assert any("Listening for Jobs" in line for line in process.stdout)


@pytest.mark.parametrize(
    ("run", "conclusion", "word"),
    [("true", "success", "Succeeded"), ("exit 3", "failure", "Failed")],
)
def test_it_runs_one_job_tells_its_result_and_exits(
    watched: Watched, start: Start, run: str, conclusion: str, word: str
) -> None:
    for _ in range(2):
        watched.github.actions.queue(REPOSITORY, ("self-hosted",), run=run, name="test")
    code, output = _ended(start(watched.config()))
    assert code == 0
    assert "Running job: test" in output
    assert f"Job test completed with result: {word}" in output
    told = [watched.next() for _ in range(4)]
    assert told[2:] == [("in_progress", None), ("completed", conclusion)]
    assert watched.github.actions.registered() == []


def test_told_to_stop_while_idle_it_goes_offline_and_exits_well(
    watched: Watched, start: Start
) -> None:
    process = start(watched.config())
    _listens(process)
    process.send_signal(signal.SIGTERM)
    code, _ = _ended(process)
    (runner,) = watched.github.actions.registered()
    assert (code, runner.online) == (0, False)


def test_told_to_stop_at_work_its_job_fails(watched: Watched, start: Start) -> None:
    job = watched.github.actions.queue(REPOSITORY, ("self-hosted",), run="exec sleep 60")
    process = start(watched.config())
    assert [watched.next(), watched.next()][1] == ("in_progress", None)
    assert process.stdout is not None
    assert any("Running job" in line for line in process.stdout)
    process.send_signal(signal.SIGTERM)
    code, output = _ended(process)
    assert (code, job.conclusion) == (0, "failure")
    assert "received a shutdown signal" in output


def test_a_cancelled_job_is_ended_and_told_as_cancelled(watched: Watched, start: Start) -> None:
    job = watched.github.actions.queue(REPOSITORY, ("self-hosted",), run="exec sleep 60")
    process = start(watched.config())
    assert [watched.next(), watched.next()][1] == ("in_progress", None)
    watched.github.actions.cancel(REPOSITORY, job.run_id)
    code, output = _ended(process)
    assert (code, job.conclusion) == (0, "cancelled")
    assert "completed with result: Canceled" in output


def test_a_registration_deleted_meanwhile_ends_it(watched: Watched, start: Start) -> None:
    process = start(watched.config())
    _listens(process)
    (runner,) = watched.github.actions.registered()
    watched.github.actions.remove(REPOSITORY, runner.id)
    code, output = _ended(process)
    assert code == 0
    assert "registration has been deleted" in output


def _encoded(files: Any) -> str:
    return base64.b64encode(json.dumps(files).encode()).decode()


@pytest.mark.parametrize(
    "config",
    [
        "",
        "no base64!",
        _encoded([]),
        _encoded({".runner": {}}),
        _encoded(
            {
                ".runner": {"serverUrl": "http://127.0.0.1:1"},
                ".credentials": {"data": {"token": "t"}},
            }
        ),
    ],
    ids=["nothing", "no base64", "no config", "half a config", "nobody there"],
)
def test_what_makes_no_sense_is_an_error(start: Start, config: str) -> None:
    code, output = _ended(start(config))
    assert code == 1
    assert "An error occurred" in output


def test_another_command_is_an_error(start: Start) -> None:
    code, output = _ended(start(_encoded([]), "configure"))
    assert code == 1
    assert f"expected: run, with the just-in-time config in {CONFIG}" in output


def test_no_job_sees_the_config(watched: Watched, start: Start) -> None:
    watched.github.actions.queue(REPOSITORY, ("self-hosted",), run="env", name="test")
    code, output = _ended(start(watched.config()))
    assert code == 0
    assert "STAND_IN_PYTHON=" in output
    assert CONFIG not in output


@pytest.fixture
def hook(tmp_path: Path) -> Path:
    """A hook that prints the job's variables which it receives."""
    script = tmp_path / "hook.sh"
    script.write_text('echo "hook of $GITHUB_REPOSITORY $GITHUB_RUN_ID $GITHUB_JOB"\n')
    return script


def test_the_hooks_are_run_before_and_after_the_steps(
    watched: Watched, start: Start, hook: Path
) -> None:
    job = watched.github.actions.queue(REPOSITORY, ("self-hosted",), run="echo steps", name="test")
    hooks = {f"ACTIONS_RUNNER_HOOK_JOB_{when}": str(hook) for when in ("STARTED", "COMPLETED")}
    code, output = _ended(start(watched.config(), **hooks))
    said = f"hook of octo/repo {job.run_id} test"
    assert (code, job.conclusion) == (0, "success")
    assert f"{said}\nsteps\n{said}\n" in output


@pytest.mark.parametrize(("when", "ran"), [("STARTED", False), ("COMPLETED", True)])
def test_a_hook_that_fails_fails_its_job(
    watched: Watched, start: Start, hook: Path, when: str, ran: bool
) -> None:
    hook.write_text("false\ntrue\n")  # bash is told to end at the first error
    job = watched.github.actions.queue(REPOSITORY, ("self-hosted",), run="echo the steps")
    _, output = _ended(start(watched.config(), **{f"ACTIONS_RUNNER_HOOK_JOB_{when}": str(hook)}))
    assert job.conclusion == "failure"
    assert ("the steps" in output) is ran
