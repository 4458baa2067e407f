"""The requests to GitHub, checked against its OpenAPI description, and the results of responses."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3

from shared.adapters.github import GitHubRegistrations
from shared.adapters.github_api import GitHubApi, explain
from shared.adapters.github_client import GitHubClient
from shared.adapters.github_jobs import GitHubJobs
from shared.domain.runner_scope import RunnerScopes
from shared.ports import Deletion, NameTaken, NotNow, RateLimited, Refused, Unavailable
from tests.support.clock import ManualClock
from tests.support.openapi import check_request
from tests.support.scripted import Scripted, scripted
from tests.support.tokens import Fixed

TOKEN = "a-token-that-nobody-may-see"


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted() as server:
        yield server


@pytest.fixture
def client(server: Scripted) -> Iterator[GitHubRegistrations]:
    made = _client(server)
    yield made
    made.close()


def _client(server: Scripted, **more: Any) -> GitHubRegistrations:
    return GitHubRegistrations(_access(GitHubApi(server.url)), **more)


def _access(api: GitHubApi, **more: Any) -> GitHubClient:
    return GitHubClient(api=api, tokens=Fixed(TOKEN), **more)


MINTED = {"runner": {"id": 23, "name": "fleet-7-1"}, "encoded_jit_config": "c2VjcmV0"}


@pytest.mark.parametrize(
    ("scopes", "path"),
    [
        (RunnerScopes(), "/repos/octo/repo"),
        (RunnerScopes(organizations=("acme",)), "/repos/octo/repo"),
        (RunnerScopes(organizations=("acme", "Octo")), "/orgs/Octo"),
        (RunnerScopes(enterprise="octo-inc"), "/enterprises/octo-inc"),
    ],
)
def test_a_config_is_minted_as_githubs_description_wants(
    server: Scripted, scopes: RunnerScopes, path: str
) -> None:
    server.will(201, MINTED)
    client = _client(server, scopes=scopes)
    config = client.mint("octo/repo", "fleet-7-1", ["self-hosted", "linux"])
    client.close()
    assert (config.github_runner_id, config.encoded) == (23, "c2VjcmV0")
    ((method, asked_path, body, headers),) = server.asked
    assert (method, asked_path) == ("POST", f"{path}/actions/runners/generate-jitconfig")
    assert body == {"name": "fleet-7-1", "runner_group_id": 1, "labels": ["self-hosted", "linux"]}
    check_request(method, asked_path, body)
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["X-GitHub-Api-Version"] == "2022-11-28"


def test_a_name_that_exists_is_told_apart(server: Scripted, client: GitHubRegistrations) -> None:
    server.will(409, {"message": "Already exists"})
    with pytest.raises(NameTaken, match="fleet-7-1"):
        client.mint("octo/repo", "fleet-7-1", ["self-hosted"])


@pytest.mark.parametrize(
    ("status", "expected"), [(204, Deletion.DELETED), (404, Deletion.ABSENT), (422, Deletion.BUSY)]
)
def test_a_deletion_says_what_it_found(
    server: Scripted, client: GitHubRegistrations, status: int, expected: Deletion
) -> None:
    server.will(status, None if status == 204 else {"message": "no"})
    assert client.delete("octo/repo", 23) is expected
    assert server.asked[0][:2] == ("DELETE", "/repos/octo/repo/actions/runners/23")


def test_a_runner_is_found_by_its_whole_name(server: Scripted, client: GitHubRegistrations) -> None:
    runners = [{"id": 1, "name": "fleet-7-11"}, {"id": 2, "name": "fleet-7-1"}]
    server.will(200, {"total_count": 2, "runners": runners})
    server.will(200, {"total_count": 0, "runners": []})
    found = client.find("octo/repo", "fleet-7-1")
    assert found is not None
    assert (found.github_runner_id, found.runner_id) == (2, "fleet-7-1")
    assert client.find("octo/repo", "fleet-7-1") is None
    assert server.asked[0][1] == "/repos/octo/repo/actions/runners?name=fleet-7-1&per_page=100"


def test_a_job_is_read_as_github_has_it(server: Scripted, client: GitHubRegistrations) -> None:
    told = {"status": "queued", "conclusion": None, "runner_id": 0, "runner_name": ""}
    server.will(200, {"id": 41, **told, "started_at": "2026-01-01T00:00:00Z"})
    found = GitHubJobs(_access(GitHubApi(server.url))).job("octo/repo", 41)
    assert (found.status, found.conclusion, found.runner_name) == ("queued", "", "")
    assert (found.github_runner_id, found.completed_at) == (None, None)
    assert server.asked[0][:2] == ("GET", "/repos/octo/repo/actions/jobs/41")


def test_a_job_that_may_not_be_read_is_refused_with_githubs_words(
    server: Scripted, client: GitHubRegistrations
) -> None:
    server.will(403, {"message": "Resource not accessible by personal access token"})
    with pytest.raises(Refused, match="not accessible by personal access token"):
        GitHubJobs(_access(GitHubApi(server.url))).job("octo/repo", 41)


def test_the_wait_that_github_asks_for_is_passed_on(
    server: Scripted, client: GitHubRegistrations
) -> None:
    server.will(403, {"message": "You have exceeded a secondary rate limit"}, retry_after="17")
    with pytest.raises(Unavailable, match="secondary rate limit") as caught:
        client.mint("octo/repo", "fleet-7-1", [])
    assert caught.value.retry_after == 17


def test_an_exhausted_limit_is_waited_out_until_it_is_reset(
    server: Scripted, client: GitHubRegistrations
) -> None:
    reset = str(int(time.time()) + 120)
    server.will(429, {"message": "no"}, x_ratelimit_remaining="0", x_ratelimit_reset=reset)
    with pytest.raises(Unavailable) as caught:
        client.mint("octo/repo", "fleet-7-1", [])
    assert caught.value.retry_after == pytest.approx(120, abs=5)


def test_while_githubs_limit_holds_no_call_is_made(server: Scripted) -> None:
    clock = ManualClock()
    api = GitHubApi(server.url, clock=clock, sleep=lambda _: None)
    client = GitHubRegistrations(_access(api))
    server.will(403, {"message": "You have exceeded a secondary rate limit"}, retry_after="17")
    with pytest.raises(RateLimited):
        client.mint("octo/repo", "fleet-7-1", [])
    clock.advance(16)
    with pytest.raises(RateLimited, match="its rate limit is reached until 00:00:17 UTC") as again:
        client.find("octo/repo", "fleet-7-1")
    assert again.value.retry_after == 1
    assert len(server.asked) == 1
    clock.advance(1)
    server.will(200, {"total_count": 0, "runners": []})
    assert client.find("octo/repo", "fleet-7-1") is None


def test_the_limit_of_one_resource_does_not_hold_up_calls_of_another(server: Scripted) -> None:
    clock = ManualClock()
    api = GitHubApi(server.url, clock=clock, sleep=lambda _: None)
    client = GitHubRegistrations(_access(api))
    limits = {
        "x_ratelimit_remaining": "0",
        "x_ratelimit_reset": str(int(clock.now().timestamp()) + 1800),
        "x_ratelimit_resource": "actions_runner_registration",
    }
    server.will(403, {"message": "API rate limit exceeded"}, **limits)
    with pytest.raises(RateLimited) as limited:
        client.mint("octo/repo", "fleet-7-1", [])
    assert limited.value.retry_after == 1800
    server.will(204, {})
    assert client.delete("octo/repo", 41) is Deletion.DELETED
    with pytest.raises(RateLimited, match="its rate limit is reached until"):
        client.mint("acme/other", "fleet-8-1", [])
    assert len(server.asked) == 2


def test_a_secondary_limit_that_does_not_say_how_long_is_waited_out_for_a_minute(
    server: Scripted, client: GitHubRegistrations
) -> None:
    server.will(403, {"message": "You have exceeded a secondary rate limit"})
    with pytest.raises(Unavailable) as caught:
        client.mint("octo/repo", "fleet-7-1", [])
    assert caught.value.retry_after == 60


@pytest.mark.parametrize(
    ("status", "error"),
    [(500, Unavailable), (502, Unavailable), (401, NotNow), (403, Refused), (404, Refused)],
)
def test_what_passes_is_told_from_what_never_will(
    server: Scripted, client: GitHubRegistrations, status: int, error: type[Exception]
) -> None:
    server.will(status, {"message": "so it is"})
    with pytest.raises(error, match=f"{status} so it is") as caught:
        client.mint("octo/repo", "fleet-7-1", [])
    assert TOKEN not in str(caught.value)


def test_an_answer_of_another_shape_is_not_taken_for_success(
    server: Scripted, client: GitHubRegistrations
) -> None:
    server.will(201, ["surprise"])
    with pytest.raises(Unavailable, match="another shape"):
        client.mint("octo/repo", "fleet-7-1", [])


def test_an_answer_that_is_not_json_is_told_by_its_status() -> None:
    answer = urllib3.HTTPResponse(body=b"<html>Bad gateway</html>", status=502)
    assert explain(answer) == "GitHub: 502"


@pytest.mark.parametrize("repository", ["octo", "octo/../admin", "octo/..", "octo/a?b", ""])
def test_a_repository_that_is_none_never_reaches_github(
    client: GitHubRegistrations, repository: str
) -> None:
    with pytest.raises(Refused, match="allowed: owner/name"):
        client.mint(repository, "fleet-7-1", [])


def test_no_answer_is_unavailable_after_a_few_tries() -> None:
    api = GitHubApi("http://127.0.0.1:1", sleep=lambda _: None)
    client = GitHubRegistrations(_access(api))
    with pytest.raises(Unavailable, match="no answer"):
        client.find("octo/repo", "fleet-7-1")
    client.close()


def test_the_rate_limit_is_measured(server: Scripted) -> None:
    seen: list[tuple[str, int]] = []
    client = GitHubRegistrations(
        _access(GitHubApi(server.url), on_rate_limit=lambda *told: seen.append(told))
    )
    server.will(204, None, x_ratelimit_remaining="4999", x_ratelimit_resource="core")
    client.delete("octo/repo", 23)
    client.close()
    assert seen == [("core", 4999)]
