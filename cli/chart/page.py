"""Makes the page of a chart, with the events of its jobs. Pure but for the files of the page."""

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from cli.chart.embedded import embedded
from cli.chart.kinds import Kind
from cli.chart.model import Chart
from cli.pages import rendered
from cli.render.text import safe, when
from cli.streams.stored import StoredStream
from cli.timeline import Entry, entries_of
from shared.domain.stream import StreamId

_LEVELS = ("slots in use", "waiting jobs")
_MARKS = ("fault", "notice")
_OTHERS = ("grid", "line", "focus", "quiet")
"""Colours that only the canvases use: their samples are not shown."""


def page(chart: Chart, streams: Iterable[StoredStream]) -> str:
    """Return the page.

    Args:
        streams: The streams of the chart's jobs.
    """
    wanted = {row.job_id for row in chart.rows}
    stories = {job_id: events for job_id, events in _stories(streams) if job_id in wanted}
    return rendered(
        "timeline",
        data=embedded(chart, stories),
        texts={"title": _title(chart), "subtitle": _subtitle(chart), "levels": _levels(chart)},
        html={"legend": _legend()},
    )


def _stories(streams: Iterable[StoredStream]) -> Iterable[tuple[int, Sequence[Entry]]]:
    for stream in streams:
        job_id = StreamId(stream.stream).job_id
        if job_id is not None and stream.recorded:
            yield job_id, entries_of(stream.recorded)


def _title(chart: Chart) -> str:
    return f"Runners, {when(chart.since)} to {when(chart.until)} UTC"


def _subtitle(chart: Chart) -> str:
    """Return how many runners there are of each status, and how many are left out."""
    counts = Counter(row.status for row in chart.rows)
    parts = [f"{count:,} {safe(status)}" for status, count in sorted(counts.items())]
    if chart.left_out:
        parts.append(f"{chart.left_out:,} older ones are left out")
    return ", ".join([f"As of {when(chart.now)} UTC: {len(chart.rows):,} runners", *parts])


def _levels(chart: Chart) -> str:
    """Return the text alternative of the levels."""
    slots, waiting = (max(one.value for one in of) for of in (chart.slots, chart.waiting))
    limit = "" if chart.max_runners is None else f" of {chart.max_runners}"
    return f"At most {slots}{limit} slots were in use, and {waiting} jobs waited at the same time"


def _legend() -> str:
    shown = "".join(_sample(name, name) for name in (*_kinds(), *_LEVELS, *_MARKS))
    return shown + "".join(f"<li hidden>{_span(name)}</li>" for name in _OTHERS)


def _kinds() -> list[str]:
    return [kind.value for kind in Kind]


def _sample(colour: str, text: str) -> str:
    return f"<li>{_span(colour)}{escape(text)}</li>"


def _span(colour: str) -> str:
    return f'<span data-colour="{escape(colour)}"></span>'
