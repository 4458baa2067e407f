"""`ecsrunner replay`: the table against the log, the table anew, and nudges by hand."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from cli.replay.comparison import drift
from cli.replay.drift import Drift, Kind, Tally
from cli.streams.scan import SEGMENTS
from local.description import CONSUMERS
from shared.adapters.items import event_items
from shared.domain import events as e
from shared.domain.actions import Role
from shared.domain.fold import HANDLERS
from shared.domain.names import home_job
from shared.domain.projection import RunnerRow
from shared.domain.unreadable import Unreadable
from shared.ports import Append
from tests.cli.support import (
    RUNNER,
    CliFleet,
    answer,
    copy,
    done,
    idle,
    mixed,
    rows,
    run,
    swapped,
)
from tests.judges.engines import ENGINES, tables
from tests.simulated.names import FLEET
from tests.simulation.bugs.bug import entry
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.images import building_fleet
from tests.support.streams import all_streams

Place = Callable[[SimulatedFleet], CliFleet]


@pytest.fixture(params=["simulated", *ENGINES])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Where a fleet's log and its table are for the command line: simulated, or in an engine."""
    if request.param == "simulated":
        yield CliFleet
        return
    with tables(request.param, request) as made:

        def placed(simulated: SimulatedFleet) -> CliFleet:
            copy(simulated, made.log)
            fleet = CliFleet(simulated)
            fleet.log, fleet.table, fleet.scan = made.log, made.runners, made.scan
            return fleet

        yield placed


def _drift(fleet: SimulatedFleet | CliFleet, *, repair: bool = False) -> list[Drift]:
    return list(drift(all_streams(fleet.log), fleet.log, fleet.table, Tally(), repair=repair))


def _edit(fleet: SimulatedFleet | CliFleet, **fields: Any) -> None:
    row = fleet.table.get(RUNNER)
    assert row is not None
    fleet.table.overwrite(replace(row, **fields))


@pytest.mark.parametrize("make", [done, mixed, swapped])
def test_a_table_that_the_engine_wrote_agrees_with_the_log(
    place: Place, make: Callable[[], SimulatedFleet]
) -> None:
    result = run(place(make()), "replay", "verify")
    assert result.exit_code == 0
    assert "no drift" in result.stdout


def test_a_row_edited_by_hand_is_named_as_drift(place: Place) -> None:
    fleet = place(mixed())
    _edit(fleet, status="RUNNING", exit_code=None)
    result = run(fleet, "replay", "verify")
    assert result.exit_code == 1
    assert f"{RUNNER}  differs" in result.stdout
    assert "status: table has RUNNING, log gives OFFLINE" in result.stdout
    assert "exit_code: table has -, log gives 0" in result.stdout
    assert result.stdout.count("differs") == 1
    assert "replay rebuild" in result.stderr


def test_a_row_that_a_replaced_event_contradicts_is_drift(place: Place) -> None:
    """The outbox raises an alarm at once (`EventChanged`); this finds it later, too."""
    fleet = place(done())
    stream = f"job-{home_job(RUNNER)}"
    recorded = fleet.log.read(stream)
    (old,) = (one for one in recorded if isinstance(one.event.fact, e.JobCompleted))
    forged = replace(old.event, fact=replace(old.event.fact, conclusion="failure"))
    append = Append(stream=stream, after=old.seq - 1, events=(forged,), routes=(None,))
    (item,) = event_items([append])
    fleet.log._client.put_item(TableName=fleet.log._events, Item=item)
    result = run(fleet, "replay", "verify")
    assert result.exit_code == 1
    assert "conclusion: table has success, log gives failure" in result.stdout


def test_a_replaced_event_that_contradicts_no_row_is_no_drift() -> None:
    """Of it there is the record of the table's stream alone, which the outbox reports."""
    fleet = done()
    stream = f"job-{home_job(RUNNER)}"
    for old in fleet.log.read(stream):
        forged = replace(old.event, actor="somebody else")
        append = Append(stream=stream, after=old.seq - 1, events=(forged,), routes=(None,))
        (item,) = event_items([append])
        fleet.log._client.put_item(TableName=fleet.log._events, Item=item)
    assert {one.event.actor for one in fleet.log.read(stream)} == {"somebody else"}
    assert _drift(fleet) == []


