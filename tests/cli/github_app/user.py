"""Somebody who opens the page of `ecsrunner github create-app` and clicks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest

from cli.commands import created_app
from tests.local.github.browser import Browser, Page

Visit = Callable[[Browser, str], object]


def confirm(browser: Browser, url: str) -> Page:
    """Click on the page, and confirm at GitHub."""
    return browser.submit(browser.submit(browser.open(url)))


class User:
    """Opens the page that the command shows. `pages` is what each visit has come to."""

    def __init__(self) -> None:
        self.visit: Visit = confirm
        self.pages: list[Any] = []
        self._browser = Browser()
        self._threads: list[Thread] = []

    def open(self, url: str) -> bool:
        thread = Thread(target=lambda: self.pages.append(self.visit(self._browser, url)))
        thread.start()
        self._threads.append(thread)
        return True

    def done(self) -> Any:
        """Wait for the visits; the page at the end of the last one."""
        for thread in self._threads:
            thread.join(20)
        return self.pages[-1]

    def close(self) -> None:
        self._browser.close()


@contextmanager
def sitting(monkeypatch: pytest.MonkeyPatch) -> Iterator[User]:
    """A user at a machine with a display, until the context ends."""
    made = User()
    monkeypatch.setattr(created_app, "_has_display", lambda: True)
    monkeypatch.setattr("webbrowser.open", made.open)
    yield made
    made.close()
