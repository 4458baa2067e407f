"""The repositories in which the fleet has worked lately."""

from datetime import timedelta

from functions.janitor.sweep import Janitor
from shared.domain.runner.status import Status

ROWS_PER_STATUS = 100
"""Maximum number of rows read of each status, the newest."""
SEEN_LATELY = timedelta(days=7)


def recent_repositories(janitor: Janitor, within: timedelta) -> list[str]:
    """Return the repositories of rows that changed within that time, the newest row first."""
    if not janitor.recent:
        by_status = janitor.deps.table.by_status
        rows = [row for status in Status for row in by_status(status, ROWS_PER_STATUS)]
        janitor.recent.extend(sorted(rows, key=lambda row: row.status_at, reverse=True))
    oldest = janitor.now() - within
    recent = [row for row in janitor.recent if row.repository and row.status_at >= oldest]
    return list(dict.fromkeys(row.repository for row in recent))


def served_repositories(janitor: Janitor) -> list[str]:
    """Return the repositories that the scope names, and others of it with recent jobs."""
    recent = recent_repositories(janitor, SEEN_LATELY)
    known = {one.lower(): one for one in (*janitor.offer.repositories, *recent)}
    return [one for one in known.values() if janitor.offer.contains(one)]
