"""What ingest logged of webhooks that it did not record, by CloudWatch Logs' FilterLogEvents.

The filter looks for words only, so that CloudWatch sends little; which lines count is decided here,
on the line as JSON. Source: Amazon CloudWatch Logs User Guide, "Filter pattern syntax".
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec
from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct

from shared.adapters.aws_errors import LOGS, translate
from shared.domain.stream import StreamId
from shared.ports.intake import Unrecorded

_RESULTS = ("ignored", "refused", "failed")


class LogsClient(Protocol):
    """What is used of boto3's client."""

    def get_paginator(self, operation_name: str) -> Any:
        """See boto3."""
        ...


class _Line(Struct, frozen=True):
    """A line of ingest's log about a delivery, as `functions.ingest` writes it."""

    result: str
    reason: str
    status: int | None = None
    delivery: str = ""
    stream: str = ""
    fact: str = ""
    action: str = ""
    repository: str = ""
    job_name: str = ""
    labels: tuple[str, ...] = ()


class CloudWatchIntakeLog:
    """`IntakeLog` in the log group of ingest.

    Args:
        client: Returns the client; not called before something is looked for.
    """

    def __init__(self, client: Callable[[], LogsClient], group: str) -> None:
        self._client = client
        self._group = group

    def unrecorded(self, since: datetime, job_id: int | None = None) -> Iterator[Unrecorded]:
        """See `IntakeLog.unrecorded`."""
        stream = None if job_id is None else StreamId.of_job(job_id)
        for at, text in self._lines(since, '"reason"' if stream is None else f'"{stream}"'):
            line = _read(text)
            if line is None or line.result not in _RESULTS or line.fact:
                continue  # with a fact: another delivery has recorded it
            if stream in (None, line.stream):
                yield _unrecorded(at, line)

    def _lines(self, since: datetime, pattern: str) -> Iterator[tuple[datetime, str]]:
        try:
            pages = (
                self._client()
                .get_paginator("filter_log_events")
                .paginate(
                    logGroupName=self._group,
                    startTime=int(since.timestamp() * 1000),
                    filterPattern=pattern,
                )
            )
            for page in pages:
                yield from (
                    (_time(event["timestamp"]), event["message"]) for event in page["events"]
                )
        except (BotoCoreError, ClientError) as error:
            raise translate(LOGS, error) from error


def _read(text: str) -> _Line | None:
    """The line, unless it is about something else."""
    try:
        return msgspec.json.decode(text, type=_Line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _unrecorded(at: datetime, line: _Line) -> Unrecorded:
    stream = StreamId.parse(line.stream)
    return Unrecorded(
        at=at,
        result=line.result,
        reason=line.reason,
        status=line.status,
        delivery=line.delivery,
        job_id=stream.job_id if stream else None,
        action=line.action,
        repository=line.repository,
        job_name=line.job_name,
        labels=line.labels,
    )
