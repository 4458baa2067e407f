"""The bounds of input from outside: ids, counts, names, labels and times.

msgspec checks all of them except times while it decodes a message. Its errors name the field and
the allowed values. The bounds keep every event and row that is made of a message below DynamoDB's
limit of 400 KB an item, even if each character takes six bytes in JSON. No rule belongs here.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

MAX_ID = 2**63 - 1
"""GitHub's ids are 64-bit integers. Source: GitHub's OpenAPI description, `format: int64`."""

_UTF_8 = r"\A[^\ud800-\udfff]*\Z"
"""Text that UTF-8 can encode: `json.loads` accepts lone surrogates, which it can't encode."""

Id = Annotated[int, Meta(ge=1, le=MAX_ID)]
OptionalId = Annotated[int, Meta(ge=0, le=MAX_ID)]
"""An id, or 0 if there is none; or a count."""
Word = Annotated[str, Meta(max_length=64, pattern=_UTF_8)]
"""An action, a status, a conclusion, a code."""
Name = Annotated[str, Meta(max_length=1024, pattern=_UTF_8)]
Link = Annotated[str, Meta(max_length=2048, pattern=_UTF_8)]
"""A URL or an ARN. ARNs have at most 2,048 characters. Source: AWS IAM API Reference."""
MAX_REASON = 4096
Reason = Annotated[str, Meta(max_length=MAX_REASON, pattern=_UTF_8)]
REPOSITORY = r"\A[A-Za-z0-9._-]+/[A-Za-z0-9._-]+\Z"
RepositoryName = Annotated[str, Meta(max_length=256, pattern=REPOSITORY)]
"""`owner/name`."""
Label = Annotated[str, Meta(max_length=256, pattern=_UTF_8)]
Labels = Annotated[tuple[Label, ...], Meta(max_length=128)]
"""More than the 100 that GitHub registers, so that a job with 101 is refused with GitHub's error
message."""
MAX_SECONDS = 366 * 24 * 3600
Duration = Annotated[int, Meta(ge=0, le=MAX_SECONDS)]
"""Seconds in an event: at most 366 days, so that adding them to a time never overflows."""
Time = Annotated[datetime, Meta(tz=True)]
"""A time with a time zone. `check_times` checks its range."""

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
"""A Git object id, in SHA-1 or SHA-256. Source: Git documentation, "hash-function-transition"."""

EARLIEST = datetime(2008, 1, 1, tzinfo=UTC)
"""The year in which GitHub opened; no GitHub or ECS time is earlier."""
AHEAD = timedelta(days=1)
"""How far another clock may be ahead of this one."""


def commit(text: str | None) -> str:
    """Return the text if it is the id of a commit, else "": GitHub describes it as any text."""
    return text if text and _COMMIT.fullmatch(text) else ""


def check_times(now: datetime, times: Mapping[str, datetime | None]) -> None:
    """Check times. The keys are the paths of their fields, such as `$.workflow_job.created_at`.

    Raises:
        msgspec.ValidationError: names the first time out of bounds, and the allowed range.
    """
    for path, at in times.items():
        if at is not None and not EARLIEST <= at <= now + AHEAD:
            raise msgspec.ValidationError(
                f"Expected a time from {EARLIEST:%Y-%m-%d} to a day from now - at `{path}`"
            )
