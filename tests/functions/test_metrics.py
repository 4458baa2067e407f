"""Whose a metric is: every function says its own name and its fleet's."""

import json
import subprocess
import sys

import pytest

from shared.metrics import NAMESPACE

FUNCTIONS = ("ingest", "outbox", "scheduler", "reconciler", "janitor")

_COUNT_IN_EACH = f"""
import json
from importlib import import_module
for name in {FUNCTIONS}:
    metrics = import_module(f"functions.{{name}}.handler").metrics
    for invocation in range(2):
        metrics.add_metric("Counted", "Count", 1)
        print(json.dumps(metrics.serialize_metric_set()))
        metrics.clear_metrics()
"""


@pytest.mark.parametrize(("prefix", "fleet"), [("north", "north"), ("", "unnamed")])
def test_every_invocation_says_which_function_of_which_fleet_it_is(prefix: str, fleet: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", _COUNT_IN_EACH],
        env={"PREFIX": prefix},
        capture_output=True,
        text=True,
        check=True,
    )
    told = [json.loads(line) for line in run.stdout.splitlines()]
    assert [(one["service"], one["fleet"]) for one in told] == [
        (name, fleet) for name in FUNCTIONS for _ in range(2)
    ]
    for one in told:
        (directive,) = one["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == NAMESPACE
        assert [set(dimensions) for dimensions in directive["Dimensions"]] == [{"service", "fleet"}]
