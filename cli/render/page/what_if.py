"""The page of a what-if. Pure."""

from datetime import datetime

from cli.render import sides
from cli.render.figures import whole
from cli.render.page.charts import Series, bars, round_step
from cli.render.page.frame import framed
from cli.render.page.tables import bullets, paragraphs, section, side_by_side, table, tiles
from cli.render.statistics import period
from cli.render.text import when
from cli.render.what_if import ALIKE, UNCHANGED
from cli.whatif.report import Report

TITLE = "What another policy would have changed"
_SHOWN = ("wait, median", "wait, 95th percentile", "runner hours", "cost (an estimate)")
"""The figures of the tiles."""


def page(report: Report, now: datetime) -> str:
    """Return the page, made at `now`."""
    made = f"{period(report.begins_at, report.ends_at)}, made at {when(now)} UTC"
    return framed(TITLE, made, "".join(_sections(report)))


def _sections(report: Report) -> list[str]:
    totals = sides.total_rows(report)
    changed = [(one.setting, one.before, one.after) for one in report.changes]
    changes = table("Settings", [("setting", "recorded", "what if"), *changed], "texts")
    return [
        tiles(_tiles(totals)),
        section("Changes", changes or paragraphs([UNCHANGED])),
        section(
            "What was, and what would have been",
            table("All jobs", totals, "sides"),
            paragraphs([sides.EXPLAINED]),
        ),
        section(
            "Waits", side_by_side(_waits(report), table("Jobs", sides.wait_rows(report), "sides"))
        ),
        section(
            "Cost (an estimate)",
            table("By class", sides.class_rows(report), "sides"),
            paragraphs(sides.cost_notes(report)),
        ),
        section("Failures", table("By cause", sides.cause_rows(report), "sides")),
        section("Jobs that differ most", _jobs(report)),
        section("Assumptions", bullets(report.assumptions)),
        section("Not included", _unreadable(report)),
    ]


def _tiles(totals: list[sides.Cells]) -> list[tuple[str, str]]:
    """Return figures of the recorded policy, run again, and of the other one."""
    named = {
        name: f"{_whole(replayed)} → {_whole(changed)}"
        for name, _, replayed, changed, _ in totals[1:]
    }
    return [(name.capitalize(), named[name]) for name in _SHOWN]


def _whole(figure: str) -> str:
    """Return a figure that is not wrapped."""
    return figure.replace(" ", "\N{NO-BREAK SPACE}")


def _waits(report: Report) -> str:
    labels = sides.wait_labels(report)
    series = [
        Series(name=name, values=[float(count) for count in one.wait_counts[: len(labels)]])
        for name, one in zip(sides.SIDES, sides.sides(report), strict=True)
    ]
    return bars(
        "Jobs by wait",
        labels,
        series,
        lambda value: whole(round(value)),
        lambda least: max(1.0, round_step(least)),
    )


def _jobs(report: Report) -> str:
    if not report.differ_most:
        return paragraphs([ALIKE])
    rows = [sides.job_cells(one, report) for one in report.differ_most]
    return table("Recorded → what if", [("job", "wait", "cost", "name"), *rows], "jobs")


def _unreadable(report: Report) -> str:
    keys = ", ".join(report.unreadable)
    return paragraphs([f"These streams can't be read and are left out: {keys}."] if keys else [])
