"""The page of a report. Pure."""

from collections.abc import Sequence
from datetime import datetime

from cli.analysis.report import Costs, Day, Hour, Report
from cli.analysis.statistics import Statistics
from cli.analysis.usage import Usage
from cli.render import costs as words_of_costs
from cli.render import report as words
from cli.render import statistics as words_of_statistics
from cli.render.figures import dollars, minutes, percent, whole
from cli.render.page.charts import Series, bars, round_step, stacked, time_step
from cli.render.page.frame import framed
from cli.render.page.tables import paragraphs, section, side_by_side, table, tiles
from cli.render.statistics import time_rows
from cli.render.text import NOTHING, span, when

_TITLE = "Report on a fleet of GitHub Actions runners"


def page(found: Report, now: datetime) -> str:
    """Return the page, made at `now`."""
    stats = found.statistics
    body = (
        paragraphs([words_of_statistics.EMPTY])
        if stats.is_empty
        else "".join((*_overview(found), *_details(stats), *_costs(found.costs)))
    )
    made = f"{words_of_statistics.period(stats.since, stats.until)}, made at {when(now)} UTC"
    return framed(_TITLE, made, f"{body}{_unreadable(stats)}")


def _overview(found: Report) -> list[str]:
    stats, cost = found.statistics, found.costs.total
    queue = stats.queue_seconds[-1].seconds if stats.queue_seconds else None
    return [
        tiles(
            [
                ("Jobs queued", whole(stats.job_count)),
                ("Queue time, p95", span(queue.p95) if queue else NOTHING),
                ("Failures", whole(stats.failure_count)),
                ("Time of tasks on jobs", percent(stats.utilisation)),
                ("Idle minutes", minutes(stats.seconds.idle)),
                ("Cost (an estimate)", dollars(cost, cost)),
            ]
        ),
        section(
            "Trend by day (UTC)",
            side_by_side(*_charts_by_day(found)),
            table("Figures by day", words.day_rows(found.days, cost)),
        ),
        section("Hours of the day (UTC)", *_hours(found)),
    ]


def _charts_by_day(found: Report) -> list[str]:
    labels = [day.day[5:] for day in found.days]
    return [
        bars(
            "Jobs and failures by day",
            labels,
            [
                Series(name="jobs", values=[float(day.job_count) for day in found.days]),
                Series(name="failures", values=[float(day.failure_count) for day in found.days]),
            ],
            lambda value: whole(round(value)),
            lambda least: max(1.0, round_step(least)),
        ),
        bars("Queue time by day", labels, _queue(found.days), span, time_step),
        bars(
            "Cost by day (an estimate)",
            labels,
            [Series(name="US dollars", values=[day.cost for day in found.days])],
            _short_dollars,
            round_step,
        ),
        bars(
            "Time of tasks by day",
            labels,
            [Series(name="hours", values=[day.task_seconds / 3600 for day in found.days])],
            lambda value: f"{value:,.4g}",
            round_step,
        ),
    ]


def _hours(found: Report) -> list[str]:
    rows = words.hour_rows(found.hours)
    if not rows:
        return []
    labels = [f"{hour.hour:02}:00" for hour in found.hours]
    chart = bars("Queue time by hour", labels, _queue(found.hours), span, time_step)
    return [side_by_side(chart, table("Figures by hour", rows))]


def _short_dollars(amount: float) -> str:
    """Return an amount in US dollars without zeros at the end, for the grid of a chart."""
    return f"${amount:,.4f}".rstrip("0").rstrip(".")


def _queue(found: Sequence[Day | Hour]) -> list[Series]:
    """Return the 50th and 95th percentiles of the queue times of days or hours."""
    seconds = [one.queue_seconds for one in found]
    return [
        Series(name="p50", values=[one.p50 if one else None for one in seconds]),
        Series(name="p95", values=[one.p95 if one else None for one in seconds]),
    ]


def _details(stats: Statistics) -> list[str]:
    causes = [(one.kind, whole(one.count), one.cause or NOTHING) for one in stats.causes]
    return [
        section(
            "Jobs",
            paragraphs([words_of_statistics.jobs(stats)]),
            side_by_side(
                table(words_of_statistics.QUEUE_TIME, time_rows(stats.queue_seconds)),
                table(words_of_statistics.LAUNCH_TIME, time_rows(stats.launch_seconds)),
            ),
            paragraphs([words_of_statistics.webhooks(stats)]),
        ),
        section("Runners", paragraphs([words_of_statistics.runners(stats)]), _use(stats.seconds)),
        section("Failures", table("By cause", [("KIND", "COUNT", "CAUSE"), *causes], "texts")),
        section("Image builds", paragraphs(words_of_statistics.builds(stats.builds))),
    ]


def _use(seconds: Usage) -> str:
    rows = words_of_statistics.use_rows(seconds)
    if not rows:
        return ""
    parts = [
        (name, spent, percent(spent / seconds.total))
        for name, spent in words_of_statistics.uses(seconds)
    ]
    return side_by_side(stacked("Use of the tasks", parts), table("Figures of the use", rows))


def _costs(costs: Costs) -> list[str]:
    parts = [(name, dollars(amount, costs.total)) for name, amount in words_of_costs.parts(costs)]
    found = (table(name, rows) for name, rows in words_of_costs.tables(costs))
    return [
        section(
            words_of_costs.title(costs),
            paragraphs(words_of_costs.assumptions(costs)),
            table("What it consists of", [("PART", "COST"), *parts]),
            side_by_side(*found),
        )
    ]


def _unreadable(stats: Statistics) -> str:
    if not stats.unreadable:
        return ""
    names = ", ".join(stats.unreadable)
    return section(
        "Not included", paragraphs([f"These streams can't be read and are left out: {names}."])
    )
