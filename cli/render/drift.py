"""Renders drift between the log and the runners table, its repair, and what was compared."""

from collections.abc import Iterator

from rich.cells import cell_len
from rich.text import Text

from cli.render.console import plain
from cli.render.layout import GAP, flow, paragraph
from cli.render.text import safe, value
from cli.replay.drift import Drift, Kind, Repair, Tally

_WHAT = {
    Kind.DIFFERS: "differs",
    Kind.MISSING: "is missing: the log gives this row",
    Kind.UNKNOWN: "is not in the log",
    Kind.UNREADABLE: "can't be read",
}


_DONE = {Repair.WRITE: "written", Repair.DELETE: "deleted", Repair.NONE: "not repaired"}
_WOULD = {
    Repair.WRITE: "would be written",
    Repair.DELETE: "would be deleted",
    Repair.NONE: "can't be repaired",
}
MOST_NAMED = 20
"""Maximum number of keys, out of those that a rebuild can't repair, that are named at the end."""


def drift_lines(drift: Drift, width: int) -> Iterator[Text]:
    """Yield the lines for one row that drifts: the problem, then each field in table and log."""
    return _lines(drift, _what(drift), width)


def repairing(drift: Drift, width: int, *, dry_run: bool) -> Iterator[Text]:
    """Yield the same lines after what was done, or would be done, about the row."""
    words = _WOULD if dry_run else _DONE
    return _lines(drift, f"{words[drift.repair]}: {_what(drift)}", width)


def repairs(tally: Tally, *, dry_run: bool) -> str:
    """Return how many rows were written and deleted, or would be, and how many can't be."""
    words = _WOULD if dry_run else _DONE
    return ", ".join(f"{tally.repairs[one]} {words[one]}" for one in _kinds_of(tally))


def counted(tally: Tally) -> str:
    """Return the number of streams and rows."""
    return (
        f"{tally.streams} {_plural(tally.streams, 'stream')} with "
        f"{tally.rows} {_plural(tally.rows, 'row')}"
    )


def beyond_repair(tally: Tally) -> str:
    """Return the advice on what a rebuild can't repair: events, which are derived from nothing."""
    more = len(tally.lost) - MOST_NAMED
    keys = ", ".join(tally.lost[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return (
        f"a rebuild can't repair {keys}: restore such events from a backup of the events table "
        "(point-in-time recovery)"
    )


def _kinds_of(tally: Tally) -> tuple[Repair, ...]:
    """Return what is counted; what can't be repaired only if there is such."""
    lost = (Repair.NONE,) if tally.repairs[Repair.NONE] else ()
    return (Repair.WRITE, Repair.DELETE, *lost)


def _what(drift: Drift) -> str:
    problem = f" ({drift.problem})" if drift.problem else ""
    return safe(f"{_WHAT[drift.kind]}{problem}")


def _plural(count: int, what: str) -> str:
    return what if count == 1 else f"{what}s"


def _lines(drift: Drift, what: str, width: int) -> Iterator[Text]:
    first, *others = flow(what, width, cell_len(drift.key) + GAP)
    yield Text.assemble(plain(drift.key, "bold"), " " * GAP, (first, "red"))
    yield from (Text(line, style="red") for line in others)
    for one in drift.differences:
        text = f"{one.field}: table has {value(one.table)}, log gives {value(one.log)}"
        yield Text(paragraph(text, width, 2))
