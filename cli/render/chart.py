"""Renders a chart of runners as lines of text. Pure.

Each column of the axis shows the phase that takes most of its time. Phases differ in their
characters, so a chart is readable without colours.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from math import ceil

from msgspec import Struct
from rich.text import Text

from cli.chart.model import Bar, Chart, Count, Row
from cli.chart.ticks import ticks
from cli.render.charset import EMPTY, FAULT, UNICODE, Charset
from cli.render.chart_labels import LEAST, Labels
from cli.render.text import when

_TICK_EVERY = 10
"""Columns between two ticks, at least about."""


class Axis(Struct, frozen=True, kw_only=True):
    """A time axis of some columns."""

    begin: datetime
    end: datetime
    columns: int

    def position(self, at: datetime) -> float:
        """Return the position of a time in columns; it may be outside of the axis."""
        length = (self.end - self.begin).total_seconds()
        return (at - self.begin).total_seconds() / length * self.columns

    def column(self, at: datetime) -> int | None:
        """Return the column of a time, or None if it is outside of the axis."""
        if not self.begin <= at <= self.end:
            return None
        return min(int(self.position(at)), self.columns - 1)


def lines(chart: Chart, width: int, charset: Charset = UNICODE) -> Iterator[Text]:
    """Yield the lines: period, axis, levels, a row for each runner, and the legend."""
    labels = Labels(chart.rows, width)
    axis = Axis(begin=chart.begin, end=chart.end, columns=max(LEAST, width - labels.width))
    yield Text(_heading(chart))
    yield Text()
    yield from labels.heading(Text(_scale(axis, charset.tick), style="dim"))
    for name, counts in (("slots", chart.slots), ("waiting", chart.waiting)):
        most = max(one.value for one in counts)
        yield from labels.level(f"{name}, max {most}", _level(counts, axis, charset))
    shown: set[str] = set()
    for row in chart.rows:
        cells = _cells(row, axis, chart.now)
        shown.update(cells)
        yield from labels.row(row, _drawn(cells, charset))
    yield Text()
    yield from charset.legend(shown, width)


def _heading(chart: Chart) -> str:
    same_day = chart.begin.date() == chart.end.date()
    end = f"{chart.end:%H:%M:%S}" if same_day else when(chart.end)
    return f"{when(chart.begin)} to {end} UTC"


def _scale(axis: Axis, tick: str) -> str:
    """Return the texts of the ticks, each behind the column of its time."""
    cells = [EMPTY] * axis.columns
    for one in ticks(axis.begin, axis.end, axis.columns // _TICK_EVERY):
        text, column = f"{tick}{one.text}", axis.column(one.at)
        if column is not None and column + len(text) <= axis.columns:
            cells[column : column + len(text)] = text
    return "".join(cells)


def _level(counts: Sequence[Count], axis: Axis, charset: Charset) -> Text:
    """Return a bar in each column for the largest number in it."""
    values = [0] * axis.columns
    ends = [*(one.at for one in counts[1:]), axis.end]
    for one, end in zip(counts, ends, strict=True):
        first = axis.column(one.at) or 0
        last = max(first, min(ceil(axis.position(end)) - 1, axis.columns - 1))
        for column in range(first, last + 1):
            values[column] = max(values[column], one.value)
    return Text("".join(charset.height(value, max(values)) for value in values), style="dim")


def _cells(row: Row, axis: Axis, now: datetime) -> list[str]:
    """Return the kind in each column of a row; faults have priority."""
    cells, most = [EMPTY] * axis.columns, [0.0] * axis.columns
    for bar in row.bars or row.waits:
        for column, share in _shares(bar, axis, now):
            if share >= most[column]:
                cells[column], most[column] = bar.kind, share
    for one in row.incidents:
        at = axis.column(one.at)
        if at is not None and not one.is_notice:
            cells[at] = FAULT
    return cells


def _shares(bar: Bar, axis: Axis, now: datetime) -> Iterator[tuple[int, float]]:
    """Yield each column that the bar is in, and the part of the column that it takes."""
    start = max(0.0, axis.position(bar.start))
    end = min(float(axis.columns), axis.position(bar.end or now))
    for column in range(int(start), ceil(end)):
        yield column, min(end, column + 1) - max(start, column)


def _drawn(cells: Iterable[str], charset: Charset) -> Text:
    line = Text()
    for kind, same in groupby(cells):
        line.append_text(charset.drawn(kind, len(list(same))))
    return line
