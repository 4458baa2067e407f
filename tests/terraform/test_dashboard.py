"""The dashboard: its queries are in the documented language, and on lines that functions wrote."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from cli.analysis.prices import own_prices
from local.aws.server import MotoServer
from tests.support.written import Line, written
from tests.terraform import dashboard, reports
from tests.terraform.insights import Query, undocumented, unwritten
from tests.terraform.support import FUNCTIONS, Terraform

pytestmark = pytest.mark.slow(file=True, seconds=45)

COLUMNS = 24
PROFILES = ("circuit", "images-storm", "cancelling", "lost-jobs", "rate-limit", "storm")
"""Worlds in which each line is written that the dashboard counts."""


@pytest.fixture(scope="module")
def module(aws: MotoServer, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    return dashboard.module(tmp_path_factory.mktemp("dashboard"), aws.url)


@pytest.fixture(scope="module")
def body(module: Terraform) -> dict[str, Any]:
    return dashboard.body(module)


@pytest.fixture(scope="module")
def lines() -> Mapping[str, list[Line]]:
    """Lines by function."""
    found: dict[str, list[Line]] = {name: [] for name in FUNCTIONS}
    for world in map(written, PROFILES):
        for name, some in world.by_function.items():
            found[name] += some
    return found


def _queries(body: Mapping[str, Any]) -> dict[str, tuple[Query, str]]:
    """Query and view by title."""
    logs = [one["properties"] for one in body["widgets"] if one["type"] == "log"]
    return {one["title"]: (Query(one["query"]), one["view"]) for one in logs}


def test_every_query_is_in_the_documented_language(body: dict[str, Any]) -> None:
    found = {title: list(undocumented(*one)) for title, one in _queries(body).items()}
    assert len(found) > 15
    assert {title: problems for title, problems in found.items() if problems} == {}


def test_every_field_and_text_of_a_query_is_in_a_line_that_its_functions_wrote(
    body: dict[str, Any], lines: Mapping[str, list[Line]]
) -> None:
    messages = reports.messages()
    found = {
        title: list(unwritten(query, lines, messages))
        for title, (query, _) in _queries(body).items()
    }
    assert {title: problems for title, problems in found.items() if problems} == {}


def test_what_the_checks_of_queries_find() -> None:
    source = "SOURCE '/aws/lambda/blue-janitor'\n| "
    line = {"message": "swept", "sweep": "Deadlines", "found": 1, "seconds": "1"}
    told = {"janitor": [line]}

    def problems(text: str, view: str = "table") -> list[str]:
        query = Query(source + text)
        return [*undocumented(query, view), *unwritten(query, told, ["launched"])]

    assert problems("filter sweep = 'Deadlines'\n| stats sum(found) as most by bin(5m)") == []
    assert problems("filter message = 'launched' or ispresent(found)\n| sort found desc") == []
    assert problems("where found") == ["no command: where"]
    assert problems("filter sum(found)") == ["no function of filter: sum"]
    assert problems("stats median(found)") == ["no function of stats: median"]
    assert problems("stats sum(seconds)") == ["no number: seconds"]
    assert problems("fields seconds * 2 as twice") == ["no number: seconds"]
    assert problems("stats count(*) by repaired") == ["no line has repaired"]
    assert problems("filter sweep = 'Dead'") == ["no line with sweep 'Dead'"]
    assert problems("stats sum(strcontains(sweep, 'Dead')) as dead") == []
    assert problems("stats sum(strcontains(sweep, 'x')) as x") == ["no line with sweep 'x'"]
    chart = "no line chart: it does not end with stats by bin alone"
    assert problems("stats sum(found) by sweep, bin(5m)", "timeSeries") == [chart]
    assert problems("stats sum(found) by bin(5m)\n| limit 5", "timeSeries") == [chart]
    assert list(undocumented(Query("filter found = 1"), "table")) == ["does not begin with SOURCE"]


def test_the_questions_of_an_operator_come_first_and_the_plumbing_last(
    body: dict[str, Any],
) -> None:
    introduction, *others = body["widgets"]
    assert f"--fleet {dashboard.PREFIX} status" in introduction["properties"]["markdown"]
    titles = [one["properties"]["title"] for one in others]
    asked = ["Queue time", "Launch time", "Queue and launch time", "Live runners", "Failures"]
    asked += ["What failed", "Circuit breaker", "Webhooks", "Image builds", "Estimated cost"]
    assert [title[: len(begin)] for title, begin in zip(titles, asked, strict=False)] == asked
    kinds = [one["type"] for one in others]
    assert kinds == sorted(kinds), "logs, then metrics"


def test_no_widget_covers_another_or_leaves_the_grid(body: dict[str, Any]) -> None:
    taken = [
        (one["x"] + column, one["y"] + row)
        for one in body["widgets"]
        for column in range(one["width"])
        for row in range(one["height"])
    ]
    assert len(taken) == len(set(taken))
    assert all(0 <= column < COLUMNS for column, _ in taken)


@pytest.mark.parametrize("architecture", ["x64", "arm64"])
def test_the_list_prices_are_those_of_the_statistics(module: Terraform, architecture: Any) -> None:
    prices = own_prices()
    rate = prices.rate("us-east-1", architecture)
    assert rate is not None
    title, query = _cost(dashboard.body(module, architecture=architecture))
    assert "list prices of us-east-1" in title
    assert f"vcpu_hours * {rate.vcpu_hour} + gb_hours * {rate.gb_hour} as on_demand" in query
    (discount,) = re.findall(r"on_demand - on_demand \* ([\d.]+) \*", query)
    assert float(discount) == pytest.approx(1 - prices.spot_ratio)


def test_other_prices_may_be_given(module: Terraform) -> None:
    prices = {"vcpu_hour": 0.1, "gb_hour": 0.01, "spot_ratio": 0.25}
    title, query = _cost(dashboard.body(module, fargate_prices=prices))
    assert "list prices" not in title
    assert "vcpu_hours * 0.1 + gb_hours * 0.01" in query
    assert "on_demand * 0.75 * strcontains(capacity, 'SPOT')" in query


def _cost(body: Mapping[str, Any]) -> tuple[str, str]:
    ((title, query),) = [
        (title, query.text) for title, (query, _) in _queries(body).items() if "cost" in title
    ]
    return title, query
