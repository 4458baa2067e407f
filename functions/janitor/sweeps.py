"""What the Janitor looks for on each run. A sweep is small, bounded, and has its own metric."""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from shared.domain.names import job_stream
from shared.engine.drive import Driver
from shared.ports import RunnersTable

MOST_DUE = 200
"""Streams driven in one run; the rest is due in the next one, the oldest first."""


class Swept(Struct, frozen=True, kw_only=True):
    """What a sweep did: how many streams it drove, and which ones it could not."""

    name: str
    driven: int
    failed: tuple[str, ...] = ()


def deadlines(
    table: RunnersTable,
    driver: Driver,
    now: datetime,
    on_failure: Callable[[str, Exception], None],
) -> Swept:
    """Drive every stream with a row whose deadline has passed.

    The row only says where to look: what is due, if anything, follows from the stream.
    """
    streams = list(dict.fromkeys(job_stream(row.job_id) for row in table.due(now, MOST_DUE)))
    failed = [stream for stream in streams if not _driven(driver, stream, on_failure)]
    return Swept(name="Deadlines", driven=len(streams), failed=tuple(failed))


def _driven(driver: Driver, stream: str, on_failure: Callable[[str, Exception], None]) -> bool:
    try:
        driver.drive(stream)
    except Exception as error:  # noqa: BLE001 - one stream must not keep the others from their turn
        on_failure(stream, error)
        return False
    return True
