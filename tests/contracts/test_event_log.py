"""The contract of `EventLog`: on simulated DynamoDB, on moto and on each of `ENGINES`."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from threading import Barrier

import pytest
from moto.dynamodb.models.table import Table
from msgspec.structs import replace

from local.clients import Clients
from local.description import Description
from shared.domain import events as e
from shared.domain.history import History, read
from shared.domain.slot.circuit import Circuit
from shared.domain.slot.counter import (
    SHARDS,
    Change,
    CircuitChange,
    Shard,
    ShardChange,
    Slots,
)
from shared.domain.slot.rate_limit import RateLimits, Turn
from shared.engine.transact import Entry, append, load, to
from shared.ports import Append, AppendTooLarge, Conflict, EventLog, LiveRows, RunnersTable
from tests.judges.engines import ENGINES, Tables, tables
from tests.local.aws.patched import let_two_meet
from tests.support.recording import record_event
from tests.support.stories import at, event, intended, launched, queued

Both = tuple[EventLog, RunnersTable]
_NUMBERS = count(1)


@pytest.fixture
def both(log_tables: Tables) -> Both:
    """A log and its runners table."""
    return log_tables.log, log_tables.runners


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
    assert list(table.ids()) == ["fleet-7-1"]


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
        record_event(log, "job-7", event(queued(), event_id="d"), route=to("scheduler"))
    assert len(log.read("job-7")) == 1


def test_a_fact_for_a_stream_thought_new_finds_its_place_behind_the_others(both: Both) -> None:
    log, _ = both
    _told(log, 7, queued())
    new = record_event(log, "job-7", event(queued(), event_id="second"), new_stream=True)
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


def test_every_stream_is_listed(both: Both) -> None:
    log, _ = both
    for job_id in (1, 2, 3):
        _told(log, job_id, queued(), intended(f"fleet-{job_id}-1"))
    assert sorted(log.streams()) == ["job-1", "job-2", "job-3"]


def test_rows_that_are_stored_as_given_are_found_by_hundreds(both: Both) -> None:
    log, table = both
    rows = []
    for job_id in range(1, 131):
        rows += _told(log, job_id, queued()).rows.values()
    changed = replace(rows[0], repository="other/repo")
    unknown = replace(rows[0], runner_id="fleet-999-1")
    found = table.stored_as([changed, *rows[1:], unknown])
    assert found == {row.runner_id for row in rows[1:]}
    assert table.stored_as([]) == frozenset()
    assert table.find([row.runner_id for row in rows] + ["fleet-999-1"]) == {
        row.runner_id: row for row in rows
    }


def test_rows_are_found_by_status_newest_or_oldest_first(both: Both) -> None:
    log, table = both
    for job_id in (1, 2, 3):
        history = load(log, f"job-{job_id}")
        append(log, [Entry(history=history, events=(event(queued(), job_id),))])
    found = [row.runner_id for row in table.by_status("STARTING")]
    assert found == ["fleet-3-1", "fleet-2-1", "fleet-1-1"]
    assert [row.runner_id for row in table.by_status("STARTING", limit=1)] == ["fleet-3-1"]
    oldest = table.by_status("STARTING", limit=2, oldest_first=True)
    assert [row.runner_id for row in oldest] == ["fleet-1-1", "fleet-2-1"]
    early = table.by_status("STARTING", until=at(2))
    assert [row.runner_id for row in early] == ["fleet-2-1", "fleet-1-1"]
    assert list(table.by_status("FAILED")) == []


def test_only_rows_whose_deadline_has_passed_are_due_the_oldest_first(both: Both) -> None:
    log, table = both
    for job_id, second in ((1, 20.5), (2, 0), (3, 20)):
        history = load(log, f"job-{job_id}")
        append(log, [Entry(history=history, events=(event(queued(), second),))])
    passed = at(60) + timedelta(seconds=20)
    assert table.live(passed).due == (2, 3)
    assert table.live(at(0)).due == ()


def test_rows_of_live_runners_and_due_ones_are_found_whether_or_not_they_have_a_deadline(
    both: Both,
) -> None:
    log, table = both
    row = _told(log, 1, queued()).rows["fleet-1-1"]
    rows = [
        replace(row, runner_id=f"fleet-{job_id}-1", job_id=job_id, status=status, deadline=due)
        for job_id, status, due in (
            *((number, "STARTING", None) for number in range(1, 9)),
            (9, "RUNNING", at(2)),
            (10, "OFFLINE", at(1)),
            (11, "OFFLINE", None),
        )
    ]
    for one in rows:
        table.overwrite(one)
    found = table.live(at(1))
    assert sorted(found.rows, key=lambda one: one.job_id) == rows[:-1]
    assert found.due == (10,)
    assert table.live(at(2)).due == (10, 9)
    assert table.get("fleet-1-1") == rows[0]


def test_a_row_can_be_overwritten_and_deleted_by_tools(both: Both) -> None:
    log, table = both
    row = _told(log, 7, queued()).rows["fleet-7-1"]
    table.overwrite(replace(row, status="OFFLINE"))
    changed = table.get("fleet-7-1")
    assert changed is not None
    assert changed.status == "OFFLINE"
    table.delete("fleet-7-1")
    assert table.get("fleet-7-1") is None


def _change(log: EventLog, *shards: ShardChange, circuit: CircuitChange | None = None) -> None:
    """Change the counter in an append to a new stream."""
    append = _append(f"job-{1000 + next(_NUMBERS)}", 0, event(queued()))
    log.append([append], [], Change(shards=shards, circuit=circuit))


def _held(log: EventLog) -> dict[int, tuple[int, int]]:
    """Return the numbers of held and awaited slots of each shard that has any."""
    shards = enumerate(log.slots().shards)
    return {n: (one.held, one.awaited) for n, one in shards if one.held or one.awaited}


def test_the_counter_of_a_new_fleet_is_zero_and_its_circuit_is_closed(both: Both) -> None:
    assert both[0].slots() == Slots(shards=(Shard(),) * SHARDS, circuit=Circuit())


def test_githubs_rate_limits_are_kept_beside_the_counter(both: Both) -> None:
    log, table = both
    none = log.slots().rate_limits
    assert none == RateLimits()
    taken = none.taken(Turn(at=at(1.5))).taken(Turn(at=at(2), credential="/fleet/token-2"))
    refused = taken.refused("4711", at(60))
    assert log.replace_rate_limits(none, refused) is None
    assert log.slots().rate_limits == refused
    assert log.slots().shards == (Shard(),) * SHARDS
    assert list(table.all()) == []


def test_rate_limits_that_somebody_else_has_changed_are_not_replaced(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, _ = both
    none = log.slots().rate_limits
    first = none.taken(Turn(at=at(1)))
    log.replace_rate_limits(none, first)
    with monkeypatch.context() as patch:  # they come with the refusal, without a further read
        patch.setattr(log, "slots", None)
        assert log.replace_rate_limits(none, none.taken(Turn(at=at(2)))) == first
    assert log.slots().rate_limits == first
    assert log.replace_rate_limits(first, first.taken(Turn(at=at(2)))) is None
    assert log.slots().rate_limits.version == 2


def test_what_changes_the_counter_is_added_to_whatever_it_is(both: Both) -> None:
    log, _ = both
    _change(log, ShardChange(shard=0, held=1), ShardChange(shard=7, awaited=1))
    _change(log, ShardChange(shard=0, held=1, most=2))
    _change(log, ShardChange(shard=0, held=-1), ShardChange(shard=7, awaited=-1, held=1))
    assert _held(log) == {0: (1, 0), 7: (1, 0)}
    assert [one.changes for one in log.slots().shards] == [3, 0, 0, 0, 0, 0, 0, 2]


def test_nothing_is_written_when_a_shard_has_no_room(both: Both) -> None:
    log, table = both
    history = _told(log, 7, queued())
    _change(log, ShardChange(shard=3, held=2, most=2))
    more = Change(shards=(ShardChange(shard=2, held=1), ShardChange(shard=3, held=1, most=2)))
    row = replace(history.rows["fleet-7-1"], version=2, status="OFFLINE")
    with pytest.raises(Conflict):
        log.append([_append("job-7", 1, event(intended()))], [row], more)
    assert len(log.read("job-7")) == 1
    assert table.get("fleet-7-1") == history.rows["fleet-7-1"]
    assert _held(log) == {3: (2, 0)}


def test_a_shard_gives_slots_back_although_its_share_has_shrunk(both: Both) -> None:
    log, _ = both
    _change(log, ShardChange(shard=1, held=3))
    with pytest.raises(Conflict):
        _change(log, ShardChange(shard=1, held=1, most=2))
    _change(log, ShardChange(shard=1, held=-1, awaited=1))
    assert _held(log) == {1: (2, 1)}


def test_the_circuit_changes_only_if_it_is_still_as_it_was_seen(both: Both) -> None:
    log, _ = both
    closed = log.slots().circuit
    once = Circuit(version=1, broken=1, try_after=at(60))
    _change(log, circuit=CircuitChange(seen=closed, new=once))
    with pytest.raises(Conflict):
        _change(log, circuit=CircuitChange(seen=closed, new=once))
    assert log.slots().circuit == once
    twice = Circuit(version=2, broken=2, try_after=at(90.5))
    _change(log, ShardChange(shard=5, held=1), circuit=CircuitChange(seen=once, new=twice))
    assert log.slots().circuit == twice
    _change(log, circuit=CircuitChange(seen=twice, new=twice.closed()))
    assert log.slots().circuit == Circuit(version=3)
    assert _held(log) == {5: (1, 0)}


def test_the_counter_is_no_row_of_the_table(both: Both) -> None:
    log, table = both
    new = CircuitChange(seen=Circuit(), new=Circuit(version=1, broken=1, try_after=at(1)))
    _change(log, ShardChange(shard=0, held=1, awaited=1), circuit=new)
    assert (list(table.all()), list(table.ids())) == ([], [])
    assert list(table.by_status("STARTING")) == []
    assert (table.live(at(10)), table.waiting(10)) == (LiveRows(), [])


def test_tools_overwrite_the_counter_unless_it_has_changed_meanwhile(both: Both) -> None:
    log, table = both
    right = Slots(shards=(Shard(held=2), *(Shard(),) * 6, Shard(awaited=1)))
    before = log.slots()
    _change(log, ShardChange(shard=6, held=1))
    with pytest.raises(Conflict):
        table.overwrite_slots(right, before)
    assert _held(log) == {6: (1, 0)}
    seen = log.slots()
    table.overwrite_slots(right, seen)
    assert _held(log) == {0: (2, 0), 7: (0, 1)}
    with pytest.raises(Conflict):
        table.overwrite_slots(right, seen)


def test_an_event_whose_id_sqs_would_not_take_is_never_written(both: Both) -> None:
    log, table = both
    for wrong in ("fleet-7-1/told/Runner Failed", "x" * 129, "", "zoë"):
        entry = Entry(history=load(log, "job-7"), events=(replace(event(queued()), id=wrong),))
        with pytest.raises(e.InvalidEventId, match="1 to 128 letters, digits and ASCII"):
            append(log, [entry])
    assert log.read("job-7") == []
    assert list(table.all()) == []
    longest = Entry(history=load(log, "job-7"), events=(event(queued(), event_id="x" * 128),))
    append(log, [longest])
    assert len(log.read("job-7")) == 1


RACERS = 8
ROUNDS = 20


@pytest.fixture(params=["dynamodb", *ENGINES])
def raced(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Both]:
    """A log and its runners table that are thread-safe, unlike those on plain moto."""
    if request.param in ENGINES:
        with tables(request.param, request) as made:
            yield made.log, made.runners
        return
    let_two_meet(monkeypatch, Table, "get_item")
    aws = Clients(request.getfixturevalue("moto_server").url)
    made = Tables(client=aws.make("dynamodb"), names=Description(f"raced-{next(_NUMBERS)}"))
    made.create()
    yield made.log, made.runners
    aws.close()


def test_of_racing_appends_one_wins_each_place_and_no_place_stays_free(raced: Both) -> None:
    log, _ = raced
    for end in range(ROUNDS):
        won = _race(log, [{"job-7": end}] * RACERS)
        assert len(won) == 1
        assert [one.event.id for one in log.read("job-7")[end:]] == won
    assert [one.seq for one in log.read("job-7")] == list(range(1, ROUNDS + 1))


def test_of_racing_appends_to_several_streams_the_winners_have_all_and_the_others_nothing(
    raced: Both,
) -> None:
    log, _ = raced
    ring = ("job-1", "job-2", "job-3", "job-4")
    ends = dict.fromkeys(ring, 0)
    for _ in range(ROUNDS):
        # Neighbours in the ring share a stream, so at most two of all racers succeed.
        wanted = [{one: ends[one] for one in (ring[n % 4 - 1], ring[n % 4])} for n in range(RACERS)]
        won = _race(log, wanted)
        new = {one: [each.event.id for each in log.read(one)[end:]] for one, end in ends.items()}
        assert 1 <= len(won) <= 2
        assert Counter(one for ids in new.values() for one in ids) == dict.fromkeys(won, 2)
        assert all(len(ids) <= 1 for ids in new.values())
        ends = {one: end + len(new[one]) for one, end in ends.items()}
    for one, end in ends.items():
        assert [each.seq for each in log.read(one)] == list(range(1, end + 1))


def test_of_racing_runners_as_many_get_a_slot_of_one_shard_as_it_has(raced: Both) -> None:
    log, _ = raced
    most, start = 3, Barrier(RACERS)

    def takes(racer: int) -> bool:
        append = _append(f"job-{racer}", 0, event(queued(), event_id=f"racer-{racer}"))
        change = Change(shards=(ShardChange(shard=0, held=1, most=most),))
        start.wait()
        while log.slots().shards[0].held < most:
            try:
                log.append([append], [], change)
            except Conflict:
                continue
            return True
        return False

    with ThreadPoolExecutor(RACERS) as pool:
        won = list(pool.map(takes, range(RACERS)))
    assert won.count(True) == most
    assert _held(log) == {0: (most, 0)}
    assert [bool(log.read(f"job-{racer}")) for racer in range(RACERS)] == won


def _race(log: EventLog, wanted: list[dict[str, int]]) -> list[str]:
    """Append one event per racer to all of its streams, and return the successful racers' ids."""
    start = Barrier(RACERS)
    number = next(_NUMBERS)

    def wins(racer: int) -> bool:
        one = event(queued(), event_id=f"{number}-{racer}")
        appends = [_append(stream, end, one) for stream, end in wanted[racer].items()]
        start.wait()
        try:
            log.append(appends, [])
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(RACERS) as pool:
        results = list(pool.map(wins, range(RACERS)))
    return [f"{number}-{racer}" for racer, won in enumerate(results) if won]
