"""The bounds of what is taken in from outside: ids, counts, names, labels and times.

msgspec checks all but times where it decodes a message, and its errors name the field and what is
allowed. Together the bounds keep every event and row that is made of a message below DynamoDB's
400 KB an item, even if each character of a text takes six bytes in JSON. No rule belongs here.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

MAX_ID = 2**63 - 1
"""GitHub's ids are 64-bit integers. Source: GitHub's OpenAPI description, `format: int64`."""

_UTF_8 = r"\A[^\ud800-\udfff]*\Z"
"""What UTF-8 can encode: `json.loads` takes lone surrogates."""

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
RepositoryName = Annotated[
    str, Meta(max_length=256, pattern=r"\A[A-Za-z0-9._-]+/[A-Za-z0-9._-]+\Z")
]
"""`owner/name`."""
Label = Annotated[str, Meta(max_length=256, pattern=_UTF_8)]
Labels = Annotated[tuple[Label, ...], Meta(max_length=128)]
"""More than the 100 that GitHub registers, so that its own words refuse a job that has 101."""
Time = Annotated[datetime, Meta(tz=True)]
"""With a zone. `check_times` checks the rest."""

EARLIEST = datetime(2008, 1, 1, tzinfo=UTC)
"""GitHub was opened in that year, and AWS had no containers yet."""
AHEAD = timedelta(days=1)
"""How far ahead of ours another clock may be."""


def check_times(now: datetime, times: Mapping[str, datetime | None]) -> None:
    """Check times by the paths of their fields, such as `$.workflow_job.created_at`.

    Raises:
        msgspec.ValidationError: names the first that is out of bounds, and what is allowed.
    """
    for path, at in times.items():
        if at is not None and not EARLIEST <= at <= now + AHEAD:
            raise msgspec.ValidationError(
                f"Expected a time from {EARLIEST:%Y-%m-%d} to a day from now - at `{path}`"
            )
