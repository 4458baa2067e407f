"""Credentials from Lambda's environment, or from the endpoint that it names with SnapStart."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from shared.adapters.aws_json.credentials import EARLY, NoCredentialsError, credentials_of
from shared.adapters.aws_json.signature import Credentials
from tests.support.clock import ManualClock
from tests.support.recording import StoppedClock

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@contextmanager
def _endpoint(answer: Callable[[int], tuple[int, Any]]) -> Iterator[tuple[str, list[str]]]:
    """The URL of an endpoint, and the headers `Authorization` of its requests."""
    tokens: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/2021-04-23/credentials"
            tokens.append(self.headers["Authorization"])
            status, content = answer(len(tokens))
            body = content.encode() if isinstance(content, str) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/2021-04-23/credentials", tokens
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _found(number: int, expires: datetime) -> tuple[int, dict[str, str]]:
    return 200, {
        "AccessKeyId": f"AKID{number}",
        "SecretAccessKey": "hidden",
        "Token": "hidden-too",
        "Expiration": expires.isoformat(),
    }


def test_keys_of_the_environment_are_taken() -> None:
    told = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "hidden"}
    assert credentials_of(told, StoppedClock(NOW))() == Credentials("AKID", "hidden", "")
    told["AWS_SESSION_TOKEN"] = "hidden-too"
    assert credentials_of(told, StoppedClock(NOW))() == Credentials("AKID", "hidden", "hidden-too")


def test_an_endpoint_is_asked_once_until_shortly_before_they_expire() -> None:
    clock = ManualClock()
    expires = clock.now() + timedelta(hours=1)
    with _endpoint(lambda number: _found(number, expires)) as (url, tokens):
        told = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": url,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "of-lambda",
        }
        current = credentials_of(told, clock)
        assert current() == current() == Credentials("AKID1", "hidden", "hidden-too")
        clock.advance((timedelta(hours=1) - EARLY).total_seconds())
        assert current().key_id == "AKID2"
    assert tokens == ["of-lambda", "of-lambda"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((500, {}), "their endpoint says 500"),
        ((200, "<html>"), "their endpoint says: JSON is malformed"),
        ((200, {"AccessKeyId": "AKID"}), "missing required field `SecretAccessKey`"),
    ],
)
def test_an_endpoint_without_credentials_is_named(answer: tuple[int, Any], told: str) -> None:
    with _endpoint(lambda _: answer) as (url, _):
        current = credentials_of({"AWS_CONTAINER_CREDENTIALS_FULL_URI": url}, StoppedClock(NOW))
        with pytest.raises(NoCredentialsError, match=told):
            current()


def test_an_environment_without_credentials_is_refused() -> None:
    with pytest.raises(NoCredentialsError, match="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        credentials_of({"AWS_ACCESS_KEY_ID": "AKID"}, StoppedClock(NOW))
