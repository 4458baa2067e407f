"""The port to ingest's log of webhooks that were not recorded. Only the command line uses it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from msgspec import Struct


class Unrecorded(Struct, frozen=True, kw_only=True):
    """One delivery without an event in the log, and why. Unknown fields are empty.

    Attributes:
        at: When ingest logged it.
        result: What ingest did: `ignored`, `refused` or `failed`.
        status: The HTTP status that GitHub got; null if it is not known.
        delivery: GitHub's id of the delivery.
        job_id: The job's id at GitHub; null if it is not known.
        action: The action of `workflow_job`: `queued`, `waiting`, `in_progress` or `completed`.
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
    """The deliveries that ingest did not record, from its own log."""

    def unrecorded(self, since: datetime, job_id: int | None = None) -> Iterator[Unrecorded]:
        """Yield the deliveries since then, of all jobs or of one, the oldest first.

        Raises:
            Refused, Unavailable.
        """
        ...
