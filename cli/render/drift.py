"""Renders drift between the log and the runners table, row by row and field by field."""

from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

from cli.render.console import plain
from cli.render.layout import GAP, flow, paragraph
from cli.render.text import safe, value
from cli.replay.drift import Drift, Kind

_WHAT = {
    Kind.DIFFERS: "differs",
    Kind.MISSING: "is missing: the log gives this row",
    Kind.UNKNOWN: "is not in the log",
    Kind.UNREADABLE: "can't be read",
}


def told(drift: Drift, width: int) -> Iterator[Text]:
    """Yield the lines for one row that drifts: the problem, then each field in table and log."""
    problem = f" ({drift.problem})" if drift.problem else ""
    what = safe(f"{_WHAT[drift.kind]}{problem}")
    first, *others = flow(what, width, cell_len(drift.key) + GAP)
    yield Text.assemble(plain(drift.key, "bold"), " " * GAP, (first, "red"))
    yield from (Text(line, style="red") for line in others)
    for one in drift.differences:
        text = f"{one.field}: table has {value(one.table)}, log gives {value(one.log)}"
        yield Text(paragraph(text, width, 2))
