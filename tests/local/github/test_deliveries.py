"""Webhooks in GitHub's shapes, signed, sent as planned, kept, and sent again when asked."""

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from local.github.deliveries import Delivery
from local.github.server import GitHub
from tests.support.openapi import check_webhook

REPOSITORY = "octo/repo"
SECRET = "it is a secret"
DELIVERIES = f"/repos/{REPOSITORY}/hooks/1/deliveries"


class Receiver(ThreadingHTTPServer):
    """Takes what comes and answers with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 202
        self.came: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/webhook"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): text for name, text in self.headers.items()}
        self.server.came.append((headers, body))
        self.send_response(self.server.status)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


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
