"""Renders a chart of runners as lines of text. Pure.

Each column of the axis shows the phase that takes most of its time. Phases differ in their
characters, so a chart is readable without colours.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from math import ceil

from msgspec import Struct
from rich.cells import cell_len
from rich.text import Text

from cli.chart.model import Bar, Chart, Count, Row
from cli.chart.ticks import ticks
from cli.render.charset import EMPTY, FAULT, UNICODE, Charset
from cli.render.console import coloured, plain
from cli.render.layout import GAP, pad
from cli.render.text import safe, when

_LEAST = 30
"""The least width of the axis. Ids that leave less are above their rows."""
_ENOUGH, _PLENTY = 50, 90
"""The width of the axis that has priority over the status, and over the names of jobs."""
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
    labels = _Labels(chart.rows, width)
    axis = Axis(begin=chart.begin, end=chart.end, columns=max(_LEAST, width - labels.width))
    yield Text(_heading(chart))
    yield Text()
    yield _trimmed(labels.heading().append(_scale(axis, charset.tick), "dim"))
    for name, counts in (("slots", chart.slots), ("waiting", chart.waiting)):
        yield _trimmed(labels.level(name, counts).append_text(_level(counts, axis, charset)))
    shown: set[str] = set()
    for row in chart.rows:
        yield from labels.above(row)
        cells = _cells(row, axis, chart.now)
        shown.update(cells)
        yield _trimmed(labels.beside(row).append_text(_drawn(cells, charset)))
    yield Text()
    yield from charset.legend(shown, width)


def _heading(chart: Chart) -> str:
    same_day = chart.begin.date() == chart.end.date()
    end = f"{chart.end:%H:%M:%S}" if same_day else when(chart.end)
    return f"{when(chart.begin)} to {end} UTC"


class _Labels:
    """What is beside the rows: id, status and job, as far as the axis leaves room."""

    def __init__(self, rows: Sequence[Row], width: int) -> None:
        self._id = max(14, *(cell_len(safe(row.id)) for row in rows))
        self._is_above = width - self._id - GAP < _LEAST
        if self._is_above:
            self._id = 14
        self.width = self._id + GAP
        statuses = max(len(row.status) for row in rows)
        jobs = max(cell_len(_job(row)) for row in rows)
        self._status = self._room(statuses, width - _ENOUGH)
        self._job = self._room(jobs, width - _PLENTY)

    def _room(self, wanted: int, width: int) -> int:
        """Return the wanted width of another column if it fits into `width`, or else 0."""
        if not wanted or self.width + wanted + GAP > width:
            return 0
        self.width += wanted + GAP
        return wanted

    def heading(self) -> Text:
        return Text(self._padded("RUNNER", "STATUS", "JOB"), style="dim")

    def level(self, name: str, counts: Sequence[Count]) -> Text:
        most = max(one.value for one in counts)
        return Text(self._padded(f"{name}, max {most}", "", ""), style="dim")

    def above(self, row: Row) -> Iterator[Text]:
        """Yield the id if it is too wide to be beside the row."""
        if self._is_above:
            yield plain(row.id, "bold")

    def beside(self, row: Row) -> Text:
        line = plain("" if self._is_above else row.id, "bold")
        line.append(" " * (self._id - line.cell_len + GAP))
        if self._status:
            line.append_text(coloured(row.status))
            line.append(" " * (self._status - cell_len(row.status) + GAP))
        if self._job:
            line.append(pad(_job(row), self._job + GAP))
        return line

    def _padded(self, first: str, status: str, job: str) -> str:
        texts = ((first, self._id), (status, self._status), (job, self._job))
        return "".join(pad(text, room + GAP) for text, room in texts if room)


def _job(row: Row) -> str:
    return safe(" · ".join(filter(None, (row.repository, row.workflow, row.job_name))))


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


def _trimmed(line: Text) -> Text:
    line.rstrip()
    return line
