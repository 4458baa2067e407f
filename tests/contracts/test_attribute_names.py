"""The rows and the fleet's counter, which are in one table, have no attribute in common.

DynamoDB rejects an item in which an attribute that is an index's key has another type than the
index's. Source: Amazon DynamoDB Developer Guide, "Using Global Secondary Indexes in
DynamoDB", "Data synchronization between tables and Global Secondary Indexes".
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from local.description import Description
from shared.domain.projection import RunnerRow
from shared.ports import Refused
from tests.cli.support import copy
from tests.judges.engines import ENGINES, Tables, tables
from tests.simulated.agenda import Agenda
from tests.simulated.aws.dynamodb import DynamoDB
from tests.simulated.aws.paging import Direct
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.judged import Refusals

KEY = "runner_id"


def _waiting() -> SimulatedFleet:
    """Create one runner, and a job that waits for its slot."""
    fleet = SimulatedFleet(replace(stories.POLICY, max_runners=1))
    fleet.queue(1, 2)
    fleet.settle()
    return fleet


def _failing() -> SimulatedFleet:
    """Open the circuit, and try one launch."""
    policy = replace(stories.POLICY, circuit_failures=2, circuit_pause=60, max_launches=9)
    fleet = SimulatedFleet(policy)
    fleet.queue(1, 2)
    fleet.settle()
    for runner_id in ("fleet-1-1", "fleet-2-1", "fleet-1-2"):
        fleet.exits(runner_id, exit_code=1)
        fleet.settle()
    fleet.clock.advance(61)
    fleet.driver().drive("job-2")
    fleet.settle()
    return fleet


@contextmanager
def _simulated() -> Iterator[Tables]:
    made = Tables(client=Direct(DynamoDB(Agenda(Random(0)))), names=Description("fleet"))
    for table in made.names.tables():
        made.client.create_table(**table)
    yield made


@pytest.fixture(params=["simulated", *ENGINES])
def place(request: pytest.FixtureRequest) -> Iterator[Tables]:
    made = _simulated() if request.param == "simulated" else tables(request.param, request)
    with made as found:
        yield found


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[Tables]:
    with tables(request.param, request) as made:
        yield made


@pytest.mark.parametrize("story", [_waiting, _failing])
def test_attribute_names_of_different_items_in_one_table_never_collide(
    place: Tables, story: Callable[[], SimulatedFleet]
) -> None:
    copy(story(), place.log)
    rows, others = _items(place)
    of_rows = {*RunnerRow.__struct_fields__, *_index_keys(place), *rows}
    assert others, "the story changes the fleet's counter"
    assert others & of_rows == {KEY}


def test_a_row_and_the_counter_are_taken_with_the_attributes_that_they_have(engine: Tables) -> None:
    copy(_waiting(), engine.log)
    assert engine.runners.waiting(10) == [2]


def test_a_counter_with_the_attribute_of_an_index_of_rows_is_refused(engine: Tables) -> None:
    """The counter's former attribute `waiting`, a number, is the arrival index's key, a string.

    The counter is put, as a rebuild does: DynamoDB Local checks the types of a put, and not
    those of an update.
    """
    renamed = _renaming(engine.client, "slots_awaited", "waiting")
    before = engine.log.slots()
    with Refusals(), pytest.raises(Refused) as refused:
        engine.runners.overwrite_slots(before, before)
    cause: Any = refused.value.__cause__
    reasons = cause.response
    assert "Type mismatch for Index Key" in str(reasons.get("CancellationReasons", reasons))
    assert renamed, "no request named the counter's attribute"


def _items(place: Tables) -> tuple[set[str], set[str]]:
    """Return the attributes of all rows, and those of all other items in the rows' table."""
    rows: set[str] = set()
    others: set[str] = set()
    known = {row.runner_id for row in place.runners.all()}
    for item in place.items():
        (rows if item[KEY]["S"] in known else others).update(item)
    return rows, others


def _index_keys(place: Tables) -> set[str]:
    """Return the attributes that are a key of the table or of one of its indexes."""
    (table,) = (
        one for one in place.names.tables() if one["TableName"] == place.names.runners_table
    )
    return {one["AttributeName"] for one in table["AttributeDefinitions"]}


def _renaming(client: Any, ours: str, name: str) -> list[str]:
    """Rename the counter's attribute `ours` to `name` in the client's requests, and return those.

    This includes expressions of updates.
    """
    changed: list[str] = []

    def rename(params: dict[str, Any], **_: Any) -> None:
        asked = json.dumps(params)
        if ours in asked:
            changed.append(asked)
            params.update(json.loads(asked.replace(ours, name)))

    for operation in ("PutItem", "UpdateItem", "TransactWriteItems"):
        client.meta.events.register(f"provide-client-params.dynamodb.{operation}", rename)
    return changed
