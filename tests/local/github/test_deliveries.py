"""Webhooks in GitHub's shapes, signed, sent as planned, kept, and sent again when asked."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from local.github.app import App
from local.github.deliveries import Delivery
from local.github.server import GitHub
from tests.support.openapi import check_webhook
from tests.support.receiver import Receiver
from tests.support.tokens import private_pem, public_pem

REPOSITORY = "octo/repo"
SECRET = "it is a secret"
DELIVERIES = f"/repos/{REPOSITORY}/hooks/1/deliveries"


def _settled(github: GitHub) -> list[Delivery]:
    """All deliveries, the oldest first, when each has its answer."""
    assert github.hook is not None
    assert github.hook.settled(20)
    return list(reversed(github.hook.deliveries()))


def test_a_new_hook_gets_a_ping(github: GitHub, receiver: Receiver) -> None:
    github.add_hook(receiver.url, SECRET, REPOSITORY)
    (delivery,) = _settled(github)
    assert (delivery.event, delivery.status_code) == ("ping", 202)
    check_webhook("ping", json.loads(receiver.came[0][1]))


def test_a_job_is_told_from_queue_to_end_in_githubs_shapes(
    github: GitHub, receiver: Receiver, online: Callable[..., str]
) -> None:
    github.add_hook(receiver.url, SECRET, REPOSITORY)
    github.actions.queue(REPOSITORY, ("self-hosted", "linux"), name="test", workflow="CI")
    github.actions.finish(online("fleet-1-1", "linux"), "success")
    told = {one.action: json.loads(one.payload) for one in _settled(github)[1:]}
    assert list(told) == ["queued", "in_progress", "completed"]
    for action, payload in told.items():
        check_webhook(f"workflow-job-{action.replace('_', '-')}", payload)
        assert payload["repository"]["full_name"] == REPOSITORY
        assert payload["repository"]["private"] is True
    job = told["completed"]["workflow_job"]
    assert (job["runner_name"], job["conclusion"]) == ("fleet-1-1", "success")
    assert told["queued"]["workflow_job"]["runner_name"] is None


def test_a_cancelled_job_is_told_in_githubs_shape(github: GitHub, receiver: Receiver) -> None:
    github.add_hook(receiver.url, SECRET, REPOSITORY)
    job = github.actions.queue(REPOSITORY, ("self-hosted",))
    github.actions.cancel(REPOSITORY, job.run_id)
    payload = json.loads(_settled(github)[-1].payload)
    check_webhook("workflow-job-completed", payload)
    assert payload["workflow_job"]["conclusion"] == "cancelled"


def test_an_approval_is_told_in_githubs_shapes_each_change_in_a_delivery_of_its_own(
    github: GitHub, receiver: Receiver
) -> None:
    github.add_hook(receiver.url, SECRET, REPOSITORY)
    job = github.actions.queue(REPOSITORY, ("self-hosted",), needs_approval=True)
    github.actions.approve(job)
    told = _settled(github)[1:]
    payloads = [json.loads(one.payload) for one in told]
    for payload in payloads:
        check_webhook(f"workflow-job-{payload['action']}", payload)
        assert payload["workflow_job"]["id"] == job.id
        assert payload["workflow_job"]["status"] == payload["action"]
    assert [one.action for one in told] == ["queued", "waiting", "queued"]
    assert len({one.guid for one in told}) == 3


def test_every_delivery_is_signed_and_has_its_own_id(github: GitHub, receiver: Receiver) -> None:
    github.add_hook(receiver.url, SECRET, REPOSITORY)
    github.actions.queue(REPOSITORY, ("self-hosted",))
    _settled(github)
    for headers, body in receiver.came:
        digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert headers["x-hub-signature-256"] == f"sha256={digest}"
    assert len({headers["x-github-delivery"] for headers, _ in receiver.came}) == 2
    assert sorted(headers["x-github-event"] for headers, _ in receiver.came) == [
        "ping",
        "workflow_job",
    ]


@pytest.mark.parametrize(("plan", "copies"), [((), 0), ((0.0, 0.0), 2)])
def test_a_delivery_can_be_lost_or_doubled(
    github: GitHub, receiver: Receiver, plan: tuple[float, ...], copies: int
) -> None:
    github.add_hook(receiver.url, SECRET, REPOSITORY)
    _settled(github)
    assert github.hook is not None
    github.hook.plan = lambda _delivery: plan
    github.actions.queue(REPOSITORY, ("self-hosted",))
    assert _settled(github)[-1].succeeded is bool(copies)
    github.stop()
    guids = [headers["x-github-delivery"] for headers, _ in receiver.came[1:]]
    assert len(guids) == copies
    assert len(set(guids)) == min(1, copies)


def test_a_failed_delivery_is_listed_and_can_be_sent_again(
    github: GitHub, receiver: Receiver, api: Any
) -> None:
    github.add_hook(receiver.url, SECRET, REPOSITORY)
    _settled(github)
    receiver.status = 503
    github.actions.queue(REPOSITORY, ("self-hosted",))
    _settled(github)
    _, (failed, ping) = api("GET", DELIVERIES)
    assert (failed["status_code"], failed["action"], failed["redelivery"]) == (503, "queued", False)
    assert ping["status"] == "OK"
    receiver.status = 202
    assert api("POST", f"{DELIVERIES}/{failed['id']}/attempts")[0] == 202
    _settled(github)
    _, (again, *_) = api("GET", DELIVERIES)
    assert (again["guid"], again["status_code"], again["redelivery"]) == (failed["guid"], 202, True)
    assert receiver.came[-1][1] == receiver.came[-2][1]


def test_nobody_at_home_is_a_failed_delivery(github: GitHub, receiver: Receiver) -> None:
    github.add_hook("http://127.0.0.1:1/webhook", SECRET, REPOSITORY)
    (ping,) = _settled(github)
    assert (ping.status, ping.status_code) == ("failed to connect to host", 0)


def test_deliveries_come_in_pages_the_newest_first(
    github: GitHub, receiver: Receiver, api: Any
) -> None:
    github.add_hook(receiver.url, SECRET, REPOSITORY)
    for _ in range(3):
        github.actions.queue(REPOSITORY, ("self-hosted",))
    _settled(github)
    _, page, headers = api.raw("GET", f"{DELIVERIES}?per_page=3")
    assert [one["id"] for one in page] == [4, 3, 2]
    following = headers["link"].partition(">")[0].removeprefix(f"<{github.url}")
    _, page, headers = api.raw("GET", following)
    assert [one["id"] for one in page] == [1]
    assert "link" not in headers


def test_one_delivery_is_shown_whole(github: GitHub, receiver: Receiver, api: Any) -> None:
    github.add_hook(receiver.url, SECRET, REPOSITORY)
    _settled(github)
    _, shown = api("GET", f"{DELIVERIES}/1")
    assert shown["request"]["payload"]["hook_id"] == 1
    assert shown["response"]["payload"] == "{}"
    assert api("GET", f"{DELIVERIES}/9")[0] == 404
    assert api("GET", f"/repos/{REPOSITORY}/hooks/2/deliveries")[0] == 404


class TestTheApps:
    """The webhook of a GitHub App, which only the App may ask about."""

    @pytest.fixture
    def github(self) -> Iterator[GitHub]:
        app = App(id=7, public_key=public_pem(), installations={"octo": 42})
        with GitHub(token="a token", seed=1, app=app) as server:
            yield server

    @pytest.fixture
    def proof(self) -> str:
        now = datetime.now(UTC) - timedelta(seconds=30)
        claims = {"iss": "7", "iat": now, "exp": now + timedelta(minutes=10)}
        return jwt.encode(claims, private_pem(), algorithm="RS256")

    def test_its_ping_and_its_jobs_are_in_githubs_shapes(
        self, github: GitHub, receiver: Receiver
    ) -> None:
        github.add_app_hook(receiver.url, SECRET)
        github.actions.queue(REPOSITORY, ("self-hosted",))
        ping, queued = (json.loads(one.payload) for one in _settled(github))
        check_webhook("ping", ping)
        check_webhook("workflow-job-queued", queued)
        assert (ping["hook"]["type"], ping["hook"]["app_id"]) == ("App", 7)
        assert queued["installation"]["id"] == 42

    def test_it_is_not_told_of_where_it_is_not_installed(
        self, github: GitHub, receiver: Receiver
    ) -> None:
        github.add_app_hook(receiver.url, SECRET)
        github.actions.queue("acme/repo", ("self-hosted",))
        assert [one.event for one in _settled(github)] == ["ping"]

    def test_the_app_lists_its_deliveries_and_has_one_sent_again(
        self, github: GitHub, receiver: Receiver, api: Any, proof: str
    ) -> None:
        github.add_app_hook(receiver.url, SECRET)
        _settled(github)
        receiver.status = 503
        github.actions.queue(REPOSITORY, ("self-hosted",))
        _settled(github)
        path = "/app/hook/deliveries"
        (failed,) = api("GET", f"{path}?status=failure", token=proof)[1]
        assert (failed["event"], failed["installation_id"]) == ("workflow_job", 42)
        (ping,) = api("GET", f"{path}?status=success", token=proof)[1]
        assert (ping["event"], ping["installation_id"]) == ("ping", None)
        shown = api("GET", f"{path}/{failed['id']}", token=proof)[1]
        assert shown["request"]["payload"]["installation"]["id"] == 42
        assert api("POST", f"{path}/{failed['id']}/attempts", token=proof)[0] == 202
        assert _settled(github)[-1].redelivery

    def test_nobody_else_sees_them(self, github: GitHub, receiver: Receiver, api: Any) -> None:
        github.add_app_hook(receiver.url, SECRET)
        assert api.raw("GET", "/app/hook/deliveries", token="a token")[0] == 401
        assert api("GET", DELIVERIES)[0] == 404

    def test_a_repositorys_deliveries_are_not_the_apps(
        self, github: GitHub, receiver: Receiver, api: Any, proof: str
    ) -> None:
        github.add_hook(receiver.url, SECRET, REPOSITORY)
        assert api.raw("GET", "/app/hook/deliveries", token=proof)[0] == 404


def test_deliveries_are_told_apart_by_their_answers(
    github: GitHub, receiver: Receiver, api: Any
) -> None:
    github.add_hook(receiver.url, SECRET, REPOSITORY)
    _settled(github)
    for status in (404, 302):
        receiver.status = status
        github.actions.queue(REPOSITORY, ("self-hosted",))
        _settled(github)
    assert github.hook is not None
    github.hook.plan = lambda _: ()
    github.actions.queue(REPOSITORY, ("self-hosted",))
    _settled(github)
    codes = {
        status: [one["status_code"] for one in api("GET", f"{DELIVERIES}?status={status}")[1]]
        for status in ("success", "failure")
    }
    assert codes == {"success": [302, 202], "failure": [404]}
    assert api.raw("GET", f"{DELIVERIES}?status=lost")[0] == 422
    _, page, headers = api.raw("GET", f"{DELIVERIES}?status=success&per_page=1")
    assert [one["status_code"] for one in page] == [302]
    assert "status=success" in headers["link"]
