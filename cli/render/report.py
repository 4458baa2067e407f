"""Renders the report on a period as text. Pure."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from cli.analysis.report import Day, Hour, Report
from cli.render import costs, statistics
from cli.render.figures import PERCENTILES, dollars, durations, figures, hours, percent, whole
from cli.render.sections import Section, pairs
from cli.render.statistics import Rows, indented

_INDENT = 2


def lines(found: Report, width: int) -> Iterator[Text]:
    """Yield the lines of all sections."""
    yield from statistics.lines(found.statistics, width)
    room = width - _INDENT
    by_hour = hour_rows(found.hours)
    by_time = (
        Section("Queue time by hour of day (UTC)", _table(by_hour, room)),
        Section("By day (UTC)", _table(day_rows(found.days, found.costs.total), room)),
    )
    yield from pairs(by_time, width)
    yield from costs.lines(found.costs, width)


def hour_rows(found: Sequence[Hour]) -> Rows:
    """Return the cells of a table of the hours with jobs, below their headings; else nothing."""
    rows = [
        (f"{hour.hour:02}:00", whole(hour.job_count), *durations(hour.queue_seconds)[1:])
        for hour in found
        if hour.job_count
    ]
    return [("HOUR", "JOBS", *(name.upper() for name in PERCENTILES)), *rows] if rows else []


def day_rows(found: Sequence[Day], total: float) -> Rows:
    """Return the cells of a table of the days, below their headings.

    Args:
        total: The cost of all days in US dollars.
    """
    headings = ("DAY", "JOBS", "P50", "P95", "FAILURES", "TASK HOURS", "ON A JOB", "COST")
    return [headings, *(_day(day, total) for day in found)]


def _day(day: Day, total: float) -> tuple[str, ...]:
    _, p50, p95, *_ = durations(day.queue_seconds)
    return (
        day.day,
        whole(day.job_count),
        p50,
        p95,
        whole(day.failure_count),
        hours(day.task_seconds),
        percent(day.utilisation),
        dollars(day.cost, total),
    )


def _table(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    return indented(figures(rows, width)) if rows else []
