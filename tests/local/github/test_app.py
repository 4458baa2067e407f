"""The stand-in takes a GitHub App for what GitHub's description says."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest

from local.github.app import App
from local.github.server import GitHub
from tests.local.github.conftest import TOKEN, Api
from tests.support.clock import ManualClock
from tests.support.tokens import key, public_pem

RUNNERS = "/repos/octo/repo/actions/runners"


@pytest.fixture
def app() -> App:
    return App(id=7, public_key=public_pem(), installations={"octo": 42}, clock=ManualClock())


@pytest.fixture
def github(app: App) -> Iterator[GitHub]:
    with GitHub(token=TOKEN, seed=1, app=app) as server:
        yield server


def _proof(app: App, number: int = 0, **more: Any) -> str:
    now = app.clock.now()
    claims = {"iss": "7", "iat": now, "exp": now + timedelta(minutes=10)}
    return jwt.encode(claims | more, key(number), algorithm="RS256")


@pytest.mark.parametrize("where", ["/repos/Octo/repo", "/orgs/octo"])
def test_an_installation_is_found_and_gives_a_token(api: Api, app: App, where: str) -> None:
    status, found = api("GET", f"{where}/installation", token=_proof(app))
    assert (status, found["id"], found["app_id"]) == (200, 42, 7)
    path = "/app/installations/42/access_tokens"
    status, minted = api("POST", path, {}, token=_proof(app))
    assert status == 201
    assert api("GET", RUNNERS, token=minted["token"])[0] == 200
    assert api("GET", "/orgs/octo/actions/runners", token=minted["token"])[0] == 200
    assert api("GET", "/repos/acme/repo/actions/runners", token=minted["token"])[0] == 404


def test_a_token_expires(api: Api, app: App) -> None:
    minted = api("POST", "/app/installations/42/access_tokens", {}, token=_proof(app))[1]
    assert isinstance(app.clock, ManualClock)
    app.clock.advance(3599)
    assert api("GET", RUNNERS, token=minted["token"])[0] == 200
    app.clock.advance(1)
    assert api("GET", RUNNERS, token=minted["token"])[0] == 401


def test_who_is_not_the_app_gets_nothing(api: Api, app: App) -> None:
    now = app.clock.now()
    path = "/orgs/octo/installation"
    for wrong in (
        TOKEN,
        _proof(app, number=1),
        _proof(app, iat=now + timedelta(seconds=1)),
        _proof(app, exp=now + timedelta(minutes=11)),
        _proof(app, exp=now),
    ):
        assert api.raw("GET", path, token=wrong)[0] == 401
    assert api.raw("GET", path, token=_proof(app, iss="8"))[1]["message"] == "Integration not found"


def test_what_is_not_installed_is_not_found(api: Api, app: App) -> None:
    assert api("GET", "/repos/acme/repo/installation", token=_proof(app))[0] == 404
    assert api("POST", "/app/installations/43/access_tokens", {}, token=_proof(app))[0] == 404


def test_the_token_is_taken_as_before(api: Api) -> None:
    assert api("GET", RUNNERS)[0] == 200
    assert api("GET", RUNNERS, token="another")[0] == 401


MINT = "/app/installations/42/access_tokens"


def _token(api: Api, app: App, **asked: Any) -> str:
    status, minted = api("POST", MINT, asked, token=_proof(app))
    assert status == 201
    return str(minted["token"])


def test_a_token_can_be_for_some_repositories_only(api: Api, app: App) -> None:
    token = _token(api, app, repositories=["Repo"])
    assert api("GET", RUNNERS, token=token)[0] == 200
    assert api("GET", "/repos/octo/other/actions/runners", token=token)[0] == 404


def test_a_token_can_have_fewer_permissions(api: Api, app: App) -> None:
    token = _token(api, app, permissions={"administration": "read"})
    asked = {"name": "fleet-1-1", "runner_group_id": 1, "labels": ["self-hosted"]}
    assert api("GET", RUNNERS, token=token)[0] == 200
    assert api("POST", f"{RUNNERS}/generate-jitconfig", asked, token=token)[0] == 403
    assert api("GET", "/orgs/octo/actions/runners", token=token)[0] == 403


def test_a_token_has_no_permission_that_the_installation_has_not(api: Api, app: App) -> None:
    for asked in ({"contents": "read"}, {"administration": "admin"}):
        assert api.raw("POST", MINT, {"permissions": asked}, token=_proof(app))[0] == 422
    deliveries = "/repos/octo/repo/hooks/1/deliveries"
    assert api("GET", deliveries, token=_token(api, app))[0] == 403


@pytest.mark.parametrize(("granted", "status"), [("read", 200), (None, 403)])
def test_a_job_is_shown_to_who_may_read_actions(
    github: GitHub, api: Api, app: App, granted: str | None, status: int
) -> None:
    app.permissions = {"administration": "write"} | ({"actions": granted} if granted else {})
    job = github.actions.queue("octo/repo", ("self-hosted",))
    path = f"/repos/octo/repo/actions/jobs/{job.id}"
    assert api("GET", path, token=_token(api, app))[0] == status


@pytest.mark.parametrize("wrong", ["repo", [], ["r"] * 501, [7]])
def test_a_wrong_list_of_repositories_is_refused(api: Api, app: App, wrong: Any) -> None:
    assert api.raw("POST", MINT, {"repositories": wrong}, token=_proof(app))[0] == 422
