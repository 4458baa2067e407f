"""The contract of `Deliveries` on the GitHub emulator: at a repository, an organization, an App."""

from collections.abc import Iterator
from typing import Any

import pytest

from local.github.app import App
from local.github.server import GitHub
from shared.adapters.github_api import GitHubApi
from shared.adapters.github_app import AppIdentity
from shared.adapters.github_client import GitHubClient
from shared.adapters.github_deliveries import GitHubDeliveries
from shared.adapters.github_tokens import Tokens
from shared.ports import Hook, Refused
from tests.support.openapi import check_request
from tests.support.receiver import Receiver, receiving
from tests.support.tokens import Fixed, Held, private_pem, public_pem

TOKEN = "a token"
SECRET = "it is a secret"
REPOSITORY = "octo/repo"
OWNERS = {"repository": REPOSITORY, "organization": "octo", "App": "app"}


class Given:
    """A webhook of that kind, and the port to its deliveries."""

    def __init__(self, kind: str, github: GitHub, receiver: Receiver) -> None:
        self.kind, self.github, self.receiver = kind, github, receiver
        self.owner = OWNERS[kind]

    def add_hook(self, url: str) -> None:
        if self.kind == "App":
            self.github.add_app_hook(url, SECRET)
        else:
            self.github.add_hook(url, SECRET, REPOSITORY)
        self.settle()

    def deliveries(self) -> GitHubDeliveries:
        tokens: Tokens = Fixed(TOKEN)
        if self.kind == "App":
            held = Held({"key": private_pem()})
            tokens = AppIdentity(parameters=held, key_param="key", app_id="7")
        return GitHubDeliveries(
            GitHubClient(api=GitHubApi(self.github.url), tokens=tokens),
            url=self.receiver.url,
            organizations=("octo",) if self.kind == "organization" else (),
            is_app=self.kind == "App",
        )

    def queue(self) -> None:
        self.github.actions.queue(REPOSITORY, ("self-hosted",))
        self.settle()

    def settle(self) -> None:
        assert self.github.hook is not None
        assert self.github.hook.settled(20)


@pytest.fixture(params=list(OWNERS))
def given(request: pytest.FixtureRequest) -> Iterator[Given]:
    def judge(asked: Any) -> None:
        check_request(asked.method, asked.full_path, asked.get_json(silent=True))

    app = App(id=7, public_key=public_pem(), installations={"octo": 42})
    with receiving() as receiver, GitHub(token=TOKEN, faults=judge, app=app) as github:
        yield Given(request.param, github, receiver)


def _hook(given: Given) -> Hook:
    hook = given.deliveries().hook(given.owner)
    assert hook is not None
    return hook


def test_the_places_of_webhooks_follow_from_the_credentials(given: Given) -> None:
    assert list(given.deliveries().owners([REPOSITORY])) == [given.owner]


def test_the_webhook_with_the_fleets_url_is_found_and_no_other(given: Given) -> None:
    given.add_hook(given.receiver.url)
    assert _hook(given).owner == given.owner
    other = GitHubDeliveries(
        given.deliveries()._client,
        url="https://other.example/webhook",
        organizations=("octo",) if given.kind == "organization" else (),
        is_app=given.kind == "App",
    )
    assert other.hook(given.owner) is None


def test_a_failed_delivery_is_listed_and_delivered_again(given: Given) -> None:
    given.add_hook(given.receiver.url)
    given.receiver.status = 503
    given.queue()
    port, hook = given.deliveries(), _hook(given)
    failed, ping = port.page(hook, "").deliveries
    assert (failed.event, failed.succeeded, failed.is_redelivery) == ("workflow_job", False, False)
    assert (ping.event, ping.succeeded) == ("ping", True)
    given.receiver.status = 202
    port.redeliver(hook, failed.id)
    given.settle()
    again = port.page(hook, "").deliveries[0]
    assert (again.guid, again.succeeded, again.is_redelivery) == (failed.guid, True, True)


def test_pages_follow_each_other_to_the_oldest_delivery(
    given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.adapters.github_deliveries.PAGE", 2)
    given.add_hook(given.receiver.url)
    for _ in range(4):
        given.queue()
    port, hook = given.deliveries(), _hook(given)
    found, cursor, pages = [], "", 0
    while pages == 0 or cursor:
        page = port.page(hook, cursor)
        found += [one.id for one in page.deliveries]
        cursor, pages = page.cursor, pages + 1
    assert (pages, found) == (3, sorted(found, reverse=True))
    assert len(set(found)) == 5


def test_a_delivery_that_github_does_not_have_is_refused(given: Given) -> None:
    given.add_hook(given.receiver.url)
    with pytest.raises(Refused, match="404"):
        given.deliveries().redeliver(_hook(given), 4711)


def test_an_app_has_no_other_credential_than_its_key() -> None:
    held = Held({"key": private_pem()})
    assert AppIdentity(parameters=held, key_param="key", app_id="7").forget("octo/repo") is False
