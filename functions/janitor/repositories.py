"""The newest rows, and the repositories in which the fleet has worked lately."""

import re
from collections.abc import Sequence
from datetime import timedelta

from functions.janitor.sweep import Janitor
from shared.domain.bounds import REPOSITORY
from shared.domain.projection import RunnerRow
from shared.domain.runner.status import Status
from shared.ports import Unavailable

ROWS_PER_STATUS = 100
"""Maximum number of rows of each status that are considered, the newest."""
SEEN_LATELY = timedelta(days=7)


def recent_repositories(janitor: Janitor, within: timedelta) -> list[str]:
    """Return the repositories of rows that changed within that time, the newest row first.

    A row of a damaged event may name what is no repository. GitHub is not asked about that.
    """
    oldest = janitor.now() - within
    names = (row.repository for row in recent_rows(janitor) if row.status_at >= oldest)
    return list(dict.fromkeys(name for name in names if re.search(REPOSITORY, name)))


def recent_rows(janitor: Janitor) -> list[RunnerRow]:
    """Return the newest rows of each status, the newest first.

    A status whose rows can't be read is left out and reported.
    """
    rows = [row for status in Status for row in _newest(janitor, status)]
    return sorted(rows, key=lambda row: row.status_at, reverse=True)


def served_repositories(janitor: Janitor) -> list[str]:
    """Return the repositories that the scope names, and others of it with recent jobs."""
    recent = recent_repositories(janitor, SEEN_LATELY)
    known = {one.lower(): one for one in (*janitor.offer.repositories, *recent)}
    return [one for one in known.values() if janitor.offer.contains(one)]


def _newest(janitor: Janitor, status: Status) -> Sequence[RunnerRow]:
    try:
        return janitor.rows(status)[:ROWS_PER_STATUS]
    except Unavailable as error:
        janitor.on_failure(f"{status} runners", error)
        return ()
