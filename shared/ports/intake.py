"""What ingest answered to webhooks from which no fact came, for the tools of people."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from msgspec import Struct


class Unrecorded(Struct, frozen=True, kw_only=True):
    """One delivery that left nothing in the log, and why; what is not known is empty.

    `result` is ingest's: `ignored`, `refused` or `failed`.
    """

    at: datetime
    result: str
    reason: str
    status: int | None = None
    delivery: str = ""
    job_id: int | None = None
    action: str = ""
    repository: str = ""
    job_name: str = ""
    labels: tuple[str, ...] = ()


class IntakeLog(Protocol):
    """What ingest wrote of the deliveries that it did not record."""

    def unrecorded(self, since: datetime, job_id: int | None = None) -> Iterator[Unrecorded]:
        """All since then, or those of one job, the oldest first.

        Raises:
            Refused, Unavailable.
        """
        ...
