"""The repositories in which the fleet has worked lately."""

from datetime import timedelta

from functions.janitor.sweep import Janitor
from shared.domain.runner.status import Status

ROWS_PER_STATUS = 100
"""Maximum number of rows read of each status, the newest."""
SEEN_LATELY = timedelta(days=7)


def recent_repositories(janitor: Janitor, within: timedelta) -> list[str]:
    """Return the repositories of rows that changed within that time, the newest row first."""
    table, oldest = janitor.deps.table, janitor.now() - within
    rows = [row for status in Status for row in table.by_status(status, ROWS_PER_STATUS)]
    recent = [row for row in rows if row.repository and row.status_at >= oldest]
    recent.sort(key=lambda row: row.status_at, reverse=True)
    return list(dict.fromkeys(row.repository for row in recent))


def served_repositories(janitor: Janitor) -> list[str]:
    """Return the repositories that the scope names, and others of it with recent jobs."""
    recent = recent_repositories(janitor, SEEN_LATELY)
    known = {one.lower(): one for one in (*janitor.offer.repositories, *recent)}
    return [one for one in known.values() if janitor.offer.contains(one)]
