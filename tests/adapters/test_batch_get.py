"""Reads of many items by key, of which DynamoDB may process only some."""

from typing import Any

import pytest

from shared.adapters.batch_get import get_items
from shared.adapters.runners_table import DynamoRunnersTable
from shared.ports import NotNow

TABLE = "runners"


class Client:
    """A client that processes so many keys of each request, one number after the other."""

    def __init__(self, *processed: int) -> None:
        self._processed = list(processed)
        self.requested: list[int] = []

    def batch_get_item(self, **asked: Any) -> dict[str, Any]:
        keys = asked["RequestItems"][TABLE]["Keys"]
        self.requested.append(len(keys))
        count = self._processed.pop(0)
        left = {TABLE: {"Keys": keys[count:]}} if keys[count:] else {}
        return {"Responses": {TABLE: keys[:count]}, "UnprocessedKeys": left}


def test_unprocessed_keys_are_requested_again_as_long_as_any_is_processed() -> None:
    client: Any = Client(60, 30, 10)
    found, left = get_items(client, TABLE, [f"fleet-{n}-1" for n in range(100)])
    assert (len(found), left) == (100, 0)
    assert client.requested == [100, 40, 10]


def test_if_none_is_processed_the_rest_is_counted_and_not_requested_forever() -> None:
    client: Any = Client(60, 0, 5)
    found, left = get_items(client, TABLE, [f"fleet-{n}-1" for n in range(105)])
    assert (len(found), left) == (65, 40)
    assert client.requested == [100, 40, 5]


def test_rows_that_could_not_be_read_are_no_missing_rows() -> None:
    client: Any = Client(0)
    with pytest.raises(NotNow, match="2 rows were not read"):
        DynamoRunnersTable(client, TABLE).find(["fleet-1-1", "fleet-2-1"])
