"""The contract of `LogScan`: on simulated DynamoDB, on moto and on each of `ENGINES`."""

import pytest

from shared.engine.transact import Entry, append, load
from tests.judges.engines import Tables
from tests.support.stories import event, intended, launched, queued


@pytest.fixture
def filled(new_tables: Tables) -> Tables:
    """Tables with 30 jobs of three events each."""
    for number in range(1, 31):
        history = load(new_tables.log, f"job-{number}")
        facts = (queued(), intended(f"fleet-{number}-1"), launched(f"fleet-{number}-1"))
        append(new_tables.log, [Entry(history=history, events=tuple(map(event, facts)))])
    return new_tables


@pytest.mark.parametrize("segments", [1, 2, 8])
def test_a_scan_yields_every_stream_once_with_all_its_events(filled: Tables, segments: int) -> None:
    found = list(filled.scan.streams(segments))
    assert sorted(one.stream for one in found) == sorted(f"job-{n}" for n in range(1, 31))
    for one in found:
        assert list(one.recorded) == filled.log.read(one.stream)


def test_a_scan_of_an_empty_table_yields_nothing(new_tables: Tables) -> None:
    assert list(new_tables.scan.streams()) == []


@pytest.mark.parametrize("seq", ["1", "2"])
def test_a_stream_that_lacks_an_event_is_yielded_and_cant_be_folded(
    filled: Tables, seq: str
) -> None:
    key = {"stream": {"S": "job-7"}, "seq": {"N": seq}}
    filled.client.delete_item(TableName=filled.names.events_table, Key=key)
    found = {one.stream: one for one in filled.scan.streams()}
    assert len(found) == 30
    with pytest.raises(ValueError, match=f"job-7 event {seq} can't be read"):
        found["job-7"].history()
