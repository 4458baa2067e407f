"""The container's entrypoint, run as a process in every branch, with a played runner program."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ENTRYPOINT = Path(__file__).parents[2] / "runner" / "entrypoint.sh"
SECRET = "dGhlIGNvbmZpZw=="
SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of prctl(2): who has it gets the orphans, as a container's init does."""
HOOK = ENTRYPOINT.with_name("job-hook.sh")
TAKES_A_JOB = 'bash -e "$HOOKS/job-started.sh"\n'
"""As the runner runs its hook. Source: GitHub Docs, "Running scripts before or after a job"."""
WAITS = 'trap "echo stopping; exit {code}" INT; echo ready; while true; do sleep 0.05; done'

Process = subprocess.Popen[str]
Start = Callable[..., Process]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start the entrypoint with `program` as GitHub's runner program."""
    started: list[Process] = []

    hooks, home = tmp_path / "hooks", tmp_path / "home"
    for folder in (hooks, home):
        folder.mkdir()
    (hooks / "job-started.sh").symlink_to(HOOK)

    def run(program: str | None, *, init: bool = False, **environment: str) -> Process:
        if program is not None:
            listener = tmp_path / "runner" / "bin" / "Runner.Listener"
            listener.parent.mkdir(parents=True, exist_ok=True)
            listener.write_text(f"#!/usr/bin/env bash\n{program}\n")
            listener.chmod(0o755)
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "HOOKS": str(hooks),
            "RUNNER_HOME": str(tmp_path / "runner"),
            "RUNNER_JIT_CONFIG": SECRET,
            "RUNNER_RESTART_SECONDS": "0",
            "RUNNER_TASK_LOG": "/dev/null",
            **environment,
        }
        process = subprocess.Popen(
            [str(ENTRYPOINT)],
            env={name: value for name, value in env.items() if value},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=_adopts_orphans if init else None,  # noqa: PLW1509 - one call, no locks
        )
        started.append(process)
        return process

    yield run
    for process in started:
        with contextlib.suppress(ProcessLookupError):  # what it started goes with it
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _adopts_orphans() -> None:
    ctypes.CDLL(None).prctl(SUBREAPER, 1)


def _ended(process: Process) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=100)
    return process.returncode, out, err


def _line(process: Process) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _stopped(process: Process, number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
    """Tell it to stop when its program is ready; how it ended."""
    assert _line(process) == "ready"
    process.send_signal(number)
    return _ended(process)


# --- the config -----------------------------------------------------------------------------------


def test_the_program_is_given_the_config_in_its_own_folder(start: Start, tmp_path: Path) -> None:
    _, out, _ = _ended(start('echo "$@"; echo "$ACTIONS_RUNNER_INPUT_JITCONFIG"; pwd'))
    assert out.splitlines() == ["run", SECRET, str(tmp_path / "runner")]


def test_the_config_is_on_no_command_line(start: Start) -> None:
    _, out, _ = _ended(start("ps -A -ww -o args="))
    assert "Runner.Listener run" in out
    assert SECRET not in out


def test_the_config_is_not_in_the_environment_that_the_entrypoint_shows(start: Start) -> None:
    _, out, _ = _ended(start("ps eww -p $PPID", MINE="kept"))
    assert "MINE=kept" in out
    assert SECRET not in out


def test_the_config_is_not_under_its_own_name_in_the_programs_environment(start: Start) -> None:
    _, out, _ = _ended(start("env"))
    assert "RUNNER_JIT_CONFIG" not in out


def test_the_program_reads_nothing_from_where_the_config_came(start: Start) -> None:
    _, out, _ = _ended(start('cat; cat <&3; echo "read all"'))
    assert out == "read all\n"


@pytest.mark.parametrize("config", ["", "   "])
def test_without_a_config_it_says_so(start: Start, config: str) -> None:
    code, out, err = _ended(start("echo ran", RUNNER_JIT_CONFIG=config))
    assert (code, out) == (64, "")
    assert "RUNNER_JIT_CONFIG is not set" in err


def test_without_the_program_it_says_where_it_looked(start: Start, tmp_path: Path) -> None:
    code, _, err = _ended(start(None))
    assert code == 69
    assert f"{tmp_path}/runner/bin/Runner.Listener is not there" in err
    assert SECRET not in err


# --- how it ends ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (0, ""),
        (1, "could not register, connect or read its config"),
        (5, "another runner is connected under this one's name"),
        (7, "GitHub refuses this version of the runner"),
        (9, "the runner ended with 9"),
        (143, "the runner ended with 143"),
    ],
)
def test_an_end_of_the_program_is_passed_on_and_explained(
    start: Start, code: int, said: str
) -> None:
    ended, out, err = _ended(start(f"{TAKES_A_JOB}echo once; exit {code}"))
    assert (ended, out) == (code, "once\n")
    assert said in err
    assert bool(err) is bool(code)


# --- whether a job ran ----------------------------------------------------------------------------


def test_a_good_end_without_a_job_is_told_apart(start: Start) -> None:
    code, _, err = _ended(start("exit 0"))
    assert code == 66
    assert "the runner ended without a job" in err


