"""Drift between the log and the runners table, row by row and field by field."""

from rich.text import Text

from cli.render.console import plain
from cli.render.text import value
from shared.engine.replay import Drift, Kind

_WHAT = {
    Kind.DIFFERS: "differs",
    Kind.MISSING: "is missing: the log gives this row",
    Kind.UNKNOWN: "is not in the log",
    Kind.UNREADABLE: "can't be read",
}


def told(drift: Drift) -> Text:
    """One row that drifts: what is wrong with it, then each field as table and log have it."""
    problem = f" ({drift.problem})" if drift.problem else ""
    text = Text.assemble(
        plain(drift.runner_id, "bold"), "  ", plain(f"{_WHAT[drift.kind]}{problem}", "red")
    )
    for one in drift.differences:
        text.append_text(
            Text(f"\n  {one.field}: table has {value(one.table)}, log gives {value(one.log)}")
        )
    return text
