"""Listings of workflow runs and jobs: pages, conditional requests, the reserve, the bounds."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.adapters import github_jobs
from shared.adapters.github_api import GitHubApi
from shared.adapters.github_client import GitHubClient
from shared.adapters.github_jobs import ACTIVE, RESERVED, GitHubJobs
from shared.domain.unreadable import Unreadable
from shared.ports import RateLimited, Refused, RunView, Unavailable
from tests.support.clock import ManualClock
from tests.support.openapi import check_request
from tests.support.scripted import Scripted, scripted
from tests.support.tokens import Fixed

REPOSITORY = "octo/repo"
RUNS = f"/repos/{REPOSITORY}/actions/runs"


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted() as server:
        yield server


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def jobs(server: Scripted, clock: ManualClock) -> Iterator[GitHubJobs]:
    client = _client(server, clock)
    yield GitHubJobs(client)
    client.close()


def _client(server: Scripted, clock: ManualClock) -> GitHubClient:
    api = GitHubApi(server.url, clock=clock, sleep=lambda _: None)
    return GitHubClient(api=api, tokens=Fixed("a-token"), clock=clock)


def _run(number: int, **repository: bool) -> dict[str, Any]:
    return {"id": number, "repository": repository}


def _listed(*runs: dict[str, Any]) -> dict[str, Any]:
    return {"total_count": len(runs), "workflow_runs": list(runs)}


def _paths(server: Scripted) -> list[str]:
    for method, path, body, _ in server.asked:
        check_request(method, path, body)
    return [path for _, path, _, _ in server.asked]


def test_runs_of_each_active_status_are_listed_once_the_newest_first(
    server: Scripted, jobs: GitHubJobs
) -> None:
    server.will(200, _listed(_run(3, private=True), _run(1, fork=True)))
    server.will(200, _listed(_run(2), _run(1, fork=True)))
    server.will(200, _listed())
    assert jobs.active_runs(REPOSITORY, 100) == [
        RunView(id=3, private=True, fork=False),
        RunView(id=2, private=False, fork=False),
        RunView(id=1, private=False, fork=True),
    ]
    assert _paths(server) == [f"{RUNS}?status={one}&per_page=100&page=1" for one in ACTIVE]


def test_pages_are_read_until_one_is_not_full_or_the_limit_is_reached(
    server: Scripted, jobs: GitHubJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(github_jobs, "PAGE", 2)
    monkeypatch.setattr(github_jobs, "ACTIVE", ("queued",))
    server.will(200, _listed(_run(5), _run(4)))
    server.will(200, _listed(_run(3)))
    assert len(jobs.active_runs(REPOSITORY, 10)) == 3
    server.will(200, _listed(_run(5), _run(4)))
    assert len(jobs.active_runs(REPOSITORY, 2)) == 2
    assert [path.rpartition("=")[2] for path in _paths(server)] == ["1", "2", "1"]


def test_a_listing_that_has_not_changed_is_taken_from_memory(
    server: Scripted, jobs: GitHubJobs
) -> None:
    told = {"total_count": 1, "jobs": [{"id": 41, "status": "queued"}]}
    server.will(200, told, etag='W/"1"')
    server.will(304, None, etag='W/"1"')
    server.will(200, {"total_count": 0, "jobs": []}, etag='W/"2"')
    first, second, third = (jobs.of_run(REPOSITORY, 7) for _ in range(3))
    assert first == second
    assert [one.id for one in first] == [41]
    assert third == []
    headers = [headers.get("If-None-Match") for _, _, _, headers in server.asked]
    assert headers == [None, 'W/"1"', 'W/"1"']
    assert set(_paths(server)) == {f"{RUNS}/7/jobs?filter=latest&per_page=100&page=1"}


def test_responses_are_kept_up_to_a_number(
    server: Scripted, jobs: GitHubJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(github_jobs, "_KEPT", 1)
    for run in (7, 8, 7):
        server.will(200, {"total_count": 0, "jobs": []}, etag=f'"{run}"')
        jobs.of_run(REPOSITORY, run)
    assert all("If-None-Match" not in headers for _, _, _, headers in server.asked)


def test_listings_leave_a_part_of_the_rate_limit_until_it_is_reset(
    server: Scripted, jobs: GitHubJobs, clock: ManualClock
) -> None:
    limit = {
        "x_ratelimit_limit": "5000",
        "x_ratelimit_remaining": str(int(5000 * RESERVED)),
        "x_ratelimit_reset": str(int(clock.now().timestamp()) + 600),
    }
    empty = {"total_count": 0, "jobs": []}
    server.will(200, empty, **limit)
    jobs.of_run(REPOSITORY, 7)
    with pytest.raises(RateLimited, match=r"50% of GitHub's rate limit is reserved") as held:
        jobs.of_run(REPOSITORY, 7)
    assert held.value.retry_after == pytest.approx(600)
    server.will(200, {"id": 41, "status": "queued"}, **limit)
    assert jobs.job(REPOSITORY, 41).status == "queued", "a launch may depend on it"
    server.will(200, empty)
    assert jobs.of_run("other/repo", 7) == [], "another account has a limit of its own"
    clock.advance(600)
    server.will(200, empty)
    assert jobs.of_run(REPOSITORY, 7) == []


def test_a_job_out_of_bounds_is_left_out_and_reported(server: Scripted, clock: ManualClock) -> None:
    reported: list[Unreadable] = []
    listed = [{"id": 41, "status": "queued"}, {"id": -1, "status": "queued"}, {"id": 42}]
    server.will(200, {"total_count": 3, "jobs": listed})
    client = _client(server, clock)
    found = GitHubJobs(client, reported.append).of_run(REPOSITORY, 7)
    client.close()
    assert [one.id for one in found] == [41]
    assert [one.key for one in reported] == [f"a job of {REPOSITORY} run 7"] * 2


def test_jobs_are_run_again_by_one_request_that_is_not_repeated(
    server: Scripted, jobs: GitHubJobs
) -> None:
    server.will(201, {})
    jobs.rerun_job(REPOSITORY, 41)
    server.will(201, {})
    jobs.rerun_failed_jobs(REPOSITORY, 7)
    server.will(502, {"message": "Server Error"})
    with pytest.raises(Unavailable, match="502 Server Error"):
        jobs.rerun_failed_jobs(REPOSITORY, 7)
    paths = [f"/repos/{REPOSITORY}/actions/jobs/41/rerun", *[f"{RUNS}/7/rerun-failed-jobs"] * 2]
    assert _paths(server) == paths
    assert {method for method, _, _, _ in server.asked} == {"POST"}


def test_a_run_of_which_github_returns_little_is_read(server: Scripted, jobs: GitHubJobs) -> None:
    server.will(200, {"id": 7, "status": None, "conclusion": None})
    run = jobs.run(REPOSITORY, 7)
    assert (run.status, run.conclusion, run.run_attempt) == ("", "", 1)


@pytest.mark.parametrize("repository", ["octo", "octo/../x", "octo/repo/x", ".."])
def test_what_is_no_repository_is_refused_before_a_call(jobs: GitHubJobs, repository: str) -> None:
    with pytest.raises(Refused, match="allowed: owner/name"):
        jobs.active_runs(repository, 10)


def test_a_run_is_cancelled_and_the_refusal_for_one_that_has_ended_is_githubs(
    server: Scripted, jobs: GitHubJobs
) -> None:
    server.will(202, {})
    jobs.cancel_run(REPOSITORY, 7)
    server.will(409, {"message": "Cannot cancel a workflow run that is completed."})
    with pytest.raises(Refused, match="409 Cannot cancel a workflow run that is completed"):
        jobs.cancel_run(REPOSITORY, 7)
    assert _paths(server) == [f"{RUNS}/7/cancel"] * 2
    assert {method for method, _, _, _ in server.asked} == {"POST"}
