"""The port errors for DynamoDB's errors, in the event log and the runners table."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from local.description import Description
from shared.adapters.dynamodb import DynamoEventLog
from shared.adapters.runners_table import DynamoRunnersTable
from shared.domain.slot.rate_limit import RateLimits
from shared.ports import Unavailable
from tests.simulated.agenda import Agenda
from tests.simulated.aws.dynamodb import DynamoDB
from tests.simulated.aws.errors import error
from tests.simulated.aws.paging import Direct
from tests.support.stories import at

FLEET = Description("fleet")


class Throttled(DynamoDB):
    """Fails on each read and each put."""

    def query(self, **_: Any) -> Any:
        raise error("ThrottlingException", "Rate exceeded", "Query")

    scan = get_item = batch_get_item = put_item = query


class Partly(DynamoDB):
    """Returns only the first key of a batch, as if throttled after it."""

    def batch_get_item(self, **asked: Any) -> Any:
        ((table, wanted),) = asked["RequestItems"].items()
        first, rest = wanted["Keys"][:1], wanted["Keys"][1:]
        answer = super().batch_get_item(RequestItems={table: wanted | {"Keys": first}})
        return answer | {"UnprocessedKeys": {table: wanted | {"Keys": rest}}}


CALLS: dict[str, Callable[[DynamoEventLog, DynamoRunnersTable], object]] = {
    "read": lambda log, _: log.read("job-7"),
    "slots": lambda log, _: log.slots(),
    "get": lambda _, table: table.get("fleet-7-1"),
    "by status": lambda _, table: list(table.by_status("STARTING")),
    "live": lambda _, table: table.live(at(0)),
    "waiting": lambda _, table: table.waiting(10),
    "all": lambda _, table: list(table.all()),
    "ids": lambda _, table: list(table.ids()),
    "streams": lambda log, _: list(log.streams()),
    "limit launches": lambda log, _: log.replace_rate_limits(RateLimits(), RateLimits()),
}


@pytest.mark.parametrize("name", CALLS)
def test_every_call_that_is_throttled_is_unavailable_for_now(name: str) -> None:
    client: Any = Direct(Throttled(Agenda(Random(0))))
    log = DynamoEventLog(client, FLEET.events_table, FLEET.runners_table)
    with pytest.raises(Unavailable, match="ThrottlingException"):
        CALLS[name](log, DynamoRunnersTable(client, FLEET.runners_table))


def test_a_counter_that_was_read_in_part_is_unavailable_rather_than_too_small() -> None:
    client: Any = Direct(Partly(Agenda(Random(0))))
    for table in FLEET.tables():
        client.create_table(**table)
    log = DynamoEventLog(client, FLEET.events_table, FLEET.runners_table)
    with pytest.raises(Unavailable, match="the counter was not read as a whole"):
        log.slots()
