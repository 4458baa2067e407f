"""GitHub's description refuses requests that it does not have, so that it can judge others."""

from typing import Any

import jsonschema
import pytest

from tests.support.openapi import check_request

RUNS = "/repos/octo/repo/actions/runs"
STATUS = "/repos/octo/repo/statuses/abc"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"{RUNS}?status=queued&per_page=100&page=2", None),
        ("GET", f"{RUNS}?", None),
        ("POST", STATUS, {"state": "failure"}),
    ],
)
def test_a_request_as_github_describes_it_passes(method: str, path: str, body: Any) -> None:
    check_request(method, path, body)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"{RUNS}?state=queued", None),
        ("GET", f"{RUNS}?status=paused", None),
        ("GET", f"{RUNS}?status=queued&status=waiting", None),
        ("GET", f"{RUNS}?page=first", None),
        ("GET", f"{RUNS}?per_page=101", None),
        ("GET", "/repos/octo/repo/actions/run", None),
        ("PUT", STATUS, {"state": "failure"}),
        ("POST", STATUS, {"state": "neutral"}),
        ("POST", STATUS, {}),
    ],
)
def test_any_other_request_is_refused(method: str, path: str, body: Any) -> None:
    with pytest.raises((AssertionError, jsonschema.ValidationError, ValueError)):
        check_request(method, path, body)
