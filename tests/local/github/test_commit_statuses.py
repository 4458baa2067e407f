"""The emulator creates commit statuses as GitHub describes them, and refuses what GitHub does."""

from typing import Any

import pytest

from local.github import commit_statuses
from local.github.payloads import head_sha
from local.github.server import GitHub

REPOSITORY = "octo/repo"


@pytest.fixture
def path(github: GitHub) -> str:
    """The path of a commit's statuses."""
    sha = head_sha(github.actions.queue(REPOSITORY, ("self-hosted",)).run_id)
    return f"/repos/{REPOSITORY}/statuses/{sha}"


def test_a_status_is_created_and_kept(github: GitHub, api: Any, path: str) -> None:
    asked = {"state": "failure", "context": "CI / build", "description": "No such class"}
    status, told = api("POST", path, asked)
    assert (status, told["state"], told["context"]) == (201, "failure", "CI / build")
    assert api("POST", path, {"state": "success"})[1]["context"] == "default"
    assert [one.state for one in github.statuses] == ["failure", "success"]


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({}, "state must be one of"),
        ({"state": "neutral"}, "state must be one of"),
        ({"state": "success", "description": "d" * 141}, "maximum is 140 characters"),
        ({"state": "success", "context": "c" * 256}, "maximum is 255 characters"),
    ],
)
def test_what_github_does_not_accept_is_refused(
    github: GitHub, api: Any, path: str, asked: Any, problem: str
) -> None:
    status, told, _ = api.raw("POST", path, asked)
    assert (status, problem in told["message"]) == (422, True)
    assert not github.statuses


def test_a_commit_of_another_repository_is_unknown(api: Any, path: str) -> None:
    elsewhere = path.replace(REPOSITORY, "octo/other")
    assert api("POST", elsewhere, {"state": "success"})[0] == 422


def test_a_context_has_a_limited_number_of_statuses_whatever_its_case(
    api: Any, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit_statuses, "MOST_OF_CONTEXT", 2)
    for context in ("build", "Build"):
        assert api("POST", path, {"state": "success", "context": context})[0] == 201
    assert api("POST", path, {"state": "success", "context": "BUILD"})[0] == 422
    assert api("POST", path, {"state": "success", "context": "test"})[0] == 201
