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
from cli.render.charset import DOWN, EMPTY, FAULT, LINE, UNICODE, UP, Charset
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
    levels = dict(_levels(chart))
    labels = Labels(chart.rows, tuple(levels), width)
    axis = Axis(begin=chart.begin, end=chart.end, columns=max(LEAST, width - labels.width))
    yield Text(_heading(chart))
    yield Text()
    yield from labels.heading(Text(_scale(axis, charset.tick), style="dim"))
    for name, counts in levels.items():
        yield from labels.level(name, _level(counts, axis, charset))
    grid = [_cells(row, axis, chart.now) for row in chart.rows]
    _connect(grid, chart, axis)
    for row, cells in zip(chart.rows, grid, strict=True):
        yield from labels.row(row, _drawn(cells, charset))
    yield Text()
    yield from charset.legend(set().union(*grid), width)


def _levels(chart: Chart) -> Iterator[tuple[str, Sequence[Count]]]:
    """Yield the levels by their names, with the highest number of each."""
    slots, waiting = (max(one.value for one in of) for of in (chart.slots, chart.waiting))
    limit = "" if chart.max_runners is None else f" of {chart.max_runners}"
    yield f"slots, max {slots}{limit}", chart.slots
    yield f"waiting, max {waiting}", chart.waiting


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


def _connect(grid: Sequence[list[str]], chart: Chart, axis: Axis) -> None:
    """Draw the arrows from a job's own runner to the one that it ran on, over the rows' cells.

    A swap has two: its line has a head at both ends. Only heads cover phases, and nothing a fault.
    """
    places = {row.id: index for index, row in enumerate(chart.rows)}
    for swap in chart.swaps:
        taken, own = places.get(swap.runner_id), places.get(swap.spare_runner_id or "")
        column = axis.column(swap.at)
        if taken is None or own is None or column is None:
            continue
        _head(grid[taken], column, UP if taken < own else DOWN)
        if swap.is_spare_given:
            _head(grid[own], column, UP if own < taken else DOWN)
        for cells in grid[min(taken, own) + 1 : max(taken, own)]:
            if cells[column] == EMPTY:
                cells[column] = LINE


def _head(cells: list[str], column: int, head: str) -> None:
    if cells[column] != FAULT:
        cells[column] = head


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
