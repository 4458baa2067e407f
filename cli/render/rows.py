"""Rows of the runners table, as a list and one by one."""

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import asdict
from rich.table import Table
from rich.text import Text

from cli.render.console import coloured, plain, table
from cli.render.text import NOTHING, ago, value
from shared.domain.projection import RunnerRow

_MORE = ("REPOSITORY", "CLASS", "NOTE")


def listed(rows: Iterable[RunnerRow], now: datetime, *, wide: bool) -> Table:
    """One line a runner; on a narrow terminal its job and what to know about it are stacked."""
    made = table("RUNNER", "STATUS", "SINCE", "JOB", *(_MORE if wide else ()))
    made.columns[1].no_wrap = made.columns[2].no_wrap = True
    for row in rows:
        note = plain(_note(row), "red" if row.failure_reason else "dim")
        job, class_name = plain(str(_job(row))), row.class_name or NOTHING
        told: tuple[Text, ...] = (job, plain(row.repository), plain(class_name), note)
        if not wide:
            about = plain(f"{job}  {row.repository}  {class_name}")
            told = (Text("\n").join((about, note)) if note.plain else about,)
        first = plain(row.runner_id, "bold"), coloured(row.status)
        made.add_row(*first, ago(row.status_at, now), *told)
    return made


def detailed(row: RunnerRow, now: datetime) -> Table:
    """Every field of a row, under the names that the table and --json use."""
    made = table("FIELD", "VALUE")
    made.columns[0].no_wrap = True
    for name, stored in asdict(row).items():
        if name == "status":
            shown = coloured(row.status)
        elif isinstance(stored, datetime):
            shown = plain(f"{value(stored)}  ({_relative(stored, now)})")
        else:
            shown = plain(f"{value(stored)}{_unit(name, stored)}")
        made.add_row(plain(name, "dim"), shown)
    return made


def _job(row: RunnerRow) -> int:
    """The job that the runner ran, or else waits for, or else was launched for."""
    return row.ran_job_id or row.waits_for_job_id or row.job_id


def _note(row: RunnerRow) -> str:
    if row.failure_reason:
        return row.failure_reason
    ended = row.stopped_at is not None
    if row.stopping:
        return f"stopped: {row.stopping}" if ended else f"stopping: {row.stopping}"
    if row.stuck:
        return f"stuck: {row.stuck}"
    if row.awaits:
        return f"waits: {row.awaits}"
    return row.conclusion or ""


def _relative(at: datetime, now: datetime) -> str:
    return f"{ago(at, now)} ago" if at <= now else f"in {ago(now, at)}"


def _unit(name: str, stored: object) -> str:
    units = {"cpu": " CPU units", "memory": " MiB"}
    return units.get(name, "") if stored is not None else ""
