"""The writes of DynamoDB's partitions are counted in units, by second, as DynamoDB charges them."""

from random import Random
from typing import Any

import pytest

from benchmarks.load.partitions import Partitions
from tests.simulated.agenda import Agenda
from tests.simulated.aws.dynamodb import DynamoDB
from tests.simulated.names import FLEET

LIVE = {"live": {"S": "0"}, "deadline": {"S": "1"}}


class Table:
    """The runners table, and the writes of its partitions."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.partitions = Partitions()
        self._client = DynamoDB(Agenda(Random(0)))
        for table in FLEET.tables():
            self._client.create_table(**table)
        self._client.on_write = lambda write: self.partitions.written(write, self.seconds)

    def put(self, key: str, **attributes: Any) -> None:
        item = {"runner_id": {"S": key}, **attributes}
        self._client.put_item(TableName=FLEET.runners_table, Item=item)

    @property
    def hottest(self) -> dict[str, int]:
        return dict(self.partitions.hottest())


@pytest.fixture
def table() -> Table:
    return Table()


def test_an_item_counts_twice_per_kilobyte_and_once_per_kilobyte_in_an_index(table: Table) -> None:
    table.put("fleet-1-1", **LIVE, text={"S": "x" * 1024})
    assert table.hottest == {"fleet-1-1": 4, "by_deadline 0": 2}


def test_only_what_changes_is_written_to_an_index(table: Table) -> None:
    table.put("fleet-1-1", **LIVE)
    table.seconds = 1.0
    table.put("fleet-1-1", **LIVE)
    assert table.hottest == {"fleet-1-1": 2, "by_deadline 0": 1}


@pytest.mark.parametrize(
    ("after", "units"),
    [
        ({**LIVE, "text": {"S": "x"}}, {"by_deadline 0": 1}),
        ({**LIVE, "deadline": {"S": "2"}}, {"by_deadline 0": 2}),
        ({**LIVE, "live": {"S": "1"}}, {"by_deadline 0": 1, "by_deadline 1": 1}),
        ({}, {"by_deadline 0": 1}),
    ],
)
def test_a_changed_key_is_a_deletion_and_an_insertion(
    table: Table, after: dict[str, Any], units: dict[str, int]
) -> None:
    table.put("fleet-1-1", **LIVE)
    table.partitions.forget()
    table.put("fleet-1-1", **after)
    assert table.hottest == {"fleet-1-1": 2, **units}


def test_the_most_of_a_second_counts_and_the_hottest_comes_first(table: Table) -> None:
    for number, second in enumerate((0.0, 0.9, 1.0)):
        table.seconds = second
        table.put("slots-1", held={"N": str(number)})
    table.put("checkpoint/a/b")
    assert list(table.hottest.items()) == [("slots-1", 4), ("checkpoint", 2)]
