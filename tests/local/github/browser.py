"""Plays the browser of somebody who registers a GitHub App: sends forms as a page has them."""

from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import urlencode, urljoin

import urllib3


class Page(NamedTuple):
    """A page: its URL, status, text, and the target and fields of its form."""

    url: str
    status: int
    text: str
    action: str
    fields: dict[str, str]


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form":
            self.action = found.get("action") or ""
        if tag == "input" and (name := found.get("name")):
            self.fields[name] = found.get("value") or ""


class Browser:
    """Follows redirects, as browsers do: with GET."""

    def __init__(self) -> None:
        self._http = urllib3.PoolManager(retries=False, timeout=30)

    def open(self, url: str) -> Page:
        """Open a URL."""
        return self._page("GET", url)

    def submit(self, page: Page, **fields: str) -> Page:
        """Send the page's form, with fields that were changed."""
        body = urlencode({**page.fields, **fields})
        return self._page("POST", urljoin(page.url, page.action), body)

    def close(self) -> None:
        self._http.clear()

    def _page(self, method: str, url: str, body: str | None = None) -> Page:
        headers = {"content-type": "application/x-www-form-urlencoded"} if body else {}
        answer: Any = self._http.request(method, url, body=body, headers=headers, redirect=False)
        if answer.status in (302, 303):
            return self._page("GET", urljoin(url, answer.headers["location"]))
        forms = _Forms()
        text = answer.data.decode()
        forms.feed(text)
        return Page(url, answer.status, text, forms.action, forms.fields)
