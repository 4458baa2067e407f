"""What tasks did when, cut to periods."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from cli.analysis.usage import Period, cut, spans, usage
from shared.domain.projection import RunnerRow
from tests.support import stories

ROW = RunnerRow(
    runner_id="fleet-7-1",
    job_id=7,
    status="OFFLINE",
    status_at=stories.at(300),
    task_arn=stories.TASK,
    launched_at=stories.at(10),
    waiting_at=stories.at(40),
    started_at=stories.at(50),
    completed_at=stories.at(290),
    stopped_at=stories.at(300),
)
NOW = stories.at(1000)


def _seconds(row: RunnerRow) -> list[tuple[str, float]]:
    return [(span.name, span.seconds) for span in spans(row, NOW)]


def test_a_task_starts_is_idle_runs_its_job_and_stops_without_gaps() -> None:
    assert _seconds(ROW) == [
        ("task starting", 30.0),
        ("idle", 10.0),
        ("on a job", 240.0),
        ("task stopping", 10.0),
    ]
    found = usage(spans(ROW, NOW))
    assert (found.total, found.utilisation) == (290.0, 240 / 290)


def test_a_task_without_a_job_is_idle_until_it_stops() -> None:
    row = replace(ROW, started_at=None, completed_at=None)
    assert _seconds(row) == [("task starting", 30.0), ("idle", 260.0)]
    assert usage(spans(row, NOW)).utilisation == 0.0


def test_a_live_task_lasts_until_now() -> None:
    row = replace(ROW, completed_at=None, stopped_at=None)
    assert _seconds(row)[-1] == ("on a job", 950.0)


@pytest.mark.parametrize(
    "row",
    [
        replace(ROW, task_arn=None),
        replace(ROW, launched_at=None, waiting_at=None, started_at=None, completed_at=None),
    ],
)
def test_a_runner_without_a_task_or_without_times_used_nothing(row: RunnerRow) -> None:
    assert spans(row, NOW) == ()
    assert usage(()).utilisation is None


def test_a_time_before_its_predecessor_or_after_the_end_adds_nothing() -> None:
    early = replace(ROW, started_at=stories.at(35))
    assert _seconds(early) == [
        ("task starting", 30.0),
        ("on a job", 250.0),
        ("task stopping", 10.0),
    ]
    late = replace(ROW, completed_at=stories.at(301))
    assert _seconds(late)[-1] == ("on a job", 250.0)


def test_only_what_is_in_the_period_counts() -> None:
    period = Period(stories.at(45), stories.at(100))
    found = usage(cut(spans(ROW, NOW), period))
    assert (found.starting, found.idle, found.on_a_job, found.stopping) == (0.0, 5.0, 50.0, 0.0)


def test_the_days_of_a_period_begin_at_midnight_in_utc_and_leave_nothing_out() -> None:
    begin = datetime(2026, 1, 30, 18, tzinfo=UTC)
    period = Period(begin, begin + timedelta(days=2))
    days = list(period.days())
    assert [day.begin.day for day in days] == [30, 31, 1]
    assert [(day.end - day.begin) / timedelta(hours=1) for day in days] == [6.0, 24.0, 18.0]
    assert not period.has(period.end)
    assert period.has(begin)
    assert not period.has(None)
