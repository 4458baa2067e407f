"""The stand-in registers a GitHub App from a manifest as GitHub documents it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from local.github.manifests import CODE_LIFETIME
from local.github.server import GitHub
from tests.local.github.browser import Browser, Page
from tests.local.github.conftest import Api
from tests.support.clock import ManualClock
from tests.support.receiver import Receiver

ORGANIZATION = "/organizations/octo/settings/apps/new?state=abc"


@pytest.fixture
def browser() -> Iterator[Browser]:
    made = Browser()
    yield made
    made.close()


@pytest.fixture
def manifest(receiver: Receiver) -> dict[str, Any]:
    """A manifest, whose redirect leads to a page that accepts no GET: its query counts."""
    return {
        "name": "Octo runners",
        "url": "https://example.com",
        "hook_attributes": {"url": receiver.url, "active": True},
        "redirect_url": "http://127.0.0.1:9/created",
        "public": False,
        "default_permissions": {"administration": "write", "actions": "read"},
        "default_events": ["workflow_job"],
    }


def _asked(browser: Browser, github: GitHub, manifest: Any, path: str = ORGANIZATION) -> Page:
    form = Page(github.url, 0, "", path, {"manifest": json.dumps(manifest)})
    return browser.submit(form)


def _created(browser: Browser, github: GitHub, manifest: dict[str, Any]) -> dict[str, list[str]]:
    """The query with which the browser comes back."""
    back = f"{github.url}/nowhere"
    page = _asked(browser, github, {**manifest, "redirect_url": back})
    return parse_qs(urlsplit(browser.submit(page).url).query)


def _proof(told: Any) -> str:
    now = datetime.now(UTC) - timedelta(seconds=30)
    claims = {"iss": str(told["id"]), "iat": now, "exp": now + timedelta(minutes=9)}
    return jwt.encode(claims, told["pem"], algorithm="RS256")


def test_the_page_shows_what_is_created_for_whom(
    github: GitHub, browser: Browser, manifest: dict[str, Any], receiver: Receiver
) -> None:
    page = _asked(browser, github, manifest)
    assert page.status == 200
    for text in ("Octo runners", "administration", "workflow_job", receiver.url, "for octo"):
        assert text in page.text
    assert "for octocat" in _asked(browser, github, manifest, "/settings/apps/new").text


def test_the_name_is_escaped_in_the_page(
    github: GitHub, browser: Browser, manifest: dict[str, Any]
) -> None:
    page = _asked(browser, github, manifest | {"name": '"><script>alert(1)</script>'})
    assert "<script>" not in page.text


def test_the_code_gives_the_credentials_once(
    github: GitHub, browser: Browser, manifest: dict[str, Any], api: Api
) -> None:
    query = _created(browser, github, manifest)
    assert query["state"] == ["abc"]
    path = f"/app-manifests/{query['code'][0]}/conversions"
    status, told = api("POST", path)
    assert (status, told["name"], told["slug"]) == (201, "Octo runners", "octo-runners")
    assert told["webhook_secret"]
    assert told["permissions"] == {"metadata": "read", **manifest["default_permissions"]}
    assert api("POST", path)[0] == 404
    assert api("GET", "/app", token=_proof(told))[1]["id"] == told["id"]


def test_a_code_is_of_no_use_after_an_hour(
    github: GitHub, browser: Browser, manifest: dict[str, Any], api: Api
) -> None:
    clock = ManualClock()
    github._manifests._clock = clock
    (code,) = _created(browser, github, manifest)["code"]
    clock.advance(CODE_LIFETIME.total_seconds() + 1)
    assert api("POST", f"/app-manifests/{code}/conversions")[0] == 404


def test_an_app_reaches_an_account_once_it_is_installed_there(
    github: GitHub, browser: Browser, manifest: dict[str, Any], api: Api
) -> None:
    (code,) = _created(browser, github, manifest)["code"]
    told = api("POST", f"/app-manifests/{code}/conversions")[1]
    find = "/repos/octo/repo/installation"
    assert api("GET", find, token=_proof(told))[0] == 404
    page = browser.open(f"{told['html_url']}/installations/new")
    assert "is installed on octo" in browser.submit(page).text
    number = api("GET", find, token=_proof(told))[1]["id"]
    token = api("POST", f"/app/installations/{number}/access_tokens", {}, token=_proof(told))[1]
    assert api("GET", "/repos/octo/repo/actions/runners", token=token["token"])[0] == 200


def test_its_webhook_is_signed_with_its_secret(
    github: GitHub, browser: Browser, manifest: dict[str, Any], receiver: Receiver
) -> None:
    _created(browser, github, manifest)
    assert github.hook is not None
    assert github.hook.settled(20)
    assert [headers["x-github-event"] for headers, _ in receiver.came] == ["ping"]


def test_the_app_changes_the_url_of_its_webhook(
    github: GitHub, browser: Browser, manifest: dict[str, Any], receiver: Receiver, api: Api
) -> None:
    nobody = {"url": "https://example.com/hook", "active": True}
    (code,) = _created(browser, github, manifest | {"hook_attributes": nobody})["code"]
    told = api("POST", f"/app-manifests/{code}/conversions")[1]
    assert github.hook is not None
    assert github.hook.settled(20)
    assert github.hook.deliveries()[0].status == "failed to connect to host"
    status, config = api("PATCH", "/app/hook/config", {"url": receiver.url}, token=_proof(told))
    assert (status, config["url"]) == (200, receiver.url)
    api.raw("POST", "/app/hook/deliveries/1/attempts", token=_proof(told))
    assert github.hook.settled(20)
    assert len(receiver.came) == 1
    assert api("PATCH", "/app/hook/config", {"colour": "red"}, token=_proof(told))[0] == 422


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"default_permissions": {}}, "not supported by permissions: workflow_job"),
        ({"default_events": ["installation"]}, "unsupported: installation"),
        ({"redirect_url": "nowhere"}, "Redirect url must be a valid URL"),
        ({"hook_attributes": {"active": True}}, "Invalid GitHub App configuration"),
        ({"colour": "red"}, "Invalid GitHub App configuration"),
        ({"default_permissions": {"actions": "all"}}, "actions is not valid"),
    ],
)
def test_a_manifest_that_github_would_not_accept_is_refused(
    github: GitHub, browser: Browser, manifest: dict[str, Any], change: Any, words: str
) -> None:
    page = _asked(browser, github, manifest | change)
    assert page.status == 422
    assert words in page.text


def test_a_name_that_is_taken_empty_or_too_long_is_refused(
    github: GitHub, browser: Browser, manifest: dict[str, Any]
) -> None:
    _created(browser, github, manifest)
    page = _asked(browser, github, manifest)
    assert "already been taken" in browser.submit(page).text
    assert "be blank" in browser.submit(page, name=" ").text.replace("&#x27;", "'")
    assert "too long" in browser.submit(page, name="x" * 35).text


def test_an_app_that_is_not_there_can_not_be_installed(github: GitHub, browser: Browser) -> None:
    assert browser.open(f"{github.url}/apps/nobody/installations/new").status == 404


def test_the_api_is_also_where_an_enterprise_server_has_it(github: GitHub, api: Api) -> None:
    assert api.raw("GET", "/api/v3/repos/octo/repo/actions/runners")[0] == 200
