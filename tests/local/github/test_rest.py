"""The stand-in's REST API answers as GitHub's description says."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import urllib3

from local.github.answers import refused
from local.github.model import Job, UnknownError
from local.github.server import GitHub

REPOSITORY = "octo/repo"
RUNNERS = f"/repos/{REPOSITORY}/actions/runners"


@pytest.mark.parametrize("scope", [f"repos/{REPOSITORY}", "orgs/octo"])
def test_a_runner_is_registered_listed_shown_and_deleted(api: Any, scope: str) -> None:
    number = api.mint("fleet-7-1", "linux", scope=scope)["runner"]["id"]
    path = f"/{scope}/actions/runners"
    assert api("GET", f"{path}?name=fleet-7-1")[1]["total_count"] == 1
    assert api("GET", f"{path}?name=fleet-7")[1]["total_count"] == 0
    status, shown = api("GET", f"{path}/{number}")
    assert (status, shown["name"], shown["status"], shown["busy"]) == (
        200,
        "fleet-7-1",
        "offline",
        False,
    )
    assert [label["name"] for label in shown["labels"]] == ["self-hosted", "linux"]
    assert api("DELETE", f"{path}/{number}") == (204, None)
    assert api("DELETE", f"{path}/{number}")[0] == 404
    assert api("GET", path)[1]["runners"] == []


def test_a_config_names_the_service_and_the_runner(github: GitHub, api: Any) -> None:
    told = api.mint("fleet-7-1")
    files = json.loads(base64.b64decode(told["encoded_jit_config"]))
    assert files[".runner"] == {
        "agentId": told["runner"]["id"],
        "agentName": "fleet-7-1",
        "serverUrl": github.url,
    }


def test_a_name_is_taken_once_in_a_scope(api: Any) -> None:
    asked = {"name": "fleet-7-1", "runner_group_id": 1, "labels": ["self-hosted"]}
    assert api("POST", f"{RUNNERS}/generate-jitconfig", asked)[0] == 201
    assert api("POST", f"{RUNNERS}/generate-jitconfig", asked)[0] == 409
    assert api("POST", "/repos/octo/other/actions/runners/generate-jitconfig", asked)[0] == 201


def test_a_runner_at_work_can_not_be_deleted(
    github: GitHub, api: Any, online: Callable[..., str]
) -> None:
    token = online("fleet-7-1")
    number = github.actions.registered()[0].id
    github.actions.queue(REPOSITORY, ("self-hosted",))
    status, told = api("DELETE", f"{RUNNERS}/{number}")
    assert (status, told["message"]) == (
        422,
        'Bad request - Runner "fleet-7-1" is still running a job',
    )
    github.actions.finish(token, "success")
    assert api("DELETE", f"{RUNNERS}/{number}")[0] == 404


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"name": "a" * 65}, "name"),
        ({"name": 7}, "name"),
        ({"labels": []}, "labels"),
        ({"labels": ["x"] * 101}, "labels"),
        ({"labels": "self-hosted"}, "labels"),
        ({"runner_group_id": None}, "runner_group_id"),
    ],
)
def test_a_wrong_registration_is_refused_by_name_of_the_field(
    api: Any, wrong: dict[str, Any], named: str
) -> None:
    asked = {"name": "fleet-7-1", "runner_group_id": 1, "labels": ["self-hosted"], **wrong}
    status, told, _ = api.raw("POST", f"{RUNNERS}/generate-jitconfig", asked)
    assert status == 422
    assert named in told["message"]


def test_only_the_token_opens_the_door(api: Any) -> None:
    assert api("GET", RUNNERS, token="another")[0] == 401


@pytest.mark.parametrize(
    ("scheme", "status"), [("Bearer", 200), ("bearer", 200), ("token", 200), ("Basic", 401)]
)
def test_a_token_comes_by_githubs_schemes(github: GitHub, scheme: str, status: int) -> None:
    headers = {"Authorization": f"{scheme} a token"}
    with urllib3.PoolManager() as http:
        assert http.request("GET", f"{github.url}{RUNNERS}", headers=headers).status == status


def test_what_github_does_not_have_is_not_found(api: Any) -> None:
    assert api.raw("GET", "/repos/octo/repo/actions/secrets")[0] == 404
    assert api.raw("PUT", RUNNERS)[0] == 405
    assert api("GET", f"{RUNNERS}/99")[0] == 404


def test_the_runners_come_in_pages(api: Any) -> None:
    for number in range(5):
        api.mint(f"fleet-{number}-1")
    pages = [api("GET", f"{RUNNERS}?per_page=2&page={page}")[1]["runners"] for page in (1, 2, 3)]
    assert [[one["name"] for one in page] for page in pages] == [
        ["fleet-0-1", "fleet-1-1"],
        ["fleet-2-1", "fleet-3-1"],
        ["fleet-4-1"],
    ]
    assert api.raw("GET", f"{RUNNERS}?per_page=many")[0] == 422


def test_each_page_links_to_the_others(github: GitHub, api: Any) -> None:
    for number in range(5):
        api.mint(f"fleet-{number}-1")

    def links(page: int, size: int = 2) -> dict[str, str]:
        headers = api.raw("GET", f"{RUNNERS}?per_page={size}&page={page}")[2]
        found = re.findall(r'<([^>]+)>; rel="(\w+)"', headers.get("link", ""))
        return {name: url.removeprefix(f"{github.url}{RUNNERS}?") for url, name in found}

    assert links(1) == {"next": "per_page=2&page=2", "last": "per_page=2&page=3"}
    assert list(links(2)) == ["prev", "first", "next", "last"]
    assert links(3) == {"prev": "per_page=2&page=2", "first": "per_page=2&page=1"}
    assert links(1, size=5) == {}


def test_each_answer_tells_what_is_left_of_the_rate_limit(api: Any) -> None:
    left = [int(api.raw("GET", RUNNERS)[2]["x-ratelimit-remaining"]) for _ in range(2)]
    assert left == [4999, 4998]


def test_a_fault_takes_the_place_of_the_answer_and_is_counted(github: GitHub, api: Any) -> None:
    github.faults = lambda _request: refused(403, "You have exceeded a rate limit", retry_after="7")
    status, _, headers = api.raw("GET", RUNNERS)
    assert (status, headers["retry-after"]) == (403, "7")
    assert github.calls == {"GET runners": 1}


def test_a_run_is_cancelled_once(github: GitHub, api: Any) -> None:
    job = github.actions.queue(REPOSITORY, ("self-hosted",))
    path = f"/repos/{REPOSITORY}/actions/runs/{job.run_id}/cancel"
    assert api("POST", path)[0] == 202
    assert (job.status, job.conclusion, job.runner_name) == ("completed", "cancelled", None)
    assert api("POST", path)[0] == 409
    assert api("POST", f"/repos/{REPOSITORY}/actions/runs/99/cancel")[0] == 404


def _shown(api: Any, job: Job) -> tuple[str, str | None, str | None]:
    status, told = api("GET", f"/repos/{REPOSITORY}/actions/jobs/{job.id}")
    assert (status, told["id"], told["run_id"]) == (200, job.id, job.run_id)
    return told["status"], told["conclusion"], told["runner_name"]


def test_a_job_is_shown_from_its_approval_to_its_end(
    github: GitHub, api: Any, online: Callable[..., str]
) -> None:
    labels = ("self-hosted", "linux")
    job = github.actions.queue(REPOSITORY, labels, needs_approval=True)
    assert _shown(api, job) == ("waiting", None, None)
    github.actions.approve(job)
    assert _shown(api, job) == ("queued", None, None)
    token = online("fleet-1-1", "linux")
    assert _shown(api, job) == ("in_progress", None, "fleet-1-1")
    github.actions.finish(token, "success")
    assert _shown(api, job) == ("completed", "success", "fleet-1-1")
    told = api("GET", f"/repos/{REPOSITORY}/actions/jobs/{job.id}")[1]
    assert (told["runner_id"], told["runner_group_id"], told["labels"]) == (1, 1, list(labels))
    assert told["created_at"] <= told["started_at"] <= told["completed_at"]


def test_a_job_is_not_found_by_another_number_or_in_another_repository(
    github: GitHub, api: Any
) -> None:
    job = github.actions.queue(REPOSITORY, ("self-hosted",))
    for path in (
        f"/repos/{REPOSITORY}/actions/jobs/{job.id + 1}",
        f"/repos/octo/other/actions/jobs/{job.id}",
    ):
        status, told = api("GET", path)
        assert (status, told["message"]) == (404, "Not Found")
    assert api.raw("GET", f"/orgs/octo/actions/jobs/{job.id}")[0] == 404


def test_an_idle_runner_may_be_removed_by_itself() -> None:
    with GitHub(token="a token", idle_seconds=(0.0, 0.0)) as github:
        runner = github.actions.register(REPOSITORY, "fleet-1-1", ("self-hosted",))
        github.actions.connect(runner.token, "2.330.0")
        with pytest.raises(UnknownError):
            github.actions.take(runner.token, 20)
        assert github.actions.registered() == []


def test_runs_are_listed_by_status_with_their_jobs(github: GitHub, api: Any) -> None:
    waiting = github.actions.queue(REPOSITORY, ("self-hosted",), needs_approval=True)
    queued = github.actions.queue(REPOSITORY, ("self-hosted", "gpu"))
    cancelled = github.actions.queue(REPOSITORY, ("self-hosted",))
    github.actions.cancel(REPOSITORY, cancelled.run_id)
    for job, status in ((waiting, "waiting"), (queued, "queued"), (cancelled, "completed")):
        code, told = api("GET", f"/repos/{REPOSITORY}/actions/runs?status={status}")
        assert code == 200
        assert [run["id"] for run in told["workflow_runs"]] == [job.run_id]
        code, told = api("GET", f"/repos/{REPOSITORY}/actions/runs/{job.run_id}/jobs")
        assert (code, [one["id"] for one in told["jobs"]]) == (200, [job.id])
    _, told = api("GET", f"/repos/{REPOSITORY}/actions/runs?per_page=2")
    assert told["total_count"] == 3
    assert [run["id"] for run in told["workflow_runs"]] == [cancelled.run_id, queued.run_id]
    assert api("GET", f"/repos/{REPOSITORY}/actions/runs/99/jobs")[0] == 404


def test_an_unchanged_response_does_not_count_against_the_rate_limit(
    github: GitHub, api: Any
) -> None:
    def ask(**headers: str) -> tuple[int, str, str]:
        answer = urllib3.request(
            "GET",
            f"{github.url}/repos/{REPOSITORY}/actions/runs",
            headers={"Authorization": "Bearer a token", **headers},
        )
        return answer.status, answer.headers["etag"], answer.headers["x-ratelimit-remaining"]

    status, etag, left = ask()
    assert status == 200
    assert ask(**{"If-None-Match": etag}) == (304, etag, left)
    github.actions.queue(REPOSITORY, ("self-hosted",))
    status, other, less = ask(**{"If-None-Match": etag})
    assert (status, other == etag, int(less)) == (200, False, int(left) - 1)
