"""The HTTP API: requests become events of payload 2.0, results become answers."""

import base64
import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.lambdas.host import LambdaHost
from local.lambdas.sources.http_api import HttpApi
from tests.local.lambdas.support import PATIENCE, PlayedHost, function

ROUTES = {"POST /webhook": "ingest", "GET /health": "health"}
Answer = tuple[int, dict[str, str], bytes]


@pytest.fixture
def api_of() -> Iterator[Callable[..., HttpApi]]:
    started: list[HttpApi] = []

    def start(host: Any, routes: dict[str, str] = ROUTES) -> HttpApi:
        api = HttpApi(host, routes)
        api.start()
        started.append(api)
        return api

    yield start
    for api in started:
        api.stop()


def _connection(api: HttpApi) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(api.url).netloc, timeout=PATIENCE)


def ask(
    api: HttpApi,
    method: str,
    path: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> Answer:
    with closing(_connection(api)) as connection:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, told, answer.read()


def nothing(event: Any) -> None:
    return None


def test_a_request_becomes_an_event_of_payload_2(api_of: Callable[..., HttpApi]):
    host = PlayedHost(nothing)

    ask(
        api_of(host),
        "POST",
        "/webhook?a=1&a=2&b=",
        b'{"action":"queued"}',
        {
            "Content-Type": "application/json; charset=utf-8",
            "X-GitHub-Delivery": "a-guid",
            "User-Agent": "GitHub-Hookshot/1",
            "Cookie": "x=1; y=2",
        },
    )

    ((name, event, _),) = host.calls
    assert name == "ingest"
    assert event["version"] == "2.0"
    assert event["routeKey"] == event["requestContext"]["routeKey"] == "POST /webhook"
    assert event["rawPath"] == "/webhook"
    assert event["rawQueryString"] == "a=1&a=2&b="
    assert event["queryStringParameters"] == {"a": "1,2", "b": ""}
    assert event["headers"]["x-github-delivery"] == "a-guid"
    assert event["headers"]["content-type"] == "application/json; charset=utf-8"
    assert "cookie" not in event["headers"]
    assert event["cookies"] == ["x=1", "y=2"]
    assert event["body"] == '{"action":"queued"}'
    assert event["isBase64Encoded"] is False
    assert event["requestContext"]["http"] == {
        "method": "POST",
        "path": "/webhook",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "GitHub-Hookshot/1",
    }
    assert event["requestContext"]["stage"] == "$default"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/octet-stream", b"\x00\xff"),
        ("application/x-www-form-urlencoded", b"payload=%7B%7D"),
        ("application/json", b'{"mangled": "\xff"}'),
        ("", b"{}"),
    ],
)
def test_a_body_that_is_no_text_comes_as_base64(
    api_of: Callable[..., HttpApi], content_type: str, body: bytes
):
    host = PlayedHost(nothing)

    ask(api_of(host), "POST", "/webhook", body, {"Content-Type": content_type})

    (event,) = host.events
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == body


def test_a_request_without_a_body_has_none_in_its_event(api_of: Callable[..., HttpApi]):
    host = PlayedHost(nothing)

    ask(api_of(host), "GET", "/health")

    (event,) = host.events
    assert "body" not in event
    assert "queryStringParameters" not in event
    assert event["isBase64Encoded"] is False


@pytest.mark.parametrize(
    ("result", "status", "content_type", "body"),
    [
        (
            {"statusCode": 202, "headers": {"Content-Type": "a/b"}, "body": "hi"},
            202,
            "a/b",
            b"hi",
        ),
        ({"statusCode": "404"}, 404, "text/plain;charset=UTF-8", b""),
        (
            {"statusCode": 200, "isBase64Encoded": True, "body": "AP8="},
            200,
            "text/plain;charset=UTF-8",
            b"\x00\xff",
        ),
        ({"message": "hi"}, 200, "application/json", b'{"message": "hi"}'),
        ("hi", 200, "application/json", b"hi"),
    ],
)
def test_a_result_becomes_the_answer(
    api_of: Callable[..., HttpApi], result: Any, status: int, content_type: str, body: bytes
):
    answer = ask(api_of(PlayedHost(lambda event: result)), "POST", "/webhook", b"{}")

    assert (answer[0], answer[1]["content-type"], answer[2]) == (status, content_type, body)


