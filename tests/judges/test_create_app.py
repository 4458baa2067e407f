"""From `ecsrunner github create-app` to the first job, in Chromium, at the GitHub stand-in.

It goes the way of docs/install.md: the App is created before the fleet has a URL, the fleet is
deployed with the App's id and the names of its parameters, `ecsrunner github connect` sets the URL,
and the App is installed. With SCREENSHOTS=docs/images it takes the documents' pictures anew.
"""

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local import clients
from local.description import Description
from local.fleet import Created, Deployment, Paths
from local.functions import Endpoints
from local.lambdas.function import Function
from local.resources import MakeClient
from local.stack import Options, Stack
from tests.judges.chromium import Chromium
from tests.local.stack.support import PROJECT, run, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

OWNER = "octo-org"
PREFIX = "fleet"


class WithApp(Created):
    """A fleet whose App somebody creates in a browser, before the fleet is deployed."""

    def __init__(self, browser: Chromium, pictures: Path) -> None:
        super().__init__(Description(PREFIX))
        self._browser = browser
        self._pictures = pictures
        self.app: dict[str, Any] = {}

    def deploy(self, client: MakeClient, endpoints: Endpoints, paths: Paths) -> Deployment:
        self.app = self._created(endpoints)
        made = super().deploy(client, endpoints, paths)
        app = {
            "GITHUB_APP_ID": str(self.app["app_id"]),
            "GITHUB_APP_KEY_PARAM": self.app["private_key_parameter"],
        }
        return replace(
            made,
            functions=tuple(self._with_app(one, app) for one in made.functions),
            cli={**made.cli, **app},
        )

    def _with_app(self, function: Function, app: dict[str, str]) -> Function:
        given = dict(function.environment)
        if given.pop("GITHUB_TOKEN_PARAM", None) is not None:
            given |= app
        if "WEBHOOK_SECRET_PARAM" in given:
            given["WEBHOOK_SECRET_PARAM"] = self.app["webhook_secret_parameter"]
        return replace(function, environment=given)

    def _created(self, endpoints: Endpoints) -> dict[str, Any]:
        """What the command prints, after the clicks."""
        words = ("--organization", OWNER, "--runners-at", "repository")
        words += ("--with", "statuses", "--without", "actions")
        words += ("--prefix", PREFIX, "--name", "Octo runners", "--github-url", endpoints.github)
        with subprocess.Popen(
            [sys.executable, "-m", "cli", "github", "create-app", *words, "--no-browser", "--json"],
            env={**os.environ, **clients.variables(endpoints.aws, "cli")},
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            lines = (line.strip() for line in process.stderr)
            page = next((line for line in lines if line.startswith("http://127.0.0.1:")), "")
            self._click(page)
            out, err = process.communicate(timeout=100)
        assert (process.returncode, err) == (0, "")
        created: dict[str, Any] = json.loads(out)
        return created

    def _click(self, page: str) -> None:
        self._browser.open(page)
        self._browser.shows("Create a GitHub App")
        self._browser.picture(self._pictures / "create-app.png")
        self._browser.click("#create")
        self._browser.shows("Create GitHub App")
        self._browser.picture(self._pictures / "create-app-at-github.png")
        self._browser.click("#create")
        self._browser.shows("The App is created")


def _pictures(tmp_path: Path) -> Path:
    return PROJECT / os.environ["SCREENSHOTS"] if "SCREENSHOTS" in os.environ else tmp_path


def test_from_the_command_to_the_first_job(browser: Chromium, tmp_path: Path) -> None:
    repository = f"{OWNER}/octo-repo"
    fleet = WithApp(browser, _pictures(tmp_path))
    options = Options(prefix=PREFIX, repository=repository, seed=1, janitor_seconds=3600)
    with ExitStack() as parts:
        stack = Stack(tmp_path / "stack", options, fleet).start()
        parts.callback(stack.stop)
        _connect(stack)
        browser.open(fleet.app["installation_url"])
        browser.click("#install")
        browser.shows("Installed")
        job = stack.github.actions.queue(repository, ("self-hosted",), run="true")
        until(lambda: stack.github.actions.job(job.id).conclusion, "the first job has ended")
        assert stack.github.actions.job(job.id).conclusion == "success"
        assert stack.github.actions.job(job.id).runner_name == f"{PREFIX}-{job.id}-1"
        assert stack.github.calls["POST access_tokens"] >= 1


def _connect(stack: Stack) -> None:
    """Set the webhook's URL, and see that the deployed fleet accepts what the App signs."""
    done = run("cli", "github", "connect", environment=stack.cli_environment)
    assert (done.returncode, done.stderr) == (0, "")
    hook = stack.github.hook
    assert hook is not None
    assert (hook.of_app, hook.url) == (True, stack.webhook_url)
    hook.redeliver(1)
    assert hook.settled(60)
    assert [one.event for one in hook.deliveries() if one.succeeded] == ["ping"]