def test_a_replaced_event_of_an_image_is_no_drift() -> None:
    fleet = building_fleet(7)
    (stream,) = (one for one in fleet.log.streams() if one.startswith("image-"))
    old = fleet.log.read(stream)[0]
    forged = replace(old.event, actor="somebody else")
    (item,) = event_items([Append(stream=stream, after=0, events=(forged,), routes=(None,))])
    fleet.log._client.put_item(TableName=fleet.log._events, Item=item)
    assert fleet.log.read(stream)[0].event.actor == "somebody else"
    assert _drift(fleet) == []


def test_missing_rows_and_rows_that_the_log_does_not_know_are_named(place: Place) -> None:
    fleet = place(done())
    fleet.table.delete(RUNNER)
    for runner_id in ("fleet-7-5", "other-99-1", "not a runner id"):
        fleet.table.overwrite(
            RunnerRow(runner_id=runner_id, job_id=7, status="RUNNING", status_at=fleet.clock.now())
        )
    assert {(one.key, one.kind) for one in _drift(fleet)} == {
        (RUNNER, Kind.MISSING),
        ("fleet-7-5", Kind.UNKNOWN),
        ("other-99-1", Kind.UNKNOWN),
        ("not a runner id", Kind.UNKNOWN),
    }


def test_verify_as_json_is_one_document_with_each_drifting_field() -> None:
    fleet = done()
    _edit(fleet, status="RUNNING")
    result = run(CliFleet(fleet), "replay", "verify", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["stream_count"], told["row_count"]) == (1, 1)
    assert told["drift"] == [
        {
            "key": RUNNER,
            "kind": "differs",
            "differences": [{"field": "status", "log": "OFFLINE", "table": "RUNNING"}],
            "problem": "",
            "repairable": True,
        }
    ]
    assert answer(CliFleet(done()), "replay", "verify")["drift"] == []


def test_dropping_the_table_and_rebuilding_gives_the_same_rows(place: Place) -> None:
    fleet = place(mixed())
    before = rows(fleet)
    for runner_id in before:
        fleet.table.delete(runner_id)
    assert rows(fleet) == {}
    result = run(fleet, "replay", "rebuild", "--yes")
    assert result.exit_code == 0
    assert rows(fleet) == before
    assert run(fleet, "replay", "verify").exit_code == 0


def test_rebuild_mends_drift_and_deletes_what_the_log_does_not_know(place: Place) -> None:
    fleet = place(mixed())
    before = rows(fleet)
    _edit(fleet, repository="evil/repo", version=99)
    fleet.table.overwrite(replace(before[RUNNER], runner_id="fleet-7-9"))
    run(fleet, "replay", "rebuild", "--yes")
    assert rows(fleet) == before


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [
        ({"live": None}, "its index key live is absent, not 1"),
        ({"live": {"S": "7"}}, "its index key live is 7, not 1"),
        ({"waiting": {"S": "1"}}, "its index key waiting is 1, not absent"),
    ],
)
def test_a_row_that_listings_do_not_find_is_drift_and_is_repaired(
    attributes: dict[str, Any], problem: str
) -> None:
    fleet = idle()
    client = fleet.log.client
    (item,) = client.scan(TableName=FLEET.runners_table)["Items"][:1]
    assert item["runner_id"]["S"] == RUNNER
    damaged = {name: value for name, value in {**item, **attributes}.items() if value}
    client.put_item(TableName=FLEET.runners_table, Item=damaged)
    (found,) = drift(all_streams(fleet.log), fleet.log, fleet.table, Tally())
    assert (found.key, found.kind, found.problem) == (RUNNER, Kind.UNREADABLE, problem)
    list(drift(all_streams(fleet.log), fleet.log, fleet.table, Tally(), repair=True))
    assert list(drift(all_streams(fleet.log), fleet.log, fleet.table, Tally())) == []


def test_a_dry_run_names_what_would_be_put_right_and_changes_nothing(place: Place) -> None:
    fleet = place(done())
    _edit(fleet, status="RUNNING")
    edited = rows(fleet)
    result = run(fleet, "replay", "rebuild", "--dry-run")
    assert f"{RUNNER}  would be written: differs\n" in result.stdout
    assert "status: table has RUNNING, log gives OFFLINE" in result.stdout
    assert result.stdout.endswith("compared: 1 would be written, 0 would be deleted\n")
    assert result.exit_code == 0
    assert rows(fleet) == edited


