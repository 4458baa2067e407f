"""The body of the dashboard, as Terraform plans it, for any architecture and prices."""

import json
from pathlib import Path
from typing import Any

from tests.terraform.support import FUNCTIONS, Terraform, copied, planned

PREFIX = "blue"
_NAMES = {
    name: f"{PREFIX}-{name}" for name in ("scheduler", "reconciler", "scheduler-dead-letters")
}
INPUTS: dict[str, Any] = {
    "prefix": PREFIX,
    "here": {"account_id": "123456789012", "partition": "aws", "region": "eu-central-1"},
    "functions": {name: f"{PREFIX}-{name}" for name in FUNCTIONS},
    "consumer_queues": {name: _NAMES[name] for name in ("scheduler", "reconciler")},
    "dead_queues": {"scheduler-dead-letters": _NAMES["scheduler-dead-letters"]},
    "api_id": "a1b2c3",
    "janitor_schedule_expression": "rate(1 minute)",
    "oldest_message_seconds": 600,
    "refused_requests": 100,
    "launch_failures": 5,
    "runner_version": "2.330.0",
    "runner_version_released": "2026-11-01",
    "runner_version_days": 60,
    "runner_version_days_left": 7,
    "dashboard": True,
    "architecture": "x64",
}


def module(directory: Path, endpoint: str) -> Terraform:
    """The module of the dashboard alone, ready to plan: all of its inputs are known."""
    folder = copied(directory) / "modules" / "observability"
    return Terraform(folder, endpoint, INPUTS).init()


def body(terraform: Terraform, **inputs: Any) -> dict[str, Any]:
    """The planned body, with some other inputs."""
    given = Terraform(terraform.directory, terraform.endpoint, {**INPUTS, **inputs})
    (dashboard,) = planned(given.plan(), "aws_cloudwatch_dashboard")
    return dict(json.loads(dashboard["dashboard_body"]))
