"""The contract of `Notes`: on simulated DynamoDB, on moto and on each of `ENGINES`."""

from collections.abc import Iterator
from random import Random
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.description import Description
from shared.adapters.notes import DynamoNotes
from shared.adapters.runners_table import DynamoRunnersTable
from shared.ports import Conflict, Note
from tests.judges.engines import ENGINES, tables
from tests.simulated.agenda import Agenda
from tests.simulated.aws.dynamodb import DynamoDB
from tests.simulated.aws.paging import Direct

Both = tuple[DynamoNotes, DynamoRunnersTable]
DESCRIPTION = Description("fleet")


@pytest.fixture(params=["dynamodb", "simulated", *ENGINES])
def both(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Both]:
    """Notes, and the table in which they are."""
    if request.param in ENGINES:
        with tables(request.param, request) as made:
            yield DynamoNotes(made.client, made.names.runners_table), made.runners
        return
    if request.param == "simulated":
        yield _both(Direct(DynamoDB(Agenda(Random(0)))))
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        yield _both(client)
        client.close()


def _both(client: Any) -> Both:
    for table in DESCRIPTION.tables():
        client.create_table(**table)
    runners = DESCRIPTION.runners_table
    return DynamoNotes(client, runners), DynamoRunnersTable(client, runners)


def test_a_note_is_read_as_it_was_written_and_is_no_row(both: Both) -> None:
    notes, table = both
    assert notes.read("one") == Note()
    notes.write("one", Note(text='{"a": 1}'))
    assert notes.read("one") == Note(text='{"a": 1}', version=1)
    notes.write("one", Note(text="", version=1))
    assert notes.read("one") == Note(version=2)
    assert notes.read("other") == Note()
    assert list(table.ids()) == []
    assert list(table.all()) == []


@pytest.mark.parametrize("version", [0, 2])
def test_a_note_that_has_changed_is_not_overwritten(both: Both, version: int) -> None:
    notes, _ = both
    notes.write("one", Note(text="first"))
    with pytest.raises(Conflict, match="the note one has changed"):
        notes.write("one", Note(text="second", version=version))
    assert notes.read("one") == Note(text="first", version=1)
