"""Reads the jobs that wait for a slot, from a sparse index.

Only the rows' keys are read, so damaged rows are included.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from shared.adapters import items
from shared.adapters.aws_errors import DYNAMODB, translated
from shared.domain.names import home_job
from shared.domain.unreadable import Unreadable

if TYPE_CHECKING:
    from shared.adapters.dynamodb import Client

BY_ARRIVAL = "by_arrival"
"""Sparse index: partition key `waiting`, sort key `arrived_at`."""

OnUnreadable = Callable[[Unreadable], None]


def waiting_jobs(
    client: "Client", runners: str, limit: int, on_unreadable: OnUnreadable
) -> list[int]:
    """See `RunnersTable.waiting`. `runners` is the table's name."""
    pages: Iterable[Any] = client.get_paginator("query").paginate(
        TableName=runners,
        IndexName=BY_ARRIVAL,
        KeyConditionExpression="waiting = :waiting",
        ExpressionAttributeValues={":waiting": {"S": items.WAITING}},
        PaginationConfig={"PageSize": limit},
    )
    with translated(DYNAMODB):
        keys = (item["runner_id"]["S"] for page in pages for item in page["Items"])
        return list(dict.fromkeys(islice(jobs_of(keys, on_unreadable), limit)))


def jobs_of(keys: Iterable[str], on_unreadable: OnUnreadable) -> Iterator[int]:
    """Yield the job ids of rows by their keys. A key that is no runner's id is reported."""
    for key in keys:
        job_id = home_job(key)
        if job_id is None:
            on_unreadable(Unreadable(key, "it is no runner's id"))
        else:
            yield job_id
