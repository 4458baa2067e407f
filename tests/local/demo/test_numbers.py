"""What a run cost, counted and measured from a stack at rest."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from local.demo.numbers import measure, percentile
from tests.support.fleet import SimulatedFleet


@pytest.mark.parametrize(
    ("values", "percent", "found"),
    [
        ([4.0], 50, 4.0),
        ([1.0, 2.0], 50, 1.0),
        ([1.0, 2.0, 3.0], 50, 2.0),
        ([1.0, 2.0, 3.0], 95, 3.0),
        ([float(n) for n in range(1, 101)], 95, 95.0),
        ([1.0, 2.0], 0, 1.0),
        ([1.0, 2.0], 100, 2.0),
    ],
)
def test_a_percentile_is_the_value_of_the_nearest_rank(
    values: list[float], percent: float, found: float
) -> None:
    assert percentile(values, percent) == found


def test_each_launched_job_counts_from_its_arrival_to_its_task() -> None:
    fleet = SimulatedFleet()
    fleet.queue(1)
    fleet.clock.advance(3)
    fleet.queue(2)
    fleet.clock.advance(1)
    fleet.queue(3, labels=("class:xl",))
    fleet.settle()
    counted = {"scheduler": Counter({"ecs.RunTask": 2, "s3.PutObject": 2}), "stack": Counter(x=9)}
    stack: Any = SimpleNamespace(
        log=fleet.log,
        fargate=SimpleNamespace(tasks=lambda: list(fleet.launches())),
        github=SimpleNamespace(calls=Counter({"POST generate-jitconfig": 2})),
        aws=SimpleNamespace(
            calls=SimpleNamespace(snapshot=lambda caller: counted.get(caller, Counter()))
        ),
    )
    told = measure(stack, 3)
    assert (told.jobs, told.tasks, told.github_calls) == (3, 2, 2)
    assert list(told.waits) == [1.0, 4.0]
    assert told.aws_calls == {
        "ingest": 0,
        "outbox": 0,
        "scheduler": 4,
        "reconciler": 0,
        "janitor": 0,
    }
