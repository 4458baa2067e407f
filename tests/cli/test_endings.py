"""How a process of the command line ends, and what it shows while it waits: seen from outside."""

import os
import pty
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from botocore import exceptions as botocore

from cli import entry
from cli.errors import AwsFailed, foreseen
from cli.fleet.aws import Clients
from cli.render import progress
from shared.adapters.patience import BACKOFF
from shared.ports import Unavailable
from tests.cli.support import CliFleet, done, run
from tests.cli.walk import commands
from tests.support.fleet import SimulatedFleet

PROJECT = Path(__file__).parents[2]
EVERY = sorted(
    {tuple(name.split()[:depth]) for name in commands() for depth in range(len(name.split()) + 1)}
)
"""The words of every command and group."""
PATIENCE = 30
"""Seconds after which a test gives up on a process."""
SOON = 5
"""Seconds within which an endpoint is said not to be reached."""


def _environment(endpoint: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return {
        **kept,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "RUNNER_TABLE": "runners",
        "EVENTS_TABLE": "events",
        "TERM": "xterm",
    }


def _start(words: tuple[str, ...], endpoint: str, **streams: Any) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "cli", *words],
        cwd=PROJECT,
        env=_environment(endpoint),
        stdin=subprocess.DEVNULL,
        text=True,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},
    )


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE)
        yield server


def _url(server: socket.socket) -> str:
    return f"http://127.0.0.1:{server.getsockname()[1]}"


# --- Ctrl-C --------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [("runners", "list"), ("replay", "verify", "--json")])
def test_ctrl_c_ends_with_130_and_without_a_traceback(
    silent: socket.socket, words: tuple[str, ...]
) -> None:
    with _start(words, _url(silent)) as process:
        connection, _ = silent.accept()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=PATIENCE)
        connection.close()
    assert (process.returncode, told.strip()) == (130, "")


def test_ctrl_c_while_modules_are_imported_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(ModuleType):
        def __getattr__(self, name: str) -> Any:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "cli.main", Interrupted("cli.main"))
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == 130


# --- a pipe that nobody reads --------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", [("--help",), ("--version",), ("runners", "--help"), ("runners", "list", "--json")]
)
def test_a_reader_that_stops_reading_is_not_complained_about(words: tuple[str, ...]) -> None:
    read, write = os.pipe()
    os.close(read)
    with _start(words, "http://127.0.0.1:9", stdout=write) as process:
        os.close(write)
        _, told = process.communicate(timeout=PATIENCE)
    assert (process.returncode, told) == (141, "")


def test_a_reader_of_errors_that_stops_reading_is_not_complained_about() -> None:
    read, write = os.pipe()
    os.close(read)
    with _start(("runners", "details", "x"), "http://127.0.0.1:9", stderr=write) as process:
        os.close(write)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 141


# --- AWS that can't be reached -------------------------------------------------------------------


def test_an_endpoint_that_can_not_be_reached_is_named_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = _url(server)
    with _start(("runners", "list"), url) as process:
        told = " ".join(process.communicate(timeout=PATIENCE)[1].split())
    assert process.returncode == 3
    assert f'Could not connect to the endpoint URL: "{url}/"' in told
    assert told.endswith("(--region, AWS_REGION), AWS_ENDPOINT_URL and the network")


def test_every_client_gives_an_endpoint_up_that_it_can_not_connect_to_within_5_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in _environment("http://127.0.0.1:9").items():
        monkeypatch.setenv(name, value)
    names = [name for name in vars(Clients) if not name.startswith("_")]
    assert names
    for name in names:
        config = getattr(Clients(), name).meta.config
        attempts = config.retries["total_max_attempts"]
        assert attempts * config.connect_timeout + (attempts - 1) * BACKOFF <= SOON
        assert attempts * (config.connect_timeout + config.read_timeout) <= 60


def test_an_endpoint_that_is_no_url_is_a_wrong_setting() -> None:
    with _start(("runners", "list"), "nowhere") as process:
        told = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 2
    assert "Invalid endpoint: nowhere; set AWS_ENDPOINT_URL" in told


