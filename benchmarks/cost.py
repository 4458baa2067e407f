"""`make cost`: estimates the monthly cost of an idle fleet and the cost of a thousand jobs.

The quantities of priced resources come from a plan in the format of `terraform show -json`, so they
follow changes of the module. `prices.toml` contains the prices and `workload.toml` the assumptions,
each with its source.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from benchmarks.bill import Quantities, heading, lines, table
from benchmarks.plans import planned

HERE = Path(__file__).parent
HOURS = 730
"""Hours of a month in AWS's pricing calculator."""

JOBS = 1000
_SECONDS = HOURS * 3600
_KB = 1 / 1_000_000
_UNITS = {"minute": 60, "hour": 3600, "day": 86400}


def idle(plan: Mapping[str, Any], assumed: Mapping[str, float]) -> Quantities:
    """Return the quantities of a month without jobs."""
    return {
        **_standing(plan, assumed),
        **_polled(plan, assumed),
        **_scheduled(plan, assumed),
        **_kept(plan, assumed),
    }


def _standing(plan: Mapping[str, Any], assumed: Mapping[str, float]) -> Quantities:
    """Return the quantities of resources that are billed for their existence."""
    return {
        "alarm_metrics": sum(map(_metrics, _all(plan, "aws_cloudwatch_metric_alarm"))),
        "dashboards": _count(plan, "aws_cloudwatch_dashboard"),
        "metrics": assumed["metric_hours"] / HOURS,
        "keys": _count(plan, "aws_kms_key"),
        "nat_hours": _count(plan, "aws_nat_gateway") * HOURS,
        "address_hours": _count(plan, "aws_eip") * HOURS,
    }


def _polled(plan: Mapping[str, Any], assumed: Mapping[str, float]) -> Quantities:
    """Return the quantities of Lambda's polling of queues. Its reads of the log's stream are free.

    Source: Amazon DynamoDB Developer Guide, "Optimizing costs with DynamoDB Streams".
    """
    mappings = _all(plan, "aws_lambda_event_source_mapping")
    queues = sum(not one["starting_position"] for one in mappings)
    receives = assumed["queue_pollers"] / assumed["queue_poll_seconds"]
    return {"queue_requests": queues * receives * _SECONDS}


def _scheduled(plan: Mapping[str, Any], assumed: Mapping[str, float]) -> Quantities:
    """Return the quantities of the Janitor's runs and of the batches that keep functions warm."""
    schedules = list(_all(plan, "aws_scheduler_schedule"))
    janitors = [one for one in schedules if one["name"].endswith("-janitor")]
    runs, everything = _runs(janitors), _runs(schedules)
    seconds = runs * assumed["janitor_seconds"] + (everything - runs) * assumed["warm_seconds"]
    return {
        "schedules": everything,
        "invocations": everything,
        "lambda_gb_seconds": seconds * _memory_gb(plan),
        "traces": everything * _is_traced(plan),
        "log_gb": runs * assumed["janitor_log_kb"] * _KB,
        "table_reads": runs * assumed["janitor_table_reads"],
        "key_requests": runs * assumed["janitor_key_requests"],
    }


def _runs(schedules: Iterable[Mapping[str, Any]]) -> float:
    return sum(_SECONDS / _seconds(one["schedule_expression"]) for one in schedules)


def _kept(plan: Mapping[str, Any], assumed: Mapping[str, float]) -> Quantities:
    """Return the quantities of storage: the log, its backup, images."""
    gb = assumed["kept_jobs"] * assumed["kb_a_job"] * _KB
    tables = _all(plan, "aws_dynamodb_table")
    backups = any(one["enabled"] for table in tables for one in table["point_in_time_recovery"])
    images = _count(plan, "aws_ecr_repository") * assumed["images"]
    return {
        "table_gb": gb,
        "backup_gb": gb if backups else 0,
        "image_gb": images * assumed["image_gb"],
    }


