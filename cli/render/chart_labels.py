"""What is written beside the rows of a chart: ids, statuses and names of jobs. Pure."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from cli.chart.model import Row
from cli.render.console import coloured, plain
from cli.render.layout import GAP, cut, pad
from cli.render.text import safe

LEAST = 30
"""The least width of the axis. Ids that leave less are on lines of their own."""
_ENOUGH, _PLENTY = 50, 80
"""The width of the axis that has priority over the status, and over the names of jobs."""
_SHORTEST_JOB = 12
_LEVEL = len("waiting, max 999")


class Labels:
    """The columns beside the axis.

    Args:
        levels: The names of the levels.

    Attributes:
        width: Their width, with the gap before the axis. It is 0 if ids are above their rows.
    """

    def __init__(self, rows: Sequence[Row], levels: Sequence[str], width: int) -> None:
        longest = max(_LEVEL, *(cell_len(safe(row.id)) for row in rows))
        self._id = longest if width - longest - GAP >= LEAST else 0
        self.width = self._id + GAP if self._id else 0
        statuses = max(cell_len(row.status) for row in rows)
        self._status = self._room(statuses, statuses, width - _ENOUGH)
        jobs = max(cell_len(_job(row)) for row in rows)
        self._job = self._room(min(jobs, _SHORTEST_JOB), jobs, width - _PLENTY)
        if self._id:
            missing = max(0, *(cell_len(one) + GAP - self.width for one in levels))
            self._id += missing
            self.width += missing

    def heading(self, cells: Text) -> Iterator[Text]:
        """Yield the line of the axis."""
        yield from self._line(Text("RUNNER"), Text("STATUS"), "JOB", cells, is_dim=True)

    def level(self, name: str, cells: Text) -> Iterator[Text]:
        """Yield the lines of a level."""
        if not self._id:
            yield from self._line(Text(name), Text(), "", cells, is_dim=True)
            return
        line = Text(pad(name, self.width), "dim")
        yield _trimmed(line.append_text(cells))

    def row(self, row: Row, cells: Text) -> Iterator[Text]:
        """Yield the lines of a runner."""
        yield from self._line(plain(row.id, "bold"), coloured(row.status), _job(row), cells)

    def _line(
        self, name: Text, status: Text, job: str, cells: Text, *, is_dim: bool = False
    ) -> Iterator[Text]:
        if not self._id:
            yield name
            yield _trimmed(cells)
            return
        line = _padded(name, self._id)
        if self._status:
            line.append_text(_padded(status, self._status))
        if self._job:
            line.append(pad(cut(job, self._job), self._job + GAP))
        if is_dim:
            line.stylize("dim")
        yield _trimmed(line.append_text(cells))

    def _room(self, least: int, wanted: int, most: int) -> int:
        """Return the width of one more column, up to the wanted one; 0 if it has too little."""
        room = min(wanted, most - self.width - GAP)
        if not least or room < least:
            return 0
        self.width += room + GAP
        return room


def _job(row: Row) -> str:
    """Return the names of a job. What differs most comes first, since the end is cut."""
    return safe(" · ".join(filter(None, (row.job_name, row.workflow, row.repository))))


def _padded(text: Text, width: int) -> Text:
    return text.append(" " * (width - text.cell_len + GAP))


def _trimmed(line: Text) -> Text:
    line.rstrip()
    return line
