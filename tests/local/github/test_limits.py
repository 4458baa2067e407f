"""The rate limits of the GitHub stand-in: by credential, by resource, by points."""

from collections.abc import Mapping
from random import Random
from typing import Any

from werkzeug.wrappers import Response

from local.github.actions import Actions
from local.github.limits import CORE, PRIMARY, REGISTRATION, Limits
from local.github.model import Job
from local.github.rest import Rest
from tests.simulated.agenda import Agenda
from tests.simulated.github import Http

RUNNERS = "/repos/octo/repo/actions/runners"


class _Api:
    """The REST API with two tokens, and a clock."""

    def __init__(self, points: int | None = None) -> None:
        self.clock = Agenda(Random(0))
        actions = Actions(_ignore, now=self.clock.now, monotonic=lambda: self.clock.seconds)
        limits = Limits(points=points)
        self.rest = Rest(
            actions, lambda: None, "one", lambda: "", limits=limits, more_tokens=["two"]
        )
        self._http = Http(self.rest)
        self._names = 0

    def list(self, who: str = "one", **headers: str) -> Any:
        sent = {"Authorization": f"Bearer {who}", **headers}
        return self._http.request("GET", RUNNERS, fields=None, json=None, headers=sent)

    def register(self, who: str = "one", path: str = RUNNERS) -> Any:
        self._names += 1
        body = {"name": f"runner-{self._names}", "runner_group_id": 1, "labels": ["linux"]}
        sent = {"Authorization": f"Bearer {who}"}
        url = f"{path}/generate-jitconfig"
        return self._http.request("POST", url, fields=None, json=body, headers=sent)


def _ignore(_job: Job, _action: str) -> None:
    """Send no webhook."""


def _left(headers: Mapping[str, str]) -> tuple[str, int]:
    return headers["x-ratelimit-resource"], int(headers["x-ratelimit-remaining"])


def test_each_credential_has_its_own_limit() -> None:
    api = _Api()
    assert _left(api.list("one").headers) == (CORE, 4999)
    assert _left(api.list("one").headers) == (CORE, 4998)
    assert _left(api.list("two").headers) == (CORE, 4999)


def test_a_registration_is_counted_in_its_own_resource_and_in_core() -> None:
    api = _Api()
    assert _left(api.register().headers) == (REGISTRATION, 1499)
    assert _left(api.list().headers) == (CORE, 4998)


def test_registrations_are_limited_by_repository_whatever_the_credential() -> None:
    api = _Api()
    most, seconds = PRIMARY[REGISTRATION]
    for number in range(most):
        assert api.register("one" if number % 2 else "two").status == 201
    refused = api.register()
    assert refused.status == 403
    assert _left(refused.headers) == (REGISTRATION, 0)
    assert api.register(path="/repos/octo/other/actions/runners").status == 201
    assert api.list().status == 200, "another resource has its own limit"
    api.clock.run(seconds)
    assert api.register().status == 201


def test_a_change_costs_five_points_and_a_read_one() -> None:
    api = _Api(points=11)
    assert [api.register().status, api.register().status, api.list().status] == [201, 201, 200]
    refused = api.list()
    assert (refused.status, refused.headers["retry-after"]) == (403, "61")
    assert "retry-after" not in api.list("two").headers
    assert api.rest.limits.refused == {"one": 1}
    api.clock.run(60.0)
    assert api.list().status == 200


def test_a_response_that_has_not_changed_costs_no_request() -> None:
    api = _Api()
    first = api.list()
    again = api.list(**{"If-None-Match": first.headers["etag"]})
    assert (again.status, _left(again.headers)) == (304, (CORE, 4999))


def test_a_refusal_names_the_reset_of_the_resource() -> None:
    api = _Api()
    for _ in range(PRIMARY[CORE][0]):
        answer: Response = api.list()
    refused = api.list()
    assert refused.status == 403
    assert refused.headers["x-ratelimit-reset"] == answer.headers["x-ratelimit-reset"]
