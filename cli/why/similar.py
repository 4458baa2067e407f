"""Counts the other jobs that wait or failed for the same cause, by their runners' rows. Pure."""

import re
from collections.abc import Iterable

from msgspec import Struct

from shared.domain.projection import RunnerRow
from shared.domain.runner.status import LIVE, Status

STUCK = "stuck in a dead-letter queue"
NAMED = 5
"""Maximum number of jobs that are named."""
_VARIES = re.compile(
    r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b(?=[a-f]*\d)[0-9a-f]{12,}\b|\d+"
)
"""UUIDs, long hexadecimal ids, and numbers."""
_SLOT = "max_runners"
"""Part of both reasons for which a launch waits for a slot; see `shared/domain/slot/counter.py`."""


class Similar(Struct, frozen=True, kw_only=True):
    """Other jobs with the same cause.

    Attributes:
        count: The number of these jobs.
        job_ids: The ids of the first five of them.
        cause: What they have in common, with numbers and ids replaced by `…`.
    """

    count: int
    job_ids: tuple[int, ...]
    cause: str


def similar(cause: str, job_id: int, rows: Iterable[RunnerRow]) -> Similar:
    """Return the jobs but this one among the rows that have that cause, one of `cause_of`."""
    found = sorted({_job(row) for row in rows if cause_of(row) == cause} - {job_id})
    return Similar(count=len(found), job_ids=tuple(found[:NAMED]), cause=cause)


def cause_of(row: RunnerRow) -> str:
    """Return what the runner waits for or why it ended, equal for all with the same cause."""
    if row.stuck:
        return STUCK
    if row.status not in LIVE:
        return generalized(row.failure_reason or "")
    if row.awaits:
        return f"waits for one of {_SLOT}" if _SLOT in row.awaits else generalized(row.awaits)
    if row.status == Status.IMAGE_CREATING:
        return f"image {row.image_tag}"
    return generalized(row.failure_reason) if row.failure_reason else _stage(row)


def generalized(reason: str) -> str:
    """Return a reason with its numbers and ids replaced by `…`."""
    return _VARIES.sub("…", reason)


def _stage(row: RunnerRow) -> str:
    if row.status != Status.STARTING:
        return row.status
    if row.task_arn:
        return "task starting"
    return "launching" if row.launched_at else "planned"


def _job(row: RunnerRow) -> int:
    return row.waits_for_job_id or row.job_id
