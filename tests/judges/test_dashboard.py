"""The body of the dashboard, judged by types of it that others wrote."""

import shutil
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from local.aws.server import MotoServer
from tests.judges import dashboard_types
from tests.judges.missing import missing
from tests.terraform import dashboard, support

pytestmark = pytest.mark.slow(file=True, seconds=30)


@pytest.fixture(scope="module")
def aws() -> Iterator[MotoServer]:
    if not dashboard_types.IS_THERE:
        missing(dashboard_types.NEEDED)
    if shutil.which("terraform") is None:
        missing(support.NEEDED)
    with MotoServer() as server:
        yield server


@pytest.fixture(scope="module")
def body(aws: MotoServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return dashboard.body(dashboard.module(tmp_path_factory.mktemp("dashboard"), aws.url))


def test_the_body_has_the_documented_structure(body: dict[str, Any], tmp_path: Path) -> None:
    assert {one["type"] for one in body["widgets"]} == {"text", "log", "metric"}
    assert dashboard_types.complaints(body, tmp_path) == []


def test_the_judge_finds_a_wrong_structure(body: dict[str, Any], tmp_path: Path) -> None:
    changed = deepcopy(body)
    text, first, second, third, *_ = [one["properties"] for one in changed["widgets"]]
    metric = changed["widgets"][-1]["properties"]
    text["markdown"] = 7
    first["view"] = "pie chart"
    second["querystring"] = second.pop("query")
    third["region"] = None
    metric["stat"] = "Median"
    found = "\n".join(dashboard_types.complaints(changed, tmp_path))
    for wrong in ("'number'", '"pie chart"', '"querystring"', "'null'", '"Median"'):
        assert wrong in found
