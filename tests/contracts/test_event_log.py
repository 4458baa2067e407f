"""What every event log must hold to, in memory and in DynamoDB alike."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import boto3
import pytest
from moto import mock_aws
from msgspec.structs import replace

from local.memory.log import MemoryEventLog, MemoryRunnersTable
from shared.adapters.dynamodb import DynamoEventLog, DynamoRunnersTable
from shared.domain import events as e
from shared.domain.history import History, read
from shared.engine.journal import Entry, append, load, record_fact
from shared.ports import Append, AppendTooLarge, Conflict, EventLog, RunnersTable
from tests.support.stories import at, event, intended, launched, queued
from tests.support.tables import create_tables

Both = tuple[EventLog, RunnersTable]


@pytest.fixture(params=["memory", "dynamodb"])
def both(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Both]:
    """A log and its runners table."""
    if request.param == "memory":
        memory = MemoryEventLog()
        yield memory, MemoryRunnersTable(memory)
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        create_tables(client, "events", "runners")
        yield DynamoEventLog(client, "events", "runners"), DynamoRunnersTable(client, "runners")
        client.close()


def _told(log: EventLog, job_id: int, *facts: e.Fact) -> History:
    stream = f"job-{job_id}"
    history = load(log, stream)
    (after,) = append(log, [Entry(history=history, events=tuple(map(event, facts)))])
    return after


def _append(stream: str, after: int, *events: e.Event) -> Append:
    return Append(stream=stream, after=after, events=events, routes=(None,) * len(events))


def test_what_was_appended_is_read_back_in_order_without_gaps(both: Both) -> None:
    log, table = both
    _told(log, 7, queued(), intended())
    after = _told(log, 7, launched())
    recorded = log.read("job-7")
    assert [one.seq for one in recorded] == [1, 2, 3]
    assert [one.event.type for one in recorded] == ["JobQueued", "LaunchIntended", "RunnerLaunched"]
    assert read("job-7", recorded) == after
    assert table.get("fleet-7-1") == after.rows["fleet-7-1"]
    assert list(table.all()) == list(after.rows.values())


def test_a_stream_that_is_not_there_is_empty(both: Both) -> None:
    assert both[0].read("job-404") == []


def test_an_append_to_a_stream_that_has_grown_is_a_conflict(both: Both) -> None:
    log, _ = both
    _told(log, 7, queued())
    with pytest.raises(Conflict):
        log.append([_append("job-7", 0, event(launched()))], [])
    assert len(log.read("job-7")) == 1


def test_an_event_that_the_stream_holds_is_not_appended_again(both: Both) -> None:
    log, _ = both
    for _ in range(3):
        record_fact(
            log, "job-7", event(queued(), event_id="d"), route="scheduler", pause=lambda _: None
        )
    assert len(log.read("job-7")) == 1


def test_a_fact_for_a_stream_thought_new_finds_its_place_behind_the_others(both: Both) -> None:
    log, _ = both
    _told(log, 7, queued())
    new = record_fact(
        log,
        "job-7",
        event(queued(), event_id="second"),
        route=None,
        new_stream=True,
        pause=lambda _: None,
    )
    assert new
    assert [one.seq for one in log.read("job-7")] == [1, 2]


def test_an_append_to_several_streams_is_all_or_nothing(both: Both) -> None:
    log, table = both
    _told(log, 1, queued())
    fresh, stale = load(log, "job-2"), read("job-1", [])
    entries = [Entry(history=one, events=(event(queued()),)) for one in (fresh, stale)]
    with pytest.raises(Conflict):
        append(log, entries)
    assert log.read("job-2") == []
    assert [row.runner_id for row in table.all()] == ["fleet-1-1"]
    append(log, [replace(entries[0]), Entry(history=load(log, "job-1"), events=(event(queued()),))])
    assert [len(log.read(stream)) for stream in ("job-1", "job-2")] == [2, 1]


def test_nothing_is_written_when_a_row_is_not_older(both: Both) -> None:
    log, table = both
    history = _told(log, 7, queued(), intended())
    stored = history.rows["fleet-7-1"]
    with pytest.raises(Conflict):
        log.append([_append("job-7", 2, event(launched()))], [replace(stored, status="FAILED")])
    assert len(log.read("job-7")) == 2
    assert table.get("fleet-7-1") == stored


def test_more_than_a_hundred_items_are_refused(both: Both) -> None:
    log, _ = both
    with pytest.raises(AppendTooLarge, match="101 items in one append; at most 100"):
        log.append([_append("job-7", 0, *(event(queued()) for _ in range(101)))], [])
    assert log.read("job-7") == []


def test_an_item_over_400_kb_is_refused(both: Both) -> None:
    log, _ = both
    large = event(e.JobRejected(reason="x" * 400 * 1024), event_id="large")
    with pytest.raises(AppendTooLarge, match=r"large: 4\d+ bytes; an item holds at most 409600"):
        log.append([_append("job-7", 0, large)], [])
    assert log.read("job-7") == []


def test_every_stream_is_listed_with_its_events(both: Both) -> None:
    log, _ = both
    for job_id in (1, 2, 3):
        _told(log, job_id, queued(), intended(f"fleet-{job_id}-1"))
    assert {stream: len(events) for stream, events in log.streams()} == {
        "job-1": 2,
        "job-2": 2,
        "job-3": 2,
    }


def test_rows_are_found_by_status_newest_first(both: Both) -> None:
    log, table = both
    for job_id in (1, 2, 3):
        history = load(log, f"job-{job_id}")
        append(log, [Entry(history=history, events=(event(queued(), job_id),))])
    found = [row.runner_id for row in table.by_status("STARTING")]
    assert found == ["fleet-3-1", "fleet-2-1", "fleet-1-1"]
    assert [row.runner_id for row in table.by_status("STARTING", limit=1)] == ["fleet-3-1"]
    assert list(table.by_status("FAILED")) == []


def test_only_rows_whose_deadline_has_passed_are_due_the_oldest_first(both: Both) -> None:
    log, table = both
    for job_id, second in ((1, 20.5), (2, 0), (3, 20)):
        history = load(log, f"job-{job_id}")
        append(log, [Entry(history=history, events=(event(queued(), second),))])
    passed = at(60) + timedelta(seconds=20)
    assert [row.runner_id for row in table.due(passed, 10)] == ["fleet-2-1", "fleet-3-1"]
    assert [row.runner_id for row in table.due(passed, 1)] == ["fleet-2-1"]
    assert table.due(at(0), 10) == []


def test_a_row_can_be_overwritten_and_deleted_by_tools(both: Both) -> None:
    log, table = both
    row = _told(log, 7, queued()).rows["fleet-7-1"]
    table.overwrite(replace(row, status="OFFLINE"))
    changed = table.get("fleet-7-1")
    assert changed is not None
    assert changed.status == "OFFLINE"
    table.delete("fleet-7-1")
    assert table.get("fleet-7-1") is None


def test_a_race_has_one_winner() -> None:
    # In memory only: plain moto's transactions are not atomic under threads.
    log = MemoryEventLog()
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda n: _tries(log, n), range(8)))
    assert sorted(results) == [False] * 7 + [True]
    assert len(log.read("job-7")) == 1


def _tries(log: EventLog, number: int) -> bool:
    try:
        log.append([_append("job-7", 0, event(queued(), event_id=f"racer-{number}"))], [])
    except Conflict:
        return False
    return True
