"""The calls that create an App, at a GitHub whose answers are scripted."""

from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from cli.github_app.api import AppApi, convert, identity_of
from shared.adapters.github_api import GitHubApi
from shared.ports import Refused, Unavailable
from tests.support.openapi import check_request
from tests.support.scripted import Scripted, scripted
from tests.support.tokens import private_pem, public_pem

APP: dict[str, Any] = {
    "id": 7,
    "slug": "runners",
    "name": "Runners",
    "html_url": "https://github.com/apps/runners",
    "pem": private_pem(),
    "webhook_secret": "a secret",
}


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted() as server:
        yield server


@pytest.fixture
def api(server: Scripted) -> Iterator[GitHubApi]:
    made = GitHubApi(server.url)
    yield made
    made.close()


def test_a_code_is_exchanged_without_authentication(server: Scripted, api: GitHubApi) -> None:
    server.will(201, APP)
    created = convert(api, "c/0 de")
    assert (created.id, created.webhook_secret) == (7, "a secret")
    assert created.installation_url == "https://github.com/apps/runners/installations/new"
    ((method, path, _, headers),) = server.asked
    assert (method, path) == ("POST", "/app-manifests/c%2F0%20de/conversions")
    assert "Authorization" not in headers


def test_no_repr_has_a_secret(server: Scripted, api: GitHubApi) -> None:
    server.will(201, APP)
    assert repr(convert(api, "code")) == "Created(id=7, …)"


def test_a_call_that_fails_for_now_is_repeated(server: Scripted, api: GitHubApi) -> None:
    server.will(502, {"message": "Server Error"})
    server.will(201, APP)
    assert convert(api, "code").id == 7


def test_a_call_that_goes_on_failing_is_given_up(server: Scripted, api: GitHubApi) -> None:
    for _ in range(3):
        server.will(502, {"message": "Server Error"})
    with pytest.raises(Unavailable, match="502"):
        convert(api, "code")
    assert len(server.asked) == 3


def test_an_unknown_code_is_not_tried_again(server: Scripted, api: GitHubApi) -> None:
    server.will(404, {"message": "Not Found"})
    with pytest.raises(Refused, match="older than an hour, or was used before"):
        convert(api, "code")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("change", "body"),
    [
        ({"url": "https://a.example"}, {"url": "https://a.example", "content_type": "json"}),
        ({"secret": "a secret"}, {"secret": "a secret", "content_type": "json"}),
    ],
)
def test_the_app_configures_its_webhook(
    server: Scripted, api: GitHubApi, change: dict[str, str], body: dict[str, str]
) -> None:
    server.will(201, APP)
    server.will(200, {})
    AppApi(api, identity_of(convert(api, "code"))).configure_webhook(**change)
    method, path, sent, headers = server.asked[-1]
    check_request(method, path, sent)
    assert (method, path, sent) == ("PATCH", "/app/hook/config", body)
    proof = headers["Authorization"].removeprefix("Bearer ")
    assert jwt.decode(proof, public_pem(), algorithms=["RS256"])["iss"] == "7"