def test_cookies_of_a_result_are_set(api_of: Callable[..., HttpApi]):
    result = {"statusCode": 204, "cookies": ["a=1"]}

    _, headers, _ = ask(api_of(PlayedHost(lambda event: result)), "POST", "/webhook")

    assert headers["set-cookie"] == "a=1"


@pytest.mark.parametrize("result", [{"statusCode": "abc"}, {"statusCode": 200, "body": 5}])
def test_a_malformed_result_is_a_500(api_of: Callable[..., HttpApi], result: Any):
    status, _, body = ask(api_of(PlayedHost(lambda event: result)), "POST", "/webhook")

    assert (status, json.loads(body)) == (500, {"message": "Internal Server Error"})


def test_a_function_that_fails_is_a_500_that_does_not_say_why(api_of: Callable[..., HttpApi]):
    def fail(event: Any) -> None:
        raise RuntimeError("the secret reason")

    status, _, body = ask(api_of(PlayedHost(fail)), "POST", "/webhook")

    assert (status, json.loads(body)) == (500, {"message": "Internal Server Error"})


@pytest.mark.parametrize(("method", "path"), [("POST", "/other"), ("GET", "/webhook")])
def test_what_no_route_takes_is_not_found(api_of: Callable[..., HttpApi], method: str, path: str):
    host = PlayedHost(nothing)

    status, _, body = ask(api_of(host), method, path)

    assert (status, json.loads(body)) == (404, {"message": "Not Found"})
    assert host.calls == []


def test_the_default_route_takes_the_rest(api_of: Callable[..., HttpApi]):
    host = PlayedHost(nothing)

    ask(api_of(host, {"$default": "all", **ROUTES}), "DELETE", "/anything")

    ((name, event, _),) = host.calls
    assert (name, event["routeKey"]) == ("all", "$default")


@pytest.mark.parametrize("size", [10 * 1024 * 1024 + 1, 25 * 1024 * 1024])
def test_a_body_over_10_mb_never_reaches_the_function(api_of: Callable[..., HttpApi], size: int):
    host = PlayedHost(nothing)

    status, headers, body = ask(api_of(host), "POST", "/webhook", b"x" * size)

    assert (status, json.loads(body)) == (413, {"message": "Request Entity Too Large"})
    assert headers["connection"] == "close"
    assert host.calls == []


def test_a_client_that_asks_first_need_not_send_what_is_too_large(
    api_of: Callable[..., HttpApi],
):
    api = api_of(PlayedHost(nothing))
    address = urlsplit(api.url)
    with socket.create_connection((address.hostname, address.port), PATIENCE) as client:
        client.sendall(
            b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n"
            b"Expect: 100-continue\r\n\r\n"
        )
        assert client.makefile("rb").readline().split()[1] == b"413"


@pytest.mark.parametrize(
    ("header", "status"),
    [(b"Transfer-Encoding: chunked", b"411"), (b"Content-Length: -1", b"400")],
)
def test_a_body_of_unknown_length_is_refused(
    api_of: Callable[..., HttpApi], header: bytes, status: bytes
):
    address = urlsplit(api_of(PlayedHost(nothing)).url)
    with socket.create_connection((address.hostname, address.port), PATIENCE) as client:
        client.sendall(b"POST /webhook HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n\r\n")
        assert client.makefile("rb").readline().split()[1] == status


def test_an_event_that_lambda_would_not_take_is_a_413(
    api_of: Callable[..., HttpApi], host_of: Callable[..., LambdaHost]
):
    api = api_of(host_of(function("answers_http", name="ingest")))

    status, _, _ = ask(api, "POST", "/webhook", b"x" * 7_000_000)

    assert status == 413


def test_a_connection_serves_one_request_after_the_other(
    api_of: Callable[..., HttpApi], host_of: Callable[..., LambdaHost]
):
    api = api_of(host_of(function("answers_http", name="ingest")))
    with closing(_connection(api)) as connection:
        for word in ("one", "two"):
            connection.request("POST", "/webhook", word, {"Content-Type": "text/plain"})
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (202, word.upper().encode())


def test_stopping_hangs_up_on_idle_clients():
    api = HttpApi(PlayedHost(nothing), ROUTES)
    api.start()
    with closing(_connection(api)) as connection:
        connection.request("GET", "/health")
        connection.getresponse().read()
        before = time.monotonic()

        api.stop()

        assert connection.sock.recv(1) == b""
        assert time.monotonic() - before < 15, "it did not wait for the client to time out"
    with pytest.raises(RuntimeError, match="not running"):
        _ = api.url