def jobs(plan: Mapping[str, Any], assumed: Mapping[str, float]) -> Quantities:
    """Return the quantities of one job: the control plane's, and those of its task."""
    runs, events = assumed["invocations"], assumed["events"]
    hours = assumed["task_minutes"] / 60
    log_kb = runs * assumed["log_kb_an_invocation"] + assumed["runner_log_kb"]
    live_log_kb = assumed["task_minutes"] * assumed["live_log_kb_a_minute"]
    return {
        "api_requests": assumed["webhooks"],
        "invocations": runs,
        "lambda_gb_seconds": runs * assumed["invocation_seconds"] * _memory_gb(plan),
        "traces": runs * _is_traced(plan),
        "table_writes": assumed["table_writes"],
        "table_reads": (assumed["calls"] - events) * assumed["table_reads_a_call"],
        "queue_requests": assumed["nudges"] * assumed["queue_requests_a_nudge"],
        "log_gb": (log_kb + live_log_kb) * _KB,
        "bucket_writes": assumed["bucket_writes"],
        "bucket_reads": assumed["bucket_reads"],
        "key_requests": assumed["key_requests"],
        "metrics": assumed["metric_hours"] / HOURS,
        "task_vcpu_hours": hours * assumed["task_vcpu"],
        "task_gb_hours": hours * assumed["task_gb"],
    }


def _all(plan: Mapping[str, Any], kind: str) -> Iterator[Mapping[str, Any]]:
    """Yield the planned resources of a type."""
    for one in plan["resource_changes"]:
        if one["mode"] == "managed" and one["type"] == kind and one["change"]["after"] is not None:
            yield one["change"]["after"]


def _count(plan: Mapping[str, Any], kind: str) -> int:
    return sum(1 for _ in _all(plan, kind))


def _memory_gb(plan: Mapping[str, Any]) -> float:
    """Return the memory of the functions in GB; it is the same for all."""
    (mib,) = {one["memory_size"] for one in _all(plan, "aws_lambda_function")}
    return float(mib) / 1024


def _is_traced(plan: Mapping[str, Any]) -> bool:
    """Return whether X-Ray traces the functions; it is the same for all."""
    functions = _all(plan, "aws_lambda_function")
    (mode,) = {one["tracing_config"][0]["mode"] for one in functions}
    return bool(mode == "Active")


def _metrics(alarm: Mapping[str, Any]) -> int:
    """Return the number of billed metrics of an alarm; an expression bills each of its metrics."""
    return sum(bool(one["metric"]) for one in alarm["metric_query"]) or 1


def _seconds(expression: str) -> int:
    """Return the seconds between two runs of a schedule.

    Raises:
        ValueError: The expression is not a rate.
    """
    found = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    if not found:
        raise ValueError(f"{expression} is not a rate, so how often it runs is not known here")
    return int(found[1]) * _UNITS[found[2]]


def report(plan: Mapping[str, Any], workload: Path = HERE / "workload.toml") -> str:
    """Return all tables and the assumptions as Markdown."""
    assumed = tomllib.loads(workload.read_text())
    job = jobs(plan, assumed["job"])
    tasks = {key: one for key, one in job.items() if key.startswith("task_")}
    control = {key: one for key, one in job.items() if key not in tasks}
    parts = [
        heading(),
        table("A month without a job", lines(idle(plan, assumed["idle"]))),
        table(f"{JOBS:,} jobs: the control plane", lines(control, JOBS)),
        table(f"{JOBS:,} jobs: their tasks", lines(tasks, JOBS)),
        "Assumed of an idle fleet: " + _written(assumed["idle"]),
        "Assumed of a job: " + _written(assumed["job"]),
    ]
    return "\n\n".join(parts) + "\n"


def _written(figures: Mapping[str, float]) -> str:
    return ", ".join(f"`{key}` {one:,}" for key, one in figures.items()) + "."


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--plan", "path", type=_FILE, help="A plan from `terraform show -json`, of any root module."
)
@click.option("--workload", type=_FILE, default=HERE / "workload.toml", help="The assumptions.")
def main(path: Path | None, workload: Path) -> None:
    """Print the cost of a planned fleet; by default of examples/minimal."""
    plan = json.loads(path.read_text()) if path else planned("examples/minimal")
    click.echo(report(plan, workload), nl=False)


if __name__ == "__main__":
    main()
