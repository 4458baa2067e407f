"""Makes the page of a chart, with the events of its jobs. Pure but for the files of the page."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from cli.chart.embedded import embedded
from cli.chart.kinds import Kind
from cli.chart.levels import drawn_limit
from cli.chart.model import Chart
from cli.history.causes import foreign, origins
from cli.history.timeline import Entry, entries_of
from cli.pages import rendered
from cli.render.text import safe, when
from cli.streams.stored import StoredStream
from shared.domain.stream import StreamId

_LEVELS = ("slots in use", "waiting jobs")
_MARKS = ("fault", "notice", "swap")
_OTHERS = ("grid", "line", "focus", "quiet")
"""Colours that only the canvases use: their samples are not shown."""


def page(chart: Chart, stories: Mapping[int, Sequence[Entry]]) -> str:
    """Return the page.

    Args:
        stories: The events of each of the chart's jobs, by its id.
    """
    return rendered(
        "timeline",
        data=embedded(chart, stories),
        texts={"title": _title(chart), "subtitle": _subtitle(chart), "levels": _levels(chart)},
        html={"legend": _legend(chart)},
    )


def stories_of(chart: Chart, streams: Iterable[StoredStream]) -> dict[int, Sequence[Entry]]:
    """Return the events of the chart's jobs, by job id, from the streams that it is made from."""
    streams, runners = list(streams), dict[str, list[str]]()
    for row in chart.rows:
        runners.setdefault(StreamId.of_job(row.job_id), []).append(row.id)
    sought = {cause for one in streams for cause in foreign(one.recorded)}
    causes = {id_: found for one in streams for id_, found in origins(one.recorded, sought).items()}
    return {
        job_id: entries_of(stream.recorded, _only(runners[stream.stream]), causes)
        for stream in streams
        if stream.stream in runners and (job_id := StreamId(stream.stream).job_id) is not None
    }


def _only(ids: Sequence[str]) -> str | None:
    """Return the runner that the events need not name, as in the history of a job with one."""
    return ids[0] if len(ids) == 1 else None


def _title(chart: Chart) -> str:
    return f"Runners, {when(chart.since)} to {when(chart.until)} UTC"


def _subtitle(chart: Chart) -> str:
    """Return how many runners there are of each status, and how many rows are left out."""
    runners = [row for row in chart.rows if row.runner_id is not None]
    counts = Counter(row.status for row in runners)
    parts = [f"{count:,} {safe(status)}" for status, count in sorted(counts.items())]
    if len(runners) < len(chart.rows):
        parts.append(f"{len(chart.rows) - len(runners):,} jobs without a runner of their own")
    if chart.left_out:
        parts.append(f"{chart.left_out:,} older ones are left out")
    return ", ".join([f"As of {when(chart.now)} UTC: {len(runners):,} runners", *parts])


def _levels(chart: Chart) -> str:
    """Return the text alternative of the levels."""
    slots, waiting = (max(one.value for one in of) for of in (chart.slots, chart.waiting))
    limit = "" if chart.max_runners is None else f" of {chart.max_runners}"
    return f"At most {slots}{limit} slots were in use, and {waiting} jobs waited at the same time"


def _legend(chart: Chart) -> str:
    limit = () if drawn_limit(chart) is None else ("max_runners",)
    names = (*(kind.value for kind in Kind), *_LEVELS, *limit, *_MARKS)
    shown = "".join(f"<li>{_sample(name)}{name}</li>" for name in names)
    return shown + "".join(f"<li hidden>{_sample(name)}</li>" for name in _OTHERS)


def _sample(colour: str) -> str:
    return f'<span data-colour="{colour}"></span>'
