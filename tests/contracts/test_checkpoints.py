"""The contract of `Checkpoints`: on simulated DynamoDB, on moto and on each of `ENGINES`."""

import pytest

from shared.adapters.checkpoints import DynamoCheckpoints
from shared.adapters.runners_table import DynamoRunnersTable
from shared.ports import Checkpoint, Conflict
from tests.judges.engines import Tables

Both = tuple[DynamoCheckpoints, DynamoRunnersTable]


@pytest.fixture
def both(new_tables: Tables) -> Both:
    """Checkpoints, and the table in which they are."""
    checkpoints = DynamoCheckpoints(new_tables.client, new_tables.names.runners_table)
    return checkpoints, new_tables.runners


def test_a_checkpoint_is_read_as_it_was_written_and_is_no_row(both: Both) -> None:
    checkpoints, table = both
    assert checkpoints.read("one") == Checkpoint()
    checkpoints.write("one", Checkpoint(text='{"a": 1}'))
    assert checkpoints.read("one") == Checkpoint(text='{"a": 1}', version=1)
    checkpoints.write("one", Checkpoint(text="", version=1))
    assert checkpoints.read("one") == Checkpoint(version=2)
    assert checkpoints.read("other") == Checkpoint()
    assert list(table.ids()) == []
    assert list(table.all()) == []


@pytest.mark.parametrize("version", [0, 2])
def test_a_checkpoint_that_has_changed_is_not_overwritten(both: Both, version: int) -> None:
    checkpoints, _ = both
    checkpoints.write("one", Checkpoint(text="first"))
    with pytest.raises(Conflict, match="the checkpoint one has changed"):
        checkpoints.write("one", Checkpoint(text="second", version=version))
    assert checkpoints.read("one") == Checkpoint(text="first", version=1)


def test_a_checkpoint_may_be_written_twice_since_clients_try_again(both: Both) -> None:
    checkpoints, _ = both
    checkpoints.write("one", Checkpoint(text="first"))
    checkpoints.write("one", Checkpoint(text="first"))
    assert checkpoints.read("one") == Checkpoint(text="first", version=1)
