"""The run's own client at GitHub, and the check of the credential before anything is made."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from werkzeug.wrappers import Request, Response

from local import clients
from local.github.answers import refused
from local.github.app import App as Registered
from local.github.server import GitHub
from smoke import preflight
from smoke.arguments import Arguments
from smoke.credential import App, Credential, Token
from smoke.site import Site
from smoke.verdict import Failed, Skipped
from smoke.wiring import existing, temporary
from tests.smoke.support import site
from tests.support.github import github_with_app
from tests.support.scripted import scripted
from tests.support.tokens import private_pem

TOKEN = "tok3n"
APP = App(id="7", secret=private_pem())
CREDENTIALS = [pytest.param(Token(secret=TOKEN), id="token"), pytest.param(APP, id="App")]


@pytest.fixture
def github() -> Iterator[tuple[GitHub, Registered]]:
    with github_with_app(TOKEN) as found:
        yield found


def options(tmp_path: Path, url: str, credential: Credential | None, **more: Any) -> Arguments:
    return Arguments(
        region="eu-central-1",
        prefix="smoke-1a2b",
        repository="octo/repo",
        credential=credential,
        room=tmp_path,
        github_url=url,
        **more,
    )


def cause(where: Site) -> str:
    with pytest.raises(Failed) as failed:
        preflight.github(where)
    return failed.value.cause


@pytest.mark.parametrize("credential", CREDENTIALS)
def test_a_credential_that_may_register_runners_is_accepted(
    github: tuple[GitHub, Registered], tmp_path: Path, credential: Credential
) -> None:
    where = temporary(options(tmp_path, github[0].url, credential))
    assert preflight.github(where) == "it lists the runners of octo/repo"


def test_without_a_credential_nothing_is_asked() -> None:
    with pytest.raises(Skipped, match="TOKEN_FILE or APP_ID with APP_KEY_FILE"):
        preflight.github(site())


def test_a_wrong_token_is_found(github: tuple[GitHub, Registered], tmp_path: Path) -> None:
    where = temporary(options(tmp_path, github[0].url, Token(secret="wr0ng")))
    assert cause(where) == "GitHub: 401 Bad credentials"


def test_a_key_of_another_app_is_found(github: tuple[GitHub, Registered], tmp_path: Path) -> None:
    of_another = App(id="7", secret=private_pem(1))
    found = cause(temporary(options(tmp_path, github[0].url, of_another)))
    assert found.startswith("GitHub: 401 A JSON web token could not be decoded")
    assert "GitHub App 7 and the private key in parameter APP_KEY_FILE do not belong" in found


def test_an_app_that_is_not_installed_is_found(
    github: tuple[GitHub, Registered], tmp_path: Path
) -> None:
    server, app = github
    app.installations.clear()
    found = cause(temporary(options(tmp_path, server.url, APP)))
    assert found.startswith("GitHub: 404 Not Found: GitHub App 7 is not installed on octo/repo")


def test_an_app_without_the_permission_is_found(
    github: tuple[GitHub, Registered], tmp_path: Path
) -> None:
    server, app = github
    app.permissions = {"administration": "read", "actions": "read"}
    found = cause(temporary(options(tmp_path, server.url, APP)))
    assert found.startswith("GitHub: 422 The permissions requested are not granted")


def test_a_token_without_the_permission_is_found(tmp_path: Path) -> None:
    message = "Resource not accessible by personal access token"

    def refuse(_request: Request) -> Response:
        return refused(403, message)

    with GitHub(token=TOKEN, faults=refuse) as server:
        where = temporary(options(tmp_path, server.url, Token(secret=TOKEN)))
        assert cause(where) == f"GitHub: 403 {message}"


def test_a_github_that_does_not_answer_is_found(tmp_path: Path) -> None:
    where = temporary(options(tmp_path, "http://127.0.0.1:9", APP))
    assert cause(where).startswith("GitHub: no answer")


def test_a_url_that_is_not_githubs_api_is_refused(tmp_path: Path) -> None:
    with pytest.raises(click.UsageError, match=r"GITHUB_API_URL .* allowed: https://api"):
        temporary(options(tmp_path, "http://github.example", APP))


class Fleet:
    """An existing fleet: a terraform with its outputs, and its webhook's secret."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        script = tmp_path / "bin" / "terraform"
        script.parent.mkdir()
        script.write_text(f"#!/bin/sh\ncat {tmp_path}/outputs.json\n")
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")
        self._directory = tmp_path

    def site(self, url: str, credential: Credential, **scheduler: str) -> Site:
        environments = {
            "ingest": {"GITHUB_SCOPE": "octo", "WEBHOOK_SECRET_PARAM": "/fleet/secret"},
            "scheduler": {"PREFIX": "fleet", "GITHUB_API_URL": url, **scheduler},
        }
        outputs = {"webhook_url": "https://api/webhook", "function_environments": environments}
        told = json.dumps({"fleet": {"value": outputs}})
        (self._directory / "outputs.json").write_text(told)
        with scripted() as aws:
            aws.will(200, {"Parameter": {"Value": "s3cret"}})
            return existing(
                options(self._directory, "", credential, fleet=self._directory, endpoint=aws.url)
            )


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    for name, value in clients.variables("http://127.0.0.1:9", "smoke").items():
        monkeypatch.setenv(name, value)
    return Fleet(tmp_path, monkeypatch)


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("organizations", ["", "octo"])
def test_an_existing_fleet_is_looked_at_where_it_registers_its_runners(
    github: tuple[GitHub, Registered], fleet: Fleet, credential: Credential, organizations: str
) -> None:
    server, _ = github
    server.actions.register(organizations or "octo/repo", "fleet-1", ("self-hosted",), 1)
    where = fleet.site(server.url, credential, GITHUB_ORGANIZATIONS=organizations)
    assert preflight.github(where) == "it lists the runners of octo/repo"
    assert where.github is not None
    assert [one.runner_id for one in where.github.registered("octo/repo", 9)] == ["fleet-1"]


def test_an_app_for_a_fleet_at_an_enterprise_is_refused(fleet: Fleet) -> None:
    with pytest.raises(click.UsageError, match="can't register runners at an enterprise"):
        fleet.site("https://api.github.com", APP, GITHUB_ENTERPRISE="acme")
