"""Whatever is wrong, every command ends with a sentence, a documented exit code and no traceback.

The commands are those of the catalogue, so a new one is among them.
"""

import json
import os
import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
from click.testing import Result

from cli.fleet.aws_fleet import AwsFleet
from cli.fleet.context import MEANINGS
from tests.cli.stubs import StubbedFleet
from tests.cli.support import CliFleet, done, run
from tests.cli.walk import commands

SOON = 5.0
"""Seconds within which a command has to end."""
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "completion": ("bash",),
    "github create-app": ("--with", "actions", "--with", "statuses"),
    "jobs history": ("7",),
    "jobs why": ("7",),
    "log import": ("export.jsonl", "--yes"),
    "logs": ("7",),
    "replay nudge": ("--stalled",),
    "replay rebuild": ("--yes",),
    "runners details": ("fleet-7-1",),
    "runners history": ("7",),
    "runners terminate": ("fleet-7-1",),
}
"""What a command needs besides its options."""
LOCAL = {"completion", "replay check"}
"""Commands that call nobody."""
COMMANDS = sorted(commands())
REMOTE = [name for name in COMMANDS if name not in LOCAL]
BY_ID = [name for name, words in ARGUMENTS.items() if words in (("7",), ("fleet-7-1",))]
"""Commands on a job or a runner."""
UNKNOWN = ("99", "fleet-99-1")


class _Refusing(BaseHTTPRequestHandler):
    """AWS, which refuses every call with the error `code`; without one, a page of another server.

    STS answers in XML. Source: AWS STS API Reference, "Common Error Types".
    """

    code: ClassVar = ""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        asks_sts = "form-urlencoded" in self.headers.get("content-type", "")
        if not self.code:
            body = b"<!DOCTYPE html><html><p>Log in to the network</html>"
        elif asks_sts:
            error = f"<Error><Code>{self.code}</Code><Message>no</Message></Error>"
            body = f"<ErrorResponse>{error}</ErrorResponse>".encode()
        else:
            body = json.dumps({"__type": f"x#{self.code}", "message": "no"}).encode()
        self.send_response(400 if self.code else 200)
        self.send_header("content-type", "text/xml" if self.code else "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST  # noqa: N815 - the name is http.server's

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder with an export and no configuration of AWS."""
    for name in [one for one in os.environ if one.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.chdir(tmp_path)
    run(CliFleet(done()), "log", "export", "-o", "export.jsonl")


@pytest.fixture
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")


@pytest.fixture(scope="module")
def refusing() -> Iterator[tuple[type[_Refusing], str]]:
    """AWS that refuses, and its URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refusing) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield _Refusing, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def nowhere() -> str:
    """The URL of a port at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def _fleet(url: str = "https://nowhere.example") -> AwsFleet:
    """A fleet with every variable."""
    values = {name: f"{url}/123456789012/fleet-x.fifo" for name in MEANINGS if "URL" in name}
    return AwsFleet({**dict.fromkeys(MEANINGS, "7"), **values, "EVENTS_TABLE": "fleet-events"})


def _ended(fleet: object, name: str, *more: str) -> Result:
    return run(fleet, *name.split(), *ARGUMENTS.get(name, ()), *more)


def _check(result: Result, code: int, *said: str) -> None:
    """The command has ended with this code and one sentence, which has these words."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    last = result.stderr.splitlines()[-1]
    assert last.startswith("Error: ")
    assert [word for word in said if word not in last] == []
    assert "Traceback" not in result.stderr


# --- arguments and settings ----------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS)
def test_a_wrong_option_is_refused_with_where_to_look(name: str) -> None:
    result = _ended(_fleet(), name, "--no-such-option")
    _check(result, 2, "No such option")
    assert f" {name} --help` shows what is allowed." in result.stderr


@pytest.mark.parametrize("name", ARGUMENTS)
def test_an_argument_too_few_or_too_many_is_refused(name: str) -> None:
    if name == "github create-app":
        _check(run(_fleet(), *name.split()), 2, "the optional permission", "needs an answer")
    else:
        _check(run(_fleet(), *name.split()), 2)


@pytest.mark.parametrize("name", [name for name in REMOTE if name != "github create-app"])
def test_a_fleet_that_is_not_described_is_refused_with_what_is_missing(name: str) -> None:
    result = _ended(AwsFleet({}), name)
    _check(result, 2)
    assert any(variable in result.stderr for variable in MEANINGS)


@pytest.mark.parametrize("name", REMOTE)
@pytest.mark.usefixtures("_keys")
def test_a_fleet_that_there_is_not_is_refused(
    name: str, refusing: tuple[type[_Refusing], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, url = refusing
    monkeypatch.setattr(server, "code", "ParameterNotFound")
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    _check(_ended(None, name, "--fleet", "gone"), 2, "There is no fleet 'gone'")


@pytest.mark.parametrize("name", BY_ID)
@pytest.mark.parametrize("target", UNKNOWN)
def test_an_id_that_there_is_not_is_an_answer_that_is_no(name: str, target: str) -> None:
    fleet = StubbedFleet(done())
    result = run(fleet, *name.split(), target)
    _check(result, 1, "99")


# --- AWS -----------------------------------------------------------------------------------------


def _soon(name: str, url: str) -> Result:
    """The command, which has to end within `SOON`."""
    began = time.monotonic()
    result = _ended(_fleet(url), name)
    assert time.monotonic() - began < SOON
    return result


@pytest.mark.parametrize("name", REMOTE)
def test_missing_credentials_are_a_sentence_with_the_remedy(
    name: str, nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    _check(_soon(name, nowhere), 3, "Unable to locate credentials; name a profile by --profile")


@pytest.mark.parametrize("name", REMOTE)
@pytest.mark.usefixtures("_keys")
def test_an_endpoint_that_can_not_be_reached_is_a_sentence_with_the_remedy(
    name: str, nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", nowhere)
    _check(_soon(name, nowhere), 3, "Could not connect to the endpoint URL", "and the network")


@pytest.mark.parametrize("name", REMOTE)
@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("ExpiredTokenException", "have expired: log in again, such as by `aws sso login`"),
        ("ThrottlingException", "try again in a moment"),
        ("AccessDeniedException", "the credentials in use may not do this"),
        ("", "it sent a page of HTML; check AWS_ENDPOINT_URL and the proxy"),
    ],
)
@pytest.mark.usefixtures("_keys")
def test_a_refusal_is_a_sentence_with_the_remedy(
    name: str,
    code: str,
    remedy: str,
    refusing: tuple[type[_Refusing], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, url = refusing
    monkeypatch.setattr(server, "code", code)
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    _check(_soon(name, url), 3, remedy)
