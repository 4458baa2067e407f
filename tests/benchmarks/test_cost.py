"""What a plan costs: counted in the plan, priced by the table, with what AWS leaves free."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks import bill, cost

IDLE = {
    "queue_pollers": 5,
    "queue_poll_seconds": 20,
    "janitor_seconds": 2,
    "janitor_log_kb": 3,
    "warm_seconds": 0.5,
    "janitor_table_reads": 20,
    "janitor_key_requests": 2,
    "metric_hours": 73,
    "images": 2,
    "image_gb": 0.5,
    "kept_jobs": 1000,
    "kb_a_job": 100,
}
FUNCTION = (
    "aws_lambda_function",
    {"memory_size": 512, "tracing_config": [{"mode": "Active"}]},
)


def _plan(*resources: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    changes = [
        {"mode": "managed", "type": kind, "change": {"after": after}} for kind, after in resources
    ]
    gone = {"mode": "managed", "type": "aws_kms_key", "change": {"after": None}}
    read = {"mode": "data", "type": "aws_kms_key", "change": {"after": {}}}
    return {"resource_changes": [*changes, gone, read]}


SMALL = _plan(
    FUNCTION,
    ("aws_cloudwatch_metric_alarm", {"metric_query": []}),
    (
        "aws_cloudwatch_metric_alarm",
        {"metric_query": [{"metric": []}, {"metric": [{}]}, {"metric": [{}]}]},
    ),
    ("aws_cloudwatch_dashboard", {}),
    (
        "aws_scheduler_schedule",
        {"name": "fleet-janitor", "schedule_expression": "rate(5 minutes)"},
    ),
    ("aws_scheduler_schedule", {"name": "fleet-warm", "schedule_expression": "rate(10 minutes)"}),
    ("aws_lambda_event_source_mapping", {"starting_position": None}),
    ("aws_lambda_event_source_mapping", {"starting_position": "LATEST"}),
    ("aws_dynamodb_table", {"point_in_time_recovery": [{"enabled": True}]}),
    ("aws_ecr_repository", {}),
    ("aws_nat_gateway", {}),
)


def test_what_has_a_price_is_counted_in_the_plan() -> None:
    seconds = cost.HOURS * 3600
    assert cost.idle(SMALL, IDLE) == pytest.approx(
        {
            "alarm_metrics": 3,  # An expression is charged by its metrics.
            "dashboards": 1,
            "metrics": 0.1,
            "keys": 0,
            "nat_hours": 730,
            "address_hours": 0,
            "queue_requests": 5 / 20 * seconds,
            "schedules": 8760 + 4380,
            "invocations": 8760 + 4380,
            "lambda_gb_seconds": 8760 + 4380 * 0.5 * 0.5,
            "traces": 8760 + 4380,
            "log_gb": 0.02628,
            "table_reads": 175_200,
            "key_requests": 17_520,
            "table_gb": 0.1,
            "backup_gb": 0.1,
            "image_gb": 1,
        }
    )


def test_lambdas_reads_of_the_stream_cost_nothing() -> None:
    plan = _plan(FUNCTION, ("aws_lambda_event_source_mapping", {"starting_position": "LATEST"}))
    assert cost.idle(plan, IDLE)["queue_requests"] == 0


def test_what_is_not_traced_costs_no_traces() -> None:
    untraced = {**FUNCTION[1], "tracing_config": [{"mode": "PassThrough"}]}
    schedule = {"name": "fleet-janitor", "schedule_expression": "rate(5 minutes)"}
    plan = _plan((FUNCTION[0], untraced), ("aws_scheduler_schedule", schedule))
    assert cost.idle(plan, IDLE)["traces"] == 0
    job = tomllib.loads((cost.HERE / "workload.toml").read_text())["job"]
    assert cost.jobs(plan, job)["traces"] == 0


def test_a_line_costs_its_list_price_and_less_with_the_free_tier() -> None:
    price = bill.Price(what="reads", usd=0.02, per=100_000, free=2_500_000, source="https://a")
    line = bill.Line(price=price, quantity=10_000_000)
    assert (line.listed, line.charged) == pytest.approx((2.0, 1.5))
    assert bill.Line(price=price, quantity=1000).charged == 0


def test_the_dearest_comes_first_and_what_there_is_none_of_is_left_out() -> None:
    found = bill.lines({"keys": 0, "image_gb": 1, "alarm_metrics": 30})
    assert [line.price.what for line in found] == ["alarm metrics", "GB of images in ECR"]
    assert bill.totals(found) == pytest.approx((3.1, 2.1))


def test_every_price_has_an_aws_page_and_every_quantity_a_price() -> None:
    table = bill.prices()
    assert all(one.source.startswith("https://") for one in table.values())
    assert all(".aws.amazon.com/" in one.source or "//aws." in one.source for one in table.values())
    job = tomllib.loads((cost.HERE / "workload.toml").read_text())["job"]
    used = {*cost.idle(SMALL, IDLE), *cost.jobs(SMALL, job)}
    assert used == set(table)


def test_a_schedule_that_is_no_rate_is_refused() -> None:
    plan = _plan(
        FUNCTION,
        (
            "aws_scheduler_schedule",
            {"name": "fleet-janitor", "schedule_expression": "cron(0 * * * ? *)"},
        ),
    )
    with pytest.raises(ValueError, match="is not a rate"):
        cost.idle(plan, IDLE)


def test_the_command_takes_a_plan_and_other_assumptions(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(SMALL))
    told = (cost.HERE / "workload.toml").read_text()
    (tmp_path / "workload.toml").write_text(told.replace("images = 2", "images = 7"))
    files = [f"--plan={tmp_path}/plan.json", f"--workload={tmp_path}/workload.toml"]
    done = CliRunner().invoke(cost.main, files)
    assert done.exit_code == 0, done.output
    assert "GB of images in ECR | 0.35 |" in done.output
    assert "`images` 7" in done.output
