"""`python -m local` as a command: what it refuses, and how it ends."""

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from local.__main__ import main
from tests.local.stack.support import PATIENCE, Up, alive, descendants, run, started, until
from tests.support.judged import Refusals

pytestmark = pytest.mark.slow(group="local-stack")


@pytest.fixture
def _signals() -> Iterator[None]:
    """What a command that runs in this process changes."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_signals")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("demo", "--seed", "x"), "'x' is not a valid integer"),
        (("up", "--port", "70000"), "70000 is not in the range 0<=x<=65535"),
        (("up", "--port", "http"), "'http' is not a valid integer"),
        (
            ("up", "--write", "/nowhere/at/all.json"),
            "'/nowhere/at' is not a directory that can be written to",
        ),
        (("down",), "No such command 'down'"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else "",
)
def test_wrong_arguments_are_named(words: tuple[str, ...], said: str) -> None:
    refused = CliRunner().invoke(main, words)
    assert refused.exit_code == 2
    assert said in refused.stderr.splitlines()[-1]
    assert isinstance(refused.exception, SystemExit)


def test_a_wrong_argument_ends_the_process_without_a_traceback() -> None:
    refused = run("local", "down")
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1] == "Error: No such command 'down'."
    assert "Traceback" not in refused.stderr


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run("local", "up", "--port", str(port))
    assert (refused.returncode, refused.stderr) == (1, f"Error: port {port} is in use\n")


def test_ctrl_c_ends_all_of_it_in_the_middle_of_a_job(tmp_path: Path) -> None:
    with started(tmp_path) as up:
        up.queue("sleep 600")
        job = until(lambda: _ids(up, "sleep 600"), "the job's command runs")
        functions = _ids(up, "functions.scheduler")
        processes = {*descendants(up.process.pid), *job, *functions}
        assert functions
        directory = Path(up.details["directory"])
        assert directory.is_dir()
        up.process.send_signal(signal.SIGINT)
        assert up.process.wait(PATIENCE) == 0
    until(lambda: not alive(processes), "every process has ended")
    assert up.printed.endswith("Ctrl-C stops all of it.\nStopped; the logs are still there.\n")
    logs = {path.name: path.read_text() for path in (directory / "functions").glob("*.log")}
    assert str(directory) in up.printed
    assert '"JobQueued"' in logs["ingest.log"]


def test_one_line_of_the_usage_gives_a_shell_the_command_lines_environment(up: Up) -> None:
    (line,) = re.findall(r"^  (eval .*)$", up.printed, re.MULTILINE)
    done = subprocess.run(
        ["bash", "-euc", f"{line}; env"], capture_output=True, text=True, check=True, env={}
    )
    given = dict(one.split("=", 1) for one in done.stdout.splitlines())
    assert {name: given.get(name) for name in up.details["cli"]} == up.details["cli"]


def test_the_usage_fits_into_80_columns(up: Up) -> None:
    directory = Path(up.details["directory"]).parent
    lines = up.printed.replace(str(directory), "/tmp").splitlines()  # noqa: S108 - only its length
    assert max(map(len, lines)) <= 80


def test_a_stack_that_can_not_start_leaves_no_directory(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        environment = {"TMPDIR": str(tmp_path)}
        assert run("local", "up", "--port", port, environment=environment).returncode == 1
    assert list(tmp_path.glob("ecs-runner-fleet-*")) == []


def test_a_stack_that_saw_an_invalid_request_ends_with_1_and_has_named_it(tmp_path: Path) -> None:
    with started(tmp_path) as up:
        url = up.sqs.get_queue_url(QueueName="local-scheduler.fifo")["QueueUrl"]
        with Refusals(), pytest.raises(ClientError, match="MessageDeduplicationId"):
            up.sqs.send_message(
                QueueUrl=url, MessageBody="{}", MessageGroupId="1", MessageDeduplicationId="a b"
            )
        up.process.send_signal(signal.SIGINT)
        assert up.process.wait(PATIENCE) == 1
    assert "AWS would refuse sqs.SendMessage" in up.printed


def _ids(up: Up, part: str) -> list[int]:
    """Those of the stack's processes whose command line has that part."""
    return [pid for pid, command in descendants(up.process.pid).items() if part in command]
