"""How `ecsrunner` reaches AWS: --profile and --region, and each way in which that fails."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ProfileNotFound

from cli.doctor.clients import ServiceClients
from cli.errors import NotConfigured
from cli.fleet.aws import Clients
from cli.fleet.connection import Connection
from cli.fleet.session import session_of
from tests.cli.support import run

PROJECT = Path(__file__).parents[2]
PATIENCE = 30
CONFIG = """\
[profile ops]
region = eu-west-1
aws_access_key_id = of-ops
aws_secret_access_key = x

[profile other]
region = us-east-1
"""


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The profiles of `CONFIG` and no variable of AWS's."""
    for name in [one for one in os.environ if one.startswith("AWS_")]:
        monkeypatch.delenv(name)
    path = tmp_path / "config"
    path.write_text(CONFIG)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    return path


# --- profile and Region --------------------------------------------------------------------------


@pytest.mark.usefixtures("configured")
def test_every_client_is_of_the_profile_and_its_region() -> None:
    connection = Connection(profile="ops")
    for client in (Clients(connection).dynamodb, ServiceClients(connection).client("lambda")):
        assert client.meta.region_name == "eu-west-1"
    assert ServiceClients(connection).secrets() == ["x"]


def test_a_profile_that_was_typed_has_priority_over_keys_in_the_environment(
    configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-environment")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    found = session_of(Connection(profile="ops")).get_credentials()
    assert found
    assert found.access_key == "of-ops"


@pytest.mark.parametrize(
    ("typed", "variables", "region"),
    [
        ("eu-north-1", {"AWS_REGION": "eu-west-2", "AWS_PROFILE": "ops"}, "eu-north-1"),
        (None, {"AWS_REGION": "eu-west-2", "AWS_PROFILE": "ops"}, "eu-west-2"),
        (None, {"AWS_DEFAULT_REGION": "eu-west-3", "AWS_PROFILE": "ops"}, "eu-west-3"),
        (None, {"AWS_PROFILE": "ops"}, "eu-west-1"),
        (None, {}, None),
    ],
)
def test_the_region_is_that_of_the_option_of_the_environment_or_of_the_profile(
    configured: Path,
    monkeypatch: pytest.MonkeyPatch,
    typed: str | None,
    variables: Mapping[str, str],
    region: str | None,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert session_of(Connection(region=typed)).region_name == region


@pytest.mark.usefixtures("configured")
def test_a_profile_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(NotConfigured) as refused:
        session_of(Connection(profile="opps"))
    assert refused.value.message == (
        "There is no profile 'opps' in AWS's configuration files; profiles there: ops, other."
    )


def test_a_profile_of_the_environment_that_there_is_not_is_an_error_of_aws(
    configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "opps")
    with pytest.raises(ProfileNotFound):
        session_of(Connection())


@pytest.mark.parametrize("region", ["Ireland", "eu-west", "eu-west-1a", "https://x"])
def test_a_text_that_is_no_region_is_refused(region: str) -> None:
    result = run(None, "--region", region, "runners", "list")
    assert result.exit_code == 2
    assert f"{region!r} is not a Region; allowed: such as eu-central-1" in result.stderr


# --- what may fail: seen from outside, without a network -----------------------------------------


class _Refusing(BaseHTTPRequestHandler):
    """DynamoDB, which refuses every call with the error `code`."""

    code: ClassVar = ""
    calls: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        self.calls.append(self.path)
        body = json.dumps({"__type": f"x#{self.code}", "message": "no"}).encode()
        self.send_response(400)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Refusing]]:
    """A server of `_Refusing`, which the environment names as AWS."""
    handler = type("Handler", (_Refusing,), {"calls": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        yield handler
        server.shutdown()
        thread.join()


def _failed(*words: str, **variables: str) -> tuple[int, str]:
    """The exit code of a process, and what it printed to stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "cli", *words],
        cwd=PROJECT,
        env={**os.environ, "RUNNER_TABLE": "runners", "COLUMNS": "1000", **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    lines = done.stderr.splitlines()
    return done.returncode, lines[0] if len(lines) == 1 else done.stderr


@pytest.fixture
def nowhere() -> str:
    """The address of a port at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


KEYS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}


@pytest.mark.usefixtures("configured")
def test_an_unknown_profile_is_one_sentence() -> None:
    typed = _failed("runners", "list", "--profile", "opps")
    assert typed[0] == 2
    assert typed[1].startswith("Error: There is no profile 'opps' in AWS's configuration files; ")
    code, told = _failed("runners", "list", AWS_PROFILE="opps")
    assert code == 3
    assert "set AWS_PROFILE to one that `aws configure list-profiles` shows" in told


@pytest.mark.usefixtures("configured")
def test_missing_credentials_are_one_sentence(nowhere: str) -> None:
    code, told = _failed(
        "runners", "list", "--region", "eu-west-1", AWS_EC2_METADATA_SERVICE_ENDPOINT=nowhere
    )
    assert code == 3
    assert told == (
        "Error: DynamoDB: Unable to locate credentials; name a profile by --profile or "
        "AWS_PROFILE, or log in"
    )


@pytest.mark.usefixtures("configured")
def test_a_missing_region_is_one_sentence() -> None:
    code, told = _failed("runners", "list", **KEYS)
    assert code == 3
    assert told == (
        "Error: You must specify a region; name one by --region, AWS_REGION or AWS_DEFAULT_REGION"
    )


@pytest.mark.usefixtures("configured")
def test_an_endpoint_that_can_not_be_reached_is_one_sentence(nowhere: str) -> None:
    code, told = _failed(
        "runners", "list", "--region", "eu-west-1", AWS_ENDPOINT_URL=nowhere, **KEYS
    )
    assert code == 3
    assert told.startswith("Error: DynamoDB: Could not connect to the endpoint URL: ")


@pytest.mark.parametrize(
    ("aws_code", "remedy"),
    [
        ("ExpiredTokenException", "have expired: log in again, such as by `aws sso login`"),
        ("ThrottlingException", "AWS throttles such calls of this account: try again in a moment"),
        ("ProvisionedThroughputExceededException", "try again in a moment"),
        ("UnrecognizedClientException", "the credentials in use are not valid"),
    ],
)
def test_a_refusal_is_one_sentence_with_the_remedy_after_two_attempts_at_most(
    configured: Path, refusing: type[_Refusing], aws_code: str, remedy: str
) -> None:
    refusing.code = aws_code
    code, told = _failed("runners", "list", "--region", "eu-west-1", **KEYS)
    assert code == 3
    assert told.startswith("Error: DynamoDB: ")
    assert told.endswith(remedy)
    assert 1 <= len(refusing.calls) <= 2


def test_the_fleets_parameter_fails_as_every_other_call(
    configured: Path, refusing: type[_Refusing]
) -> None:
    refusing.code = "ExpiredTokenException"
    words = ("runners", "list", "--region", "eu-west-1", "--fleet", "prod")
    code, told = _failed(*words, **KEYS)
    assert code == 3
    assert "GetParameter" in told
    assert "log in again" in told