URL = {"endpoint_url": "https://x.example", "error": "x", "proxy_url": "http://p.example"}
CAUSES: list[tuple[Exception, str]] = [
    (botocore.EndpointConnectionError(**URL), "AWS_ENDPOINT_URL"),
    (botocore.ConnectTimeoutError(**URL), "AWS_ENDPOINT_URL"),
    (botocore.ReadTimeoutError(**URL), "did not answer in time"),
    (botocore.ConnectionClosedError(**URL), "AWS_ENDPOINT_URL"),
    (botocore.ProxyConnectionError(**URL), "HTTPS_PROXY"),
    (botocore.SSLError(**URL), "AWS_CA_BUNDLE"),
    (botocore.NoCredentialsError(), "AWS_PROFILE"),
    (botocore.PartialCredentialsError(provider="env", cred_var="x"), "AWS_SECRET_ACCESS_KEY"),
    (botocore.ProfileNotFound(profile="x"), "list-profiles"),
    (botocore.TokenRetrievalError(provider="sso", error_msg="x"), "aws sso login"),
    (botocore.UnauthorizedSSOTokenError(), "aws sso login"),
    (botocore.NoRegionError(), "AWS_REGION"),
    (botocore.InvalidRegionError(region_name="x"), "eu-central-1"),
]


@pytest.mark.parametrize(("cause", "remedy"), CAUSES, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("by_a_port", [False, True])
def test_each_way_not_to_reach_aws_has_its_remedy(
    cause: Exception, remedy: str, *, by_a_port: bool
) -> None:
    error: Exception = Unavailable(f"DynamoDB: {cause}") if by_a_port else cause
    error.__cause__ = cause if by_a_port else None
    told = foreseen(error)
    assert isinstance(told, AwsFailed)
    assert told.exit_code == 3
    assert remedy in told.message
    assert "\n" not in told.message


# --- progress ------------------------------------------------------------------------------------


def test_a_terminal_shows_after_a_second_what_is_waited_for(silent: socket.socket) -> None:
    ours, theirs = pty.openpty()
    with _start(("runners", "list"), _url(silent), stderr=theirs) as process:
        os.close(theirs)
        connection, _ = silent.accept()
        shown = ""
        while "waiting for AWS" not in shown:
            shown += os.read(ours, 1024).decode()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=PATIENCE)
        connection.close()
    os.close(ours)
    assert (process.returncode, out) == (130, "")


def test_without_a_terminal_nothing_is_shown_while_something_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[object] = []
    monkeypatch.setattr(progress._Bar, "begin", begun.append)
    assert run(CliFleet(done()), "replay", "verify").stderr == ""
    assert begun == []


def test_what_is_waited_for_makes_room_for_what_is_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str] = []
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    for name in ("begin", "end"):
        monkeypatch.setattr(progress._Bar, name, lambda _, name=name: seen.append(name))
    with progress.shown("waiting"), progress.aside():
        seen.append("printed")
    assert seen == ["begin", "end", "printed", "begin", "end"]


# --- exit codes and width ------------------------------------------------------------------------


def test_help_names_every_exit_code() -> None:
    text = run(None, "--help").stdout
    codes = [line.split()[0] for line in text.partition("Exit codes:")[2].splitlines() if line]
    assert [code for code in codes if code.isdigit()] == ["0", "1", "2", "3", "130", "141"]


@pytest.mark.parametrize("columns", [80, 140])
@pytest.mark.parametrize("words", EVERY)
def test_no_help_is_wider_than_the_terminal(
    monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    result = run(CliFleet(SimulatedFleet()), *words, "--help")
    assert max(map(len, result.stdout.splitlines())) <= columns


@pytest.mark.parametrize("words", [(), ("runners",), ("jobs",), ("replay",), ("github",)])
def test_a_group_without_a_command_prints_its_help(words: tuple[str, ...]) -> None:
    result = run(CliFleet(SimulatedFleet()), *words)
    assert result.exit_code == 2
    assert "Commands:\n" in result.stderr


def test_without_a_terminal_and_columns_lines_have_80(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS")
    result = run(CliFleet(done()), "runners", "history", "nonsense")
    assert 70 < max(map(len, result.stderr.splitlines())) <= 80