@pytest.mark.parametrize("engine", ENGINES)
def test_a_table_that_is_dropped_with_the_fleets_counter_is_rebuilt_with_it(
    engine: str, request: pytest.FixtureRequest
) -> None:
    fleet = SimulatedFleet(replace(stories.POLICY, max_runners=1))
    fleet.queue(1, 2)
    fleet.settle()
    with tables(engine, request) as made:
        copy(fleet, made.log)
        before = {item["runner_id"]["S"] for item in made.items()}
        for runner_id in before:
            made.runners.delete(runner_id)
        list(drift(all_streams(made.log), made.log, made.runners, Tally(), repair=True))
        assert list(drift(all_streams(made.log), made.log, made.runners, Tally())) == []
        assert {item["runner_id"]["S"] for item in made.items()} >= before


def test_rebuild_writes_only_rows_that_drift() -> None:
    fleet = mixed()
    _edit(fleet, status="RUNNING")
    table = _Table(fleet)
    list(drift(all_streams(fleet.log), fleet.log, table, Tally(), repair=True))
    assert table.written == [RUNNER]


class _Table:
    """The table of a fleet at work: something happens at the first call of a kind."""

    def __init__(self, fleet: SimulatedFleet, **happens: Callable[[], object]) -> None:
        self._fleet = fleet
        self._happens = happens
        self.written: list[str] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._fleet.table, name)

    def stored_as(self, rows: Sequence[RunnerRow]) -> frozenset[str]:
        self._happens.pop("stored_as", lambda: None)()
        return self._fleet.table.stored_as(rows)

    def overwrite(self, row: RunnerRow) -> None:
        self._happens.pop("overwrite", lambda: None)()
        self.written.append(row.runner_id)
        self._fleet.table.overwrite(row)


def test_a_stream_that_grows_while_it_is_compared_is_no_drift() -> None:
    fleet = idle()
    table = _Table(fleet, stored_as=lambda: fleet.starts(7, RUNNER))
    assert list(drift(all_streams(fleet.log), fleet.log, table, Tally())) == []


def test_a_row_that_changes_while_it_is_rebuilt_is_not_lost() -> None:
    fleet = idle()
    right = fleet.row(RUNNER)
    _edit(fleet, repository="evil/repo", version=right.version)
    table = _Table(fleet, overwrite=lambda: fleet.starts(7, RUNNER))
    list(drift(all_streams(fleet.log), fleet.log, table, Tally(), repair=True))
    assert fleet.row(RUNNER).status == "RUNNING"
    assert _drift(fleet) == []


def test_a_row_that_can_not_be_read_is_named_and_rebuilt() -> None:
    fleet = done()
    broken = True

    class Broken(_Table):
        def stored_as(self, rows: Sequence[RunnerRow]) -> frozenset[str]:
            return frozenset() if broken else super().stored_as(rows)

        def get(self, runner_id: str, **how: RunnerRow) -> RunnerRow | None:
            if broken:
                raise Unreadable(runner_id, "Object missing required field `job_id`")
            return fleet.table.get(runner_id, **how)

        def overwrite(self, row: RunnerRow) -> None:
            nonlocal broken
            broken = False
            super().overwrite(row)

    table = Broken(fleet)
    assert [
        (one.key, one.kind)
        for one in drift(all_streams(fleet.log), fleet.log, table, Tally(), repair=True)
    ] == [(RUNNER, Kind.UNREADABLE)]
    assert list(drift(all_streams(fleet.log), fleet.log, table, Tally())) == []


def test_verify_reads_no_stream_and_no_row_by_itself(
    request: pytest.FixtureRequest,
) -> None:
    """A scan of each table and a request for each 100 rows: a query a stream would take hours."""
    jobs = 250
    fleet = SimulatedFleet(replace(stories.POLICY, max_runners=jobs))
    fleet.queue(*range(1, jobs + 1))
    fleet.settle()
    with tables("dynamodb-local", request) as made:
        copy(fleet, made.log)
        calls: Counter[str] = Counter()
        made.client.meta.events.register(
            "before-call.dynamodb", lambda model, **_: calls.update([model.name])
        )
        assert list(drift(made.scan.streams(), made.log, made.runners, Tally())) == []
        counter = 3
        assert calls.pop("BatchGetItem") <= counter + 3
        assert calls.pop("Scan") <= SEGMENTS * 2 + 1
        assert calls == {}


