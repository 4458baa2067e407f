"""Renders the statistics of a period as text. Pure."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich.text import Text

from cli.analysis.builds import DONE, FAILED, UNDER_WAY, ImageBuild
from cli.analysis.causes import FailureCause
from cli.analysis.percentiles import Distribution, percentiles
from cli.analysis.statistics import Statistics
from cli.analysis.usage import Usage
from cli.render.figures import (
    PERCENTILES,
    durations,
    figures,
    hours,
    listed,
    minutes,
    percent,
    whole,
)
from cli.render.layout import paragraph, table
from cli.render.sections import Section, pairs, section
from cli.render.text import NOTHING, safe, span

EMPTY = "No job, runner or image build matches in this period."
QUEUE_TIME = "Queue time, from GitHub's queue to the start"
LAUNCH_TIME = "Launch time, from the webhook to the running task"
Rows = list[tuple[str, ...]]
_INDENT = 2
_ALL = "all"


def lines(found: Statistics, width: int) -> Iterator[Text]:
    """Yield the lines of all sections."""
    yield Text(period(found.since, found.until), style="dim")
    yield from section("Jobs", _paragraphs([jobs(found)], width))
    times = (
        Section(QUEUE_TIME, _times(found.queue_seconds, width)),
        Section(LAUNCH_TIME, _times(found.launch_seconds, width)),
    )
    yield from pairs(times, width)
    yield from section("Runners", _paragraphs([runners(found)], width))
    tasks = (
        Section("Use of the tasks", _use(found.seconds, width)),
        Section("Failures", causes(found.causes, width)),
    )
    yield from pairs(tasks, width)
    yield from section("Image builds", _paragraphs(builds(found.builds), width))
    yield from section("Webhooks", _paragraphs([webhooks(found)], width))


def period(since: datetime, until: datetime) -> str:
    """Return the period as text."""
    return f"{_minute(since)} to {_minute(until)} UTC"


def time_rows(found: Sequence[Distribution]) -> Rows:
    """Return the cells of a table with the percentiles of each class, below their headings."""
    headings = ("CLASS", "JOBS", *(name.upper() for name in PERCENTILES))
    return [headings, *((class_name(one.class_name), *durations(one.seconds)) for one in found)]


def use_rows(seconds: Usage) -> Rows:
    """Return the cells of a table of what tasks did, below their headings; of all at the end."""
    rows = [
        (name, percent(spent / seconds.total), minutes(spent), hours(spent))
        for name, spent in (*uses(seconds), (_ALL, seconds.total))
        if seconds.total
    ]
    return [("PHASE", "PART", "MINUTES", "HOURS"), *rows] if rows else []


def uses(seconds: Usage) -> list[tuple[str, float]]:
    """Return what tasks did, and for how many seconds."""
    return [
        ("on a job", seconds.on_a_job),
        ("starting", seconds.starting),
        ("idle", seconds.idle),
        ("stopping", seconds.stopping),
    ]


def class_name(name: str | None) -> str:
    """Return the name of a class, or of all of them."""
    return _ALL if name is None else safe(name) or NOTHING


def causes(found: Sequence[FailureCause], width: int) -> list[str]:
    """Return the lines of a table of causes."""
    if not found:
        return []
    rows = [("COUNT", "KIND", "CAUSE")]
    room = max(len(rows[0][0]), *(len(whole(one.count)) for one in found))
    rows += [(whole(one.count).rjust(room), one.kind, safe(one.cause) or NOTHING) for one in found]
    return indented(table(rows, width - _INDENT))


def builds(found: Sequence[ImageBuild]) -> list[str]:
    """Return sentences about image builds."""
    if not found:
        return []
    counts = {name: sum(one.outcome == name for one in found) for name in (DONE, FAILED, UNDER_WAY)}
    seconds = percentiles(one.seconds for one in found if one.outcome == DONE and one.seconds)
    took = f"; p50 {span(seconds.p50)}, max {span(seconds.max)}" if seconds else ""
    sentences = [f"{listed({name: n for name, n in counts.items() if n})}{took}"]
    failed = [one for one in found if one.outcome == FAILED]
    return sentences + [
        f"failed: {one.image_tag}, build {one.build_number}: {one.reason}" for one in failed
    ]


def webhooks(found: Statistics) -> str:
    """Return a sentence about webhooks that did not arrive, or "" if all did."""
    parts = []
    if found.webhooks_recovered:
        what = "job was" if found.webhooks_recovered == 1 else "jobs were"
        parts.append(
            f"{whole(found.webhooks_recovered)} {what} found at GitHub before a webhook arrived"
        )
    if found.webhooks_lost:
        parts.append(f"did not arrive: {listed(found.webhooks_lost)}")
    return "; ".join(parts)


def jobs(found: Statistics) -> str:
    """Return a sentence about the jobs that were queued, by outcome."""
    outcomes = f": {listed(found.job_outcomes)}" if found.job_count else ""
    return f"{whole(found.job_count)} queued{outcomes}"


def runners(found: Statistics) -> str:
    """Return a sentence about the runners that ended, and those that have not."""
    ended = sum(found.runner_outcomes.values())
    outcomes = f": {listed(found.runner_outcomes)}" if ended else ""
    return f"{whole(ended)} ended{outcomes}; {whole(found.live_runner_count)} have not ended"


def indented(found: Sequence[str]) -> list[str]:
    """Return lines with an indentation."""
    return [f"{' ' * _INDENT}{line}" for line in found]


def _times(found: Sequence[Distribution], width: int) -> list[str]:
    return indented(figures(time_rows(found), width - _INDENT)) if found else []


def _use(seconds: Usage, width: int) -> list[str]:
    rows = use_rows(seconds)
    return indented(figures(rows, width - _INDENT)) if rows else []


def _paragraphs(sentences: Sequence[str], width: int) -> list[str]:
    found = (paragraph(safe(one), width, _INDENT) for one in sentences if one)
    return [line for text in found for line in text.splitlines()]


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"
