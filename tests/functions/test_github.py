"""How the functions that launch and stop runners reach GitHub."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from aws_lambda_powertools import Logger, Metrics

from functions.janitor import handler as janitor
from shared.adapters.github_api import connections
from shared.domain.actions import Role
from shared.engine.dependencies import Dependencies
from shared.ports import NotNow
from shared.wiring.backends import Backends
from shared.wiring.message_handler import message_handler
from tests.functions.test_settings import APP, FLEET, NOBODY
from tests.support.clock import ManualClock
from tests.support.scripted import Scripted, scripted
from tests.support.tokens import private_pem

LINE = "rate limit of GitHub"
TEXTS = {"/fleet/token": "the-token", "/fleet/app-key": private_pem()}
DEAD_LETTERS = {
    "SCHEDULER_DEAD_LETTER_URL": "https://dead-s",
    "RECONCILER_DEAD_LETTER_URL": "https://dead-r",
}


class Ssm:
    """The one call that parameters are read by."""

    def get_parameters(self, **asked: Any) -> dict[str, Any]:
        found = [{"Name": name, "Value": TEXTS[name]} for name in asked["Names"]]
        return {"Parameters": found, "InvalidParameters": []}


class Clients:
    """AWS, of which only parameters are asked for."""

    def ssm(self) -> Ssm:
        return Ssm()

    def __getattr__(self, _service: str) -> Callable[[], None]:
        return lambda: None


@pytest.fixture
def backends() -> Iterator[Backends]:
    pool = connections()
    yield Backends(clients=Clients(), connect=lambda: pool)
    pool.clear()


def _consumer(environment: dict[str, str], backends: Backends) -> Dependencies:
    metrics = Metrics(namespace="Test", service="test")
    made = message_handler(Role.SCHEDULER, environment, Logger(service="test"), metrics, backends)
    return made.driver.deps


def _janitor(environment: dict[str, str], backends: Backends) -> Dependencies:
    made = janitor.wire(
        environment | DEAD_LETTERS | {"GITHUB_SCOPE": "octo/repo"},
        janitor.logger,
        janitor.metrics,
        backends,
    )
    return made.deps


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted() as server:
        yield server


@pytest.mark.parametrize("wire", [_consumer, _janitor])
def test_what_each_rate_limit_leaves_is_logged_once_a_minute(
    server: Scripted,
    backends: Backends,
    caplog: pytest.LogCaptureFixture,
    wire: Callable[[dict[str, str], Backends], Dependencies],
) -> None:
    clock = ManualClock()
    deps = wire(FLEET | {"GITHUB_API_URL": server.url}, replace(backends, clock=clock))
    other = {"x_ratelimit_resource": "actions_runner_registration"}
    for remaining in (4999, 4998, 4997):
        core = {"x_ratelimit_remaining": str(remaining), "x_ratelimit_resource": "core"}
        server.will(204, None, **core)
    server.will(204, None, x_ratelimit_remaining="9999", **other)
    server.will(401, {"message": "no"}, x_ratelimit_remaining="59", x_ratelimit_limit="60")
    for seconds in (59, 1, 0, 60):
        deps.registrations.delete("octo/repo", 23)
        clock.advance(seconds)
    with pytest.raises(NotNow, match="401 no"):
        deps.registrations.delete("octo/repo", 23)
    lines: list[Any] = [one for one in caplog.records if one.getMessage() == LINE]
    assert [(one.resource, one.remaining) for one in lines] == [
        ("core", 4999),
        ("core", 4997),
        ("actions_runner_registration", 9999),
    ]
    assert server.asked[0][3]["Authorization"] == "Bearer the-token"


def test_an_app_asks_by_a_token_of_its_installation(server: Scripted, backends: Backends) -> None:
    more = {"GITHUB_API_URL": server.url, "GITHUB_APP_INSTALLATION_ID": "42"}
    deps = _consumer(NOBODY | APP | more, backends)
    server.will(201, {"token": "ghs_1", "expires_at": "2999-01-01T00:00:00Z"})
    server.will(204)
    deps.registrations.delete("octo/repo", 23)
    assert server.asked[0][1] == "/app/installations/42/access_tokens"
    assert server.asked[1][3]["Authorization"] == "Bearer ghs_1"


@pytest.mark.parametrize(
    ("setting", "access"),
    [({"LOST_JOB_RERUNS": "1"}, "write"), ({"CANCEL_REFUSED_RUNS": "true"}, "write"), ({}, "read")],
)
def test_an_app_requests_to_write_actions_only_for_what_needs_it(
    server: Scripted, backends: Backends, setting: dict[str, str], access: str
) -> None:
    more = {"GITHUB_API_URL": server.url, "GITHUB_APP_INSTALLATION_ID": "42"}
    deps = _consumer(NOBODY | APP | more | setting, backends)
    server.will(201, {"token": "ghs_1", "expires_at": "2999-01-01T00:00:00Z"})
    server.will(200, {"id": 7, "status": "completed"})
    deps.jobs.run("octo/repo", 7)
    assert server.asked[0][2]["permissions"]["actions"] == access


def test_the_janitor_reads_deliveries_as_whom_the_fleet_is_at_github(backends: Backends) -> None:
    more = DEAD_LETTERS | {"GITHUB_SCOPE": "octo/repo", "WEBHOOK_URL": "https://api/webhook"}
    repositories = ["octo/repo"]
    token = janitor.wire(FLEET | more, janitor.logger, janitor.metrics, backends).deliveries
    assert token is not None
    assert list(token.owners(repositories)) == repositories
    app = janitor.wire(NOBODY | APP | more, janitor.logger, janitor.metrics, backends).deliveries
    assert app is not None
    assert list(app.owners(repositories)) == ["app"]
