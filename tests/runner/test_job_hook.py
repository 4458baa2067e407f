"""The job hooks: they tell the task's log of its job, and nothing can make them fail it."""

import os
from pathlib import Path

import pytest

from tests.runner.support import Machine

JOB = {
    "GITHUB_REPOSITORY": "octo/repo",
    "GITHUB_RUN_ID": "7",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_JOB": "build",
}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path, "bash", "timeout")
    (made.source / "job-started.sh").symlink_to("job-hook.sh")
    (made.source / "job-completed.sh").symlink_to("job-hook.sh")
    return made


@pytest.mark.parametrize("what", ["job-started", "job-completed"])
def test_the_tasks_log_tells_of_the_job_and_the_jobs_own_log_does_not(
    machine: Machine, tmp_path: Path, what: str
) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    done = machine.run(f"./{what}.sh", **JOB, RUNNER_TASK_LOG=str(log))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert log.read_text() == f"before\n{what}: octo/repo run 7 attempt 1 job build\n"


def test_what_a_job_is_called_is_told_and_not_run(machine: Machine, tmp_path: Path) -> None:
    log, made = tmp_path / "log", tmp_path / "made"
    job = f'$(touch {made}) "; touch {made}; "%s'
    machine.run("./job-started.sh", **{**JOB, "GITHUB_JOB": job}, RUNNER_TASK_LOG=str(log))
    assert log.read_text().endswith(f"job {job}\n")
    assert not made.exists()


def test_a_log_that_can_not_be_written_does_not_fail_the_job(machine: Machine) -> None:
    done = machine.run("./job-started.sh", **JOB, RUNNER_TASK_LOG="/nowhere/log")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_log_that_nobody_reads_does_not_hang_or_fail_the_job(
    machine: Machine, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "log")
    done = machine.run("./job-completed.sh", **JOB, RUNNER_TASK_LOG=str(tmp_path / "log"))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_missing_tool_does_not_fail_the_job(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "bin" / "timeout").unlink()
    done = machine.run("./job-started.sh", **JOB, RUNNER_TASK_LOG=str(tmp_path / "log"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_nothing_in_the_environment_is_needed(machine: Machine) -> None:
    assert machine.run("./job-started.sh").returncode == 0


@pytest.mark.parametrize(("what", "marked"), [("job-started", True), ("job-completed", False)])
def test_a_mark_is_left_when_the_job_starts(
    machine: Machine, tmp_path: Path, what: str, marked: bool
) -> None:
    mark = tmp_path / "mark"
    machine.run(f"./{what}.sh", **JOB, RUNNER_JOB_MARK=str(mark))
    assert mark.exists() is marked


def test_the_mark_does_not_wait_for_a_log_that_nobody_reads(
    machine: Machine, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "log")
    (tmp_path / "bin" / "timeout").unlink()
    machine.play("timeout", 'test -e "$RUNNER_JOB_MARK" && printf marked >"$RUNNER_JOB_MARK"')
    mark, log = tmp_path / "mark", tmp_path / "log"
    machine.run("./job-started.sh", **JOB, RUNNER_JOB_MARK=str(mark), RUNNER_TASK_LOG=str(log))
    assert mark.read_text() == "marked"


def test_a_mark_that_can_not_be_left_does_not_fail_the_job(
    machine: Machine, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    places = {"RUNNER_JOB_MARK": "/nowhere/mark", "RUNNER_TASK_LOG": str(log)}
    done = machine.run("./job-started.sh", **JOB, **places)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert log.read_text().startswith("job-started: ")
