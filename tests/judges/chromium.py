"""Chromium without a window, driven by the WebDriver protocol. Source: W3C, "WebDriver"."""

import base64
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import urllib3
from urllib3.util import Retry

from tests.local.stack.support import until

NEEDED = "the browser's tests need: apt-get install chromium chromium-driver fonts-dejavu-core"
IS_THERE = all(map(shutil.which, ("chromium", "chromedriver")))
_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=860,840",
)
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key of an element's reference. Source: W3C, "WebDriver", 12."""


class Chromium:
    """One window of a new profile."""

    def __init__(self, driver: str, profile: Path) -> None:
        self._http = urllib3.PoolManager(timeout=60, retries=Retry(connect=40, backoff_factor=0.02))
        options = {
            "binary": shutil.which("chromium"),
            "args": [*_ARGUMENTS, f"--user-data-dir={profile}"],
        }
        logs = {"browser": "ALL", "performance": "ALL"}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": logs}
        asked = {"capabilities": {"alwaysMatch": wanted}}
        self._session = f"{driver}/session"
        self._session += f"/{self._call('POST', '', asked)['sessionId']}"

    def open(self, url: str) -> None:
        """Open a URL, and wait until the page is there."""
        self._call("POST", "/url", {"url": url})

    def click(self, selector: str) -> None:
        """Click on an element."""
        self._call("POST", f"/element/{self._found(selector)}/click", {})

    def shows(self, title: str) -> None:
        """Wait until the page has this title: a click may lead there by redirects, in a while."""
        until(lambda: self._heading() == title, f"a page {title!r}")

    def _heading(self) -> str:
        try:
            found: str = self._call("GET", f"/element/{self._found('h1')}/text")
        except AssertionError:  # the page is on its way
            return ""
        return found

    def picture(self, file: Path) -> None:
        """Write what the window shows, as PNG."""
        file.write_bytes(base64.b64decode(self._call("GET", "/screenshot")))

    def run(self, script: str, *arguments: Any) -> Any:
        """Run the body of a function in the page, and return its result."""
        return self._call("POST", "/execute/sync", {"script": script, "args": arguments})

    def wait_for(self, script: str, *arguments: Any) -> Any:
        """The same for a function that calls its last argument with the result."""
        return self._call("POST", "/execute/async", {"script": script, "args": arguments})

    def resize(self, width: int, height: int, *, dark: bool = False) -> None:
        """Make the page that large, as on a screen in light or dark."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._devtools("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._devtools("Emulation.setEmulatedMedia", {"features": [scheme]})

    def console(self) -> list[str]:
        """Return what the console has shown since the last call."""
        entries = self._call("POST", "/se/log", {"type": "browser"})
        return [one["message"] for one in entries]

    def requests(self) -> list[str]:
        """Return the URLs that were requested since the last call."""
        entries = self._call("POST", "/se/log", {"type": "performance"})
        messages = [json.loads(one["message"])["message"] for one in entries]
        sent = [one for one in messages if one["method"] == "Network.requestWillBeSent"]
        return [one["params"]["request"]["url"] for one in sent]

    def close(self) -> None:
        self._call("DELETE", "")
        self._http.clear()

    def _devtools(self, command: str, parameters: Any) -> None:
        """Send a command of the DevTools protocol. Source: ChromeDriver, "goog/cdp/execute"."""
        self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def _found(self, selector: str) -> str:
        asked = {"using": "css selector", "value": selector}
        found: str = self._call("POST", "/element", asked)[_ELEMENT]
        return found

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.request(method, f"{self._session}{path}", json=body)
        told = answer.json()["value"]
        assert answer.status == 200, told
        return told


@contextmanager
def chromium(directory: Path) -> Iterator[Chromium]:
    """A running browser. Whatever it writes is in the directory."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (directory / "chromedriver.log").open("w") as log:
        process = subprocess.Popen(
            ["chromedriver", f"--port={port}"],
            stdout=log,
            stderr=log,
            env={**os.environ, "HOME": str(directory)},
        )
    try:
        browser = Chromium(f"http://127.0.0.1:{port}", directory / "profile")
        yield browser
        browser.close()
    finally:
        process.terminate()
        process.wait(20)
