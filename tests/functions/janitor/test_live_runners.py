"""The numbers of live runners in the log are those that `ecsrunner status` shows."""

from typing import Any

import pytest

from cli.status.overview import summed_up
from functions.janitor.live_runners import live_runners
from shared.domain.projection import RunnerRow
from shared.domain.runner.status import Status
from tests.support import stories


def _row(status: Status, **more: Any) -> RunnerRow:
    return RunnerRow(runner_id="r", job_id=7, status=status, status_at=stories.at(), **more)


ROWS = {
    "running": [_row(Status.RUNNING, launched_at=stories.at())],
    "idle": [_row(Status.WAITING_FOR_JOB, launched_at=stories.at())],
    "launching": [_row(Status.STARTING, launched_at=stories.at())],
    "waiting": [
        _row(Status.STARTING),
        _row(Status.STARTING, awaits="all 2 runners are in use"),
        _row(Status.STARTING, launched_at=stories.at(), stuck="a dead letter"),
        _row(Status.IMAGE_CREATING, image_tag="ubuntu"),
    ],
}


@pytest.mark.parametrize("activity", ROWS)
def test_each_live_runner_is_counted_under_what_it_does(activity: str) -> None:
    expected = dict.fromkeys(ROWS, 0) | {activity: len(ROWS[activity])}
    assert live_runners(ROWS[activity]) == expected


def test_the_numbers_are_those_of_status() -> None:
    rows = [row for some in ROWS.values() for row in some]
    live = summed_up(rows, stories.at(60))
    assert live_runners(rows) == {
        "running": live.running.count,
        "idle": live.idle.count,
        "launching": live.launching.count,
        "waiting": sum(one.count for one in live.waiting),
    }