def test_a_job_of_an_earlier_start_counts(start: Start) -> None:
    program = f"if [[ -e tried ]]; then exit 0; fi; touch tried; {TAKES_A_JOB} exit 2"
    assert _ended(start(program))[0] == 0


def test_a_mark_that_was_there_before_counts_for_nothing(start: Start) -> None:
    program = f'{TAKES_A_JOB} printf "%s" "$RUNNER_JOB_MARK"'
    code, mark, _ = _ended(start(program))
    assert (code, Path(mark).exists()) == (0, True)
    assert _ended(start("exit 0", RUNNER_JOB_MARK=mark))[0] == 66


def test_without_a_place_for_the_mark_the_job_runs_and_is_not_vouched_for(start: Start) -> None:
    code, out, err = _ended(start(f"{TAKES_A_JOB} echo ran", HOME="/nowhere"))
    assert (code, out) == (66, "ran\n")
    assert "there is no place for the mark of a job" in err


def test_the_hooks_write_where_the_entrypoint_does(start: Start) -> None:
    code, out, _ = _ended(start(TAKES_A_JOB, RUNNER_TASK_LOG="", GITHUB_JOB="build"))
    assert (code, out.strip()) == (0, "job-started:  run  attempt  job build")


# --- how else it ends -----------------------------------------------------------------------------


def test_a_version_that_is_too_old_has_a_code_of_its_own(start: Start) -> None:
    program = 'exit "$((ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE == 1 ? 7 : 1))"'
    assert _ended(start(program))[0] == 7


def test_an_error_that_may_pass_starts_it_again(start: Start) -> None:
    program = f"if [[ -e tried ]]; then echo works; {TAKES_A_JOB} exit 0; fi; touch tried; exit 2"
    code, out, err = _ended(start(program))
    assert (code, out) == (0, "works\n")
    assert "met an error that may pass" in err


def test_an_error_that_does_not_pass_ends_it_after_some_tries(start: Start) -> None:
    code, out, err = _ended(start("echo try; exit 2"))
    assert (code, out.count("try")) == (75, 6)
    assert "started again 5 times" in err


@pytest.mark.parametrize("updating", [3, 4])
def test_an_update_is_awaited_and_the_program_started_again(start: Start, updating: int) -> None:
    again = f"ls; {TAKES_A_JOB} exit 0"
    program = f"if [[ -e begun ]]; then {again}; fi; touch begun update.finished; exit {updating}"
    code, out, err = _ended(start(program))
    assert (code, out.split()) == (0, ["begun", "bin"])
    assert "updates itself" in err


# --- told to stop ---------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("own", [0, 130, 143])
@pytest.mark.parametrize(("first", "ends_with"), [(TAKES_A_JOB, 0), ("", 66)])
def test_a_stop_is_passed_on_and_is_success_only_after_a_job_has_started(
    start: Start, number: signal.Signals, own: int, first: str, ends_with: int
) -> None:
    code, out, err = _stopped(start(first + WAITS.format(code=own)), number)
    assert (code, out) == (ends_with, "stopping\n")
    assert "told to stop; passing it on" in err
    assert ("ended without a job" in err) is (ends_with == 66)


def test_it_waits_for_a_program_that_takes_its_time_to_stop(start: Start) -> None:
    slow = 'trap "sleep 0.3; echo done; exit 0" INT; echo ready; while true; do sleep 0.05; done'
    code, out, _ = _stopped(start(TAKES_A_JOB + slow))
    assert (code, out) == (0, "done\n")


def test_a_failure_while_stopping_stays_a_failure(start: Start) -> None:
    assert _stopped(start(WAITS.format(code=5)))[0] == 5


def test_a_stop_while_it_waits_for_another_try_ends_it(start: Start) -> None:
    process = start("echo ready; exit 2", RUNNER_RESTART_SECONDS="600")
    assert process.stderr is not None
    assert "met an error that may pass" in process.stderr.readline()
    code, out, _ = _stopped(process)
    assert (code, out) == (66, "")


def test_a_stop_while_it_waits_for_an_update_ends_it(start: Start) -> None:
    process = start("echo ready; exit 3")
    assert process.stderr is not None
    assert "updates itself" in process.stderr.readline()
    code, out, _ = _stopped(process)
    assert (code, out) == (66, "")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives orphans to a subreaper")
def test_what_a_job_leaves_behind_is_reaped_so_that_no_init_is_needed(start: Start) -> None:
    children = "ps -o stat=,args= --ppid $PPID"
    there = f"{children} | grep 'sleep 1'"
    program = f"""(sleep 1 &)
until {there}; do sleep 0.05; done
echo later
while {there} >/dev/null; do sleep 0.05; done
{children}"""
    code, out, _ = _ended(start(program, init=True))
    before, _, after = out.partition("later")
    assert code == 66
    assert "sleep 1" in before
    assert "Runner.Listener" in after
    assert [line for line in after.splitlines() if line.startswith("Z")] == []
