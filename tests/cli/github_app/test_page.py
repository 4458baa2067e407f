"""The page on this machine accepts one code, and only with its state."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import urllib3

from cli.github_app.html import Message
from cli.github_app.page import LocalPage

Get = Callable[..., "Future[Any]"]


@pytest.fixture
def page() -> Iterator[LocalPage]:
    with LocalPage() as made:
        made.offer("the form")
        yield made


@pytest.fixture
def get(page: LocalPage) -> Iterator[Get]:
    http = urllib3.PoolManager(retries=False, timeout=20, maxsize=4)
    with ThreadPoolExecutor(4) as threads:

        def ask(path: str = "", host: str | None = None) -> "Future[Any]":
            headers = {"host": host} if host else {}
            return threads.submit(http.request, "GET", f"{page.url}{path}", headers=headers)

        yield ask
    http.clear()


def _callback(page: LocalPage, **query: str) -> str:
    given = {"state": page.state, "code": "c0de"} | query
    return "created?" + "&".join(f"{name}={value}" for name, value in given.items())


def test_it_is_on_this_machine_only(page: LocalPage) -> None:
    assert page.url.startswith("http://127.0.0.1:")
    assert page.redirect_url == f"{page.url}created"


def test_it_shows_the_form_with_headers_that_keep_others_out(get: Get) -> None:
    answer = get().result()
    assert (answer.status, answer.data) == (200, b"the form")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "origin"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "Python" not in answer.headers["server"]


def test_the_browser_sees_the_result_of_its_code(page: LocalPage, get: Get) -> None:
    answer = get(_callback(page))
    assert page.wait(20) == "c0de"
    page.finish(Message("Done", ["All is well."]))
    assert b"All is well." in answer.result().data


@pytest.mark.parametrize("state", ["", "other", "%C3%A9"])
def test_a_code_with_another_state_is_refused(page: LocalPage, get: Get, state: str) -> None:
    answer = get(_callback(page, state=state)).result()
    assert (answer.status, b"not for this page" in answer.data) == (400, True)
    assert page.wait(0.01) is None


def test_an_answer_without_a_code_is_refused(page: LocalPage, get: Get) -> None:
    answer = get(_callback(page, code="")).result()
    assert (answer.status, b"GitHub sent no code" in answer.data) == (400, True)
    assert page.wait(0.01) is None


def test_a_second_code_is_refused_and_the_form_is_gone(page: LocalPage, get: Get) -> None:
    first = get(_callback(page))
    assert page.wait(20) == "c0de"
    assert get(_callback(page, code="another")).result().status == 410
    assert get().result().status == 410
    page.finish(Message("Done"))
    assert first.result().status == 200
    assert page.wait(0.01) is None


def test_a_page_of_another_origin_can_not_read_the_state(page: LocalPage, get: Get) -> None:
    for host in ("evil.example", "127.0.0.1", "localhost:1"):
        answer = get(host=host).result()
        assert (answer.status, b"the form" in answer.data) == (400, False)


def test_other_paths_are_not_there(get: Get) -> None:
    assert get("favicon.ico").result().status == 404


def test_each_page_has_a_state_of_its_own(page: LocalPage) -> None:
    with LocalPage() as other:
        assert len(page.state) >= 43
        assert other.state != page.state
