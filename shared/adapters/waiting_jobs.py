"""Reads the jobs that rows of a sparse index belong to, such as those that wait for a slot.

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
    return jobs_of_index(
        client,
        runners,
        limit,
        on_unreadable,
        IndexName=BY_ARRIVAL,
        KeyConditionExpression="waiting = :waiting",
        ExpressionAttributeValues={":waiting": {"S": items.WAITING}},
    )


def jobs_of_index(
    client: "Client", runners: str, limit: int, on_unreadable: OnUnreadable, **query: Any
) -> list[int]:
    """Return the job ids of at most `limit` rows that the query finds, in its order."""
    paginator = client.get_paginator("query")
    pages: Iterable[Any] = paginator.paginate(
        TableName=runners, PaginationConfig={"PageSize": limit}, **query
    )
    with translated(DYNAMODB):
        keys = (item["runner_id"]["S"] for page in pages for item in page["Items"])
        return list(dict.fromkeys(islice(_jobs(keys, on_unreadable), limit)))


def _jobs(keys: Iterable[str], on_unreadable: OnUnreadable) -> Iterator[int]:
    for key in keys:
        job_id = home_job(key)
        if job_id is None:
            on_unreadable(Unreadable(key, "it is no runner's id"))
        else:
            yield job_id
