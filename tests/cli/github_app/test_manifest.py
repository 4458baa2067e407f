"""The manifest has exactly the permissions and the event that the fleet uses, and GitHub's URLs."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cli.github_app import html
from cli.github_app.addresses import GitHubServer
from cli.github_app.manifest import NOT_CONNECTED, manifest, name_of
from cli.github_app.permissions import (
    ACTIONS,
    OPTIONAL,
    ORGANIZATION,
    REPOSITORY,
    RUNNERS,
    permissions,
)
from local.github.manifest import read
from shared.adapters.github_api import GitHubApi
from shared.adapters.github_app import AppTokens
from shared.domain.runner_scope import RunnerScopes
from tests.support.tokens import Held

INSTALL = Path(__file__).parents[3] / "docs" / "install.md"
ALL = frozenset(one.name for one in OPTIONAL)
REDIRECT = "http://127.0.0.1:8000/created"


def _manifest(scope: str = REPOSITORY, webhook: str | None = None, **more: Any) -> dict[str, Any]:
    asked = permissions(scope, more.get("optional", ALL))
    return manifest(name="a", webhook_url=webhook, redirect_url=REDIRECT, permissions=asked)


@pytest.mark.parametrize("scope", [REPOSITORY, ORGANIZATION])
@pytest.mark.parametrize("optional", [ALL, ALL - {"actions"}], ids=["all", "without actions"])
def test_the_permissions_are_those_that_tokens_are_requested_with(
    scope: str, optional: frozenset[str]
) -> None:
    tokens = AppTokens(
        api=GitHubApi("https://api.github.com"),
        parameters=Held({}),
        key_param="key",
        app_id="7",
        scopes=RunnerScopes(organizations=("octo",) if scope == ORGANIZATION else ()),
        statuses="statuses" in optional,
        writes_actions="actions" in optional,
    )
    requested = tokens._token_request("octo/repo", tokens._optional[0])["permissions"]
    assert _manifest(scope, optional=optional)["default_permissions"] == requested


def test_an_optional_permission_that_is_denied_is_not_in_it() -> None:
    denied = _manifest(optional=frozenset())["default_permissions"]
    assert denied == {"administration": "write", "actions": "read"}


def test_an_optional_permission_raises_a_required_one_and_has_both_purposes() -> None:
    asked = permissions(REPOSITORY, frozenset({"actions"}))
    (actions,) = (one for one in asked if one.name == "actions")
    (write,) = (one for one in OPTIONAL if one.name == "actions")
    assert actions.level == "write"
    assert actions.purpose == f"{ACTIONS.purpose}; {write.purpose}"


def test_the_stand_in_accepts_it() -> None:
    accepted = read(json.dumps(_manifest(webhook="https://a.example/webhook")), "a")
    assert accepted.default_events == ("workflow_job",)
    assert not accepted.public


def test_without_a_url_the_webhook_goes_nowhere_until_it_is_connected() -> None:
    hook = _manifest()["hook_attributes"]
    assert hook == {"url": NOT_CONNECTED, "active": True}


@pytest.mark.parametrize("prefix", ["a", "fleet", "a-very-long-prefix-of-32-letters"])
def test_a_name_is_not_longer_than_github_allows(prefix: str) -> None:
    assert len(name_of(prefix, "1a2b")) <= 34
    assert re.fullmatch(r"a[a-z0-9-]*-runners-1a2b|fleet-runners-1a2b", name_of(prefix, "1a2b"))
    assert "--" not in name_of(prefix, "1a2b")


def test_the_installation_lists_the_same_permissions() -> None:
    text = INSTALL.read_text()
    rows = re.findall(r"^\| ((?:Repository|Organization): [^|]+) \| ([^|]+) \|", text, re.MULTILINE)
    expected = [*RUNNERS.values(), ACTIONS, *OPTIONAL]
    assert rows == [(one.title, one.access) for one in expected]


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("https://github.com", "https://api.github.com"),
        ("https://acme.ghe.com", "https://api.acme.ghe.com"),
        ("https://github.acme.example:8443", "https://github.acme.example:8443/api/v3"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/api/v3"),
    ],
)
def test_the_api_is_where_terraform_has_it(url: str, api: str) -> None:
    assert GitHubServer(url).api_url == api


@pytest.mark.parametrize("url", ["http://a.example", "https://a/b", "https://u@a", "nowhere", ""])
def test_an_unsafe_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="allowed: https://HOST"):
        GitHubServer(url)


@pytest.mark.parametrize("url", ["https://api.github.com", "https://api.acme.ghe.com"])
def test_the_rest_api_in_place_of_the_pages_is_refused_with_the_pages(url: str) -> None:
    with pytest.raises(ValueError, match=f"allowed: the pages, {url.replace('api.', '')}$"):
        GitHubServer(url)


def test_the_app_is_registered_for_the_account_or_the_organization() -> None:
    server = GitHubServer("https://github.com")
    assert server.new_app(None, "a b") == "https://github.com/settings/apps/new?state=a+b"
    organization = "https://github.com/organizations/octo/settings/apps"
    assert server.new_app("octo", "s") == f"{organization}/new?state=s"
    assert server.settings("octo", "runners") == f"{organization}/runners"


def test_the_page_escapes_everything() -> None:
    bad = "<script>'\"&"
    page = html.form(
        target=f"https://github.com/{bad}",
        manifest=_manifest() | {"name": bad},
        owner=bad,
        permissions=permissions(REPOSITORY, ALL),
        webhook=f"https://{bad}",
        parameters=[bad],
    )
    said = html.message(html.Message(bad, [bad], (f"https://{bad}", bad)))
    for text in (page, said):
        assert "<script>" not in text
        assert "'\"&" not in text


def test_the_page_loads_nothing_and_runs_no_script() -> None:
    policy = html.HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
