"""Groups failures by their cause: the reason without what differs from one job to the next. Pure.

Exit codes and HTTP statuses stay, since they are causes.
"""

import re
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from cli.analysis.jobs import Failure

_PLACEHOLDERS = (
    (r"\barn:[a-z-]+:[^\s,;'\"()]+", "<arn>"),
    (r"\bhttps?://[^\s,;'\"()]+", "<url>"),
    (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "<id>"),
    (r"\bsha256:[0-9a-f]+\b", "<id>"),
    (r"\b[a-z][a-z0-9-]*-\d+-\d+\b", "<runner>"),
    (r"\b[a-z]{1,12}-(?=[a-f]*\d)[0-9a-f]{8,17}\b", "<id>"),  # subnet-0a1b2c3d, sg-…, eni-…
    (r"\b(?=[a-f]*\d)[0-9a-f]{12,}\b", "<id>"),
    (r"\b\d{4}-\d\d-\d\dT?(?=[\s\d]|$)", "<date> "),
    (r"\b\d\d:\d\d:\d\d(?:\.\d+)?Z?\b", "<time>"),
    (r"\b(?:\d{1,3}\.){3}\d{1,3}\b", "<address>"),
    (r"(?<!exit code )(?<!HTTP )(?<!status )(?<![\w.:@-])\d+(?:[.,]\d+)*(?!\w)", "<n>"),
)
"""Patterns and what replaces them, in this order."""
_RULES = tuple((re.compile(pattern, re.IGNORECASE), text) for pattern, text in _PLACEHOLDERS)


class FailureCause(Struct, frozen=True, kw_only=True):
    """Failures of one kind with the same cause.

    Attributes:
        kind: `launch failed`, `no capacity`, `held back`, `task failed`, `refused` or `given up`.
        cause: The reason with placeholders; empty if none is recorded.
        count: The number of failures.
        first: When the first one happened.
        last: When the last one happened.
        example: The whole reason of the last one.
        last_runner_id: The runner of the last one; empty if it is about a job.
    """

    kind: str
    cause: str
    count: int
    first: datetime
    last: datetime
    example: str
    last_runner_id: str


def cause(reason: str) -> str:
    """Return the reason with placeholders for ids, ARNs, URLs, times, addresses and numbers."""
    for pattern, text in _RULES:
        reason = pattern.sub(text, reason)
    return " ".join(reason.split())


def causes(failures: Iterable[Failure]) -> tuple[FailureCause, ...]:
    """Return the causes of some failures, the most frequent one first."""
    groups: dict[tuple[str, str], list[Failure]] = {}
    for failure in failures:
        groups.setdefault((failure.kind, cause(failure.reason)), []).append(failure)
    found = (_cause(kind, text, group) for (kind, text), group in groups.items())
    return tuple(sorted(found, key=lambda one: (-one.count, one.kind, one.cause)))


def _cause(kind: str, text: str, group: list[Failure]) -> FailureCause:
    ordered = sorted(group, key=lambda failure: failure.at)
    return FailureCause(
        kind=kind,
        cause=text,
        count=len(group),
        first=ordered[0].at,
        last=ordered[-1].at,
        example=ordered[-1].reason,
        last_runner_id=ordered[-1].runner_id,
    )