# --- nudges --------------------------------------------------------------------------------------


def test_after_a_bug_in_the_fold_is_fixed_rebuild_and_nudge_free_what_was_wedged() -> None:
    simulated = SimulatedFleet(replace(stories.POLICY, max_runners=1))
    with entry(HANDLERS, e.TaskStopped, lambda state, _fact, _at: state):
        simulated.queue(7, 8)
        simulated.settle()
        simulated.serves(7)
    fleet = CliFleet(simulated)
    assert fleet.table.get("fleet-8-1").awaits, "job 8 waits for the slot of a runner that is gone"
    before = run(fleet, "replay", "verify")
    assert before.exit_code == 1
    assert "status: table has RUNNING, log gives OFFLINE" in before.stdout
    assert run(fleet, "replay", "rebuild", "--yes").exit_code == 0
    run(fleet, "replay", "nudge", "--all")
    for role in Role:
        for stream in fleet.queues.streams(role.value):
            simulated.driver(role).drive(stream)
    simulated.settle()
    assert simulated.row("fleet-8-1").launched_at is not None
    assert run(fleet, "replay", "verify").exit_code == 0


def _nudged(fleet: CliFleet) -> dict[str, list[str]]:
    return {consumer: fleet.queues.streams(consumer) for consumer in CONSUMERS}


def test_named_streams_go_through_both_queues_again() -> None:
    fleet = CliFleet(mixed())
    result = run(fleet, "replay", "nudge", "--job", "7", "--stream", "job-9", "--job", "7")
    assert result.exit_code == 0
    assert result.stdout.split() == ["job-7", "job-9"]
    assert _nudged(fleet) == {"scheduler": ["job-7", "job-9"], "reconciler": ["job-7", "job-9"]}


def test_one_queue_can_be_chosen() -> None:
    fleet = CliFleet(mixed())
    run(fleet, "replay", "nudge", "--job", "7", "--queue", "reconciler")
    assert _nudged(fleet) == {"scheduler": [], "reconciler": ["job-7"]}


def test_a_second_nudge_within_the_deduplication_window_arrives_too() -> None:
    fleet = CliFleet(mixed())
    run(fleet, "replay", "nudge", "--job", "7")
    fleet.clock.advance(1)
    run(fleet, "replay", "nudge", "--job", "7")
    assert _nudged(fleet)["scheduler"] == ["job-7", "job-7"]


def test_all_sends_every_stream_of_the_log() -> None:
    fleet = CliFleet(mixed())
    told = answer(fleet, "replay", "nudge", "--all")["nudged"]
    assert sorted(one["stream"] for one in told) == sorted(fleet.simulated.log.events)


def test_stalled_sends_the_streams_whose_deadline_has_passed() -> None:
    fleet = CliFleet(mixed())
    empty = {"nudged": [], "complete": True}
    assert answer(fleet, "replay", "nudge", "--stalled") == empty
    fleet.clock.advance(301)
    told = answer(fleet, "replay", "nudge", "--stalled")["nudged"]
    assert [one["stream"] for one in told] == ["job-9"]


def test_a_dry_nudge_sends_nothing() -> None:
    fleet = CliFleet(mixed())
    result = run(fleet, "replay", "nudge", "--all", "--dry-run")
    assert "would be nudged" in result.stderr
    assert _nudged(fleet) == {"scheduler": [], "reconciler": []}


def test_a_stream_that_the_log_does_not_know_stops_the_whole_call() -> None:
    fleet = CliFleet(mixed())
    result = run(fleet, "replay", "nudge", "--job", "7", "--job", "999")
    assert result.exit_code == 1
    assert "job-999" in result.stderr
    assert _nudged(fleet)["scheduler"] == []


@pytest.mark.parametrize("words", [(), ("--all", "--stalled"), ("--job", "x"), ("--stream", "x")])
def test_nudge_wants_to_know_which_streams(words: tuple[str, ...]) -> None:
    assert run(CliFleet(mixed()), "replay", "nudge", *words).exit_code == 2
