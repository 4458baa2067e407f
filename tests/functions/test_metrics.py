"""Metrics: every function sends them for its fleet, and none at all if there are none."""

import json
import subprocess
import sys

import pytest

from shared.reporting import NAMESPACE

FUNCTIONS = ("ingest", "outbox", "scheduler", "reconciler", "janitor")

_COUNT_IN_EACH = f"""
from importlib import import_module
from shared.reporting import count, sent
for name in {FUNCTIONS}:
    metrics = import_module(f"functions.{{name}}.handler").metrics
    for counted in (True, False, True):
        with sent(metrics):
            if counted:
                count(metrics, "Counted")
"""


@pytest.mark.parametrize(("prefix", "fleet"), [("north", "north"), ("", "unnamed")])
def test_every_metric_says_of_which_fleet_it_is(prefix: str, fleet: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", _COUNT_IN_EACH],
        env={"PREFIX": prefix},
        capture_output=True,
        text=True,
        check=True,
    )
    told = [json.loads(line) for line in run.stdout.splitlines()]
    assert [one["fleet"] for one in told] == [fleet for _ in FUNCTIONS for _ in range(2)]
    for one in told:
        (directive,) = one["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == NAMESPACE
        assert directive["Dimensions"] == [["fleet"]]
        assert one["Counted"] == [1.0]
