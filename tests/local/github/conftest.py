"""A GitHub stand-in on a free port, and a client that lets nothing pass that GitHub would not."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import urllib3

from local.github.server import GitHub
from tests.local.github.story import Story
from tests.support.openapi import check_answer, check_request
from tests.support.receiver import Receiver, receiving

TOKEN = "a token"
REPOSITORY = "octo/repo"


class Api:
    """Asks the stand-in; requests and answers are held to GitHub's description."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = urllib3.PoolManager(retries=False, timeout=10)

    def __call__(
        self, method: str, path: str, body: Any = None, token: str = TOKEN
    ) -> tuple[int, Any]:
        """Status and body of the answer."""
        check_request(method, path, body)
        status, told, _ = self.raw(method, path, body, token)
        check_answer(method, path, status, told)
        return status, told

    def raw(
        self, method: str, path: str, body: Any = None, token: str = TOKEN
    ) -> tuple[int, Any, dict[str, str]]:
        """Status, body and headers of an answer that nobody judges."""
        headers = {"Authorization": f"Bearer {token}"}
        answer = self._http.request(method, self._url + path, json=body, headers=headers)
        told = json.loads(answer.data) if answer.data else None
        return answer.status, told, {name.lower(): text for name, text in answer.headers.items()}

    def mint(self, name: str, *labels: str, scope: str = f"repos/{REPOSITORY}") -> Any:
        """Register a runner with `self-hosted` and these labels."""
        asked = {"name": name, "runner_group_id": 1, "labels": ["self-hosted", *labels]}
        status, told = self("POST", f"/{scope}/actions/runners/generate-jitconfig", asked)
        assert status == 201
        return told

    def close(self) -> None:
        self._http.clear()


@pytest.fixture
def github() -> Iterator[GitHub]:
    with GitHub(token=TOKEN, seed=1) as server:
        yield server


@pytest.fixture
def api(github: GitHub) -> Iterator[Api]:
    made = Api(github.url)
    yield made
    made.close()


@pytest.fixture
def online(github: GitHub, api: Api) -> Callable[..., str]:
    """Registers a runner and lets it connect; its token."""

    def make(name: str, *labels: str) -> str:
        number = api.mint(name, *labels)["runner"]["id"]
        (token,) = [one.token for one in github.actions.registered() if one.id == number]
        github.actions.connect(token, "2.330.0")
        return token

    return make


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


@pytest.fixture
def story() -> Story:
    return Story()
