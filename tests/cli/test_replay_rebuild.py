"""`ecsrunner replay rebuild`: asks, limits its rate, resumes, and writes another table."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from cli.replay.comparison import Options, drift
from cli.replay.drift import Tally
from cli.replay.pace import Pace
from cli.replay.resume import EVERY, BadProgressError, Progress
from local.description import runners_table
from shared.adapters.runners_table import DynamoRunnersTable
from shared.domain.projection import RunnerRow
from shared.ports import Unavailable
from tests.cli.support import RUNNER, CliFleet, copy, done, mixed, on_terminal, rows, run
from tests.judges.engines import ENGINES, tables
from tests.support.clock import ManualClock
from tests.support.streams import all_streams

COPY = "copy"
JOBS = (7, 8, 9, 10, 11)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stdin is a terminal."""
    monkeypatch.setattr("cli.commands.asking.interactive", lambda: True)


def _drifting() -> CliFleet:
    """A fleet whose rows all differ, and one row that the log does not know."""
    fleet = CliFleet(mixed())
    for row in rows(fleet).values():
        fleet.table.overwrite(replace(row, repository="evil/repo"))
    fleet.table.overwrite(replace(rows(fleet)[RUNNER], runner_id="fleet-7-9"))
    return fleet


class _Recorder:
    """The fleet's table. Records writes; `on_write` is called before each."""

    def __init__(self, fleet: CliFleet, on_write: Callable[[], None] = lambda: None) -> None:
        self._table: Any = fleet.table
        self._on_write = on_write
        self.written: list[str] = []
        table: Any = self
        fleet.table = table

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def overwrite(self, row: RunnerRow) -> None:
        self._on_write()
        self.written.append(row.runner_id)
        self._table.overwrite(row)

    def delete(self, runner_id: str) -> None:
        self._on_write()
        self.written.append(runner_id)
        self._table.delete(runner_id)


# --- asking --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("terminal")
def test_it_asks_and_writes_after_a_yes() -> None:
    fleet = _drifting()
    result = run(fleet, "replay", "rebuild", typed="y\n")
    assert "Write the rows of runner_table anew from the events of events_table" in result.stderr
    assert result.exit_code == 0
    assert rows(fleet) == rows(mixed())


@pytest.mark.usefixtures("terminal")
def test_it_writes_nothing_after_a_no() -> None:
    fleet = _drifting()
    before = rows(fleet)
    result = run(fleet, "replay", "rebuild", typed="n\n")
    assert result.exit_code == 1
    assert result.stderr.endswith("Error: Nothing was written.\n")
    assert rows(fleet) == before


def test_without_a_terminal_it_refuses_even_if_a_pipe_says_yes() -> None:
    fleet = _drifting()
    before = rows(fleet)
    result = run(fleet, "replay", "rebuild", typed="y\n")
    assert result.exit_code == 2
    assert "Nothing was written: stdin is no terminal to ask at; give --yes." in result.stderr
    assert rows(fleet) == before


def test_a_dry_run_asks_nothing_and_shows_each_row_with_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = CliFleet(done())
    fleet.table.overwrite(replace(rows(fleet)[RUNNER], status="RUNNING"))
    fleet.table.overwrite(replace(rows(fleet)[RUNNER], runner_id="fleet-7-9"))
    recorder = _Recorder(fleet)
    assert on_terminal(monkeypatch, 80, fleet, "replay", "rebuild", "--dry-run") == (
        "fleet-7-1  would be written: differs\n"
        "  status: table has RUNNING, log gives OFFLINE\n"
        "fleet-7-9  would be deleted: is not in the log\n"
        "1 stream with 1 row compared: 1 would be written, 1 would be deleted\n"
    )
    assert recorder.written == []


def test_it_shows_what_it_did_and_names_it_as_json() -> None:
    result = run(_drifting(), "replay", "rebuild", "--yes")
    count = len(rows(mixed()))
    assert f"compared: {count} written, 1 deleted\n" in result.stdout
    found = json.loads(run(_drifting(), "replay", "rebuild", "--yes", "--json").stdout)
    repairs = {one["key"]: one["action"] for one in found["drift"]}
    assert repairs == dict.fromkeys(rows(mixed()), "write") | {"fleet-7-9": "delete"}


# --- the rate ------------------------------------------------------------------------------------


def test_rows_per_second_limits_rows_by_the_clock() -> None:
    fleet = _drifting()
    begin = fleet.clock.now()
    times: list[float] = []
    _Recorder(fleet, lambda: times.append((fleet.clock.now() - begin).total_seconds()))
    options = Options(repair=True, pace=Pace(fleet.clock, fleet.pause, 2))
    list(drift(all_streams(fleet.log), fleet.log, fleet.table, Tally(), options=options))
    assert len(times) == len(rows(fleet)) + 1, "each row is written, one is deleted"
    most = max(len([one for one in times if second <= one < second + 1]) for second in range(9))
    assert most <= 2
    assert rows(fleet) == rows(mixed())


def test_the_command_limits_the_rate_by_the_fleets_clock() -> None:
    fleet = _drifting()
    begin = fleet.clock.now()
    run(fleet, "replay", "rebuild", "--yes", "--rows-per-second", "1")
    waited = (fleet.clock.now() - begin).total_seconds()
    assert waited == len(rows(mixed()))
    assert rows(fleet) == rows(mixed())


def test_a_pace_does_not_catch_up_what_was_not_taken() -> None:
    clock = ManualClock()
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        clock.advance(seconds)

    pace = Pace(clock, pause, 10)
    pace.take(10)
    clock.advance(60)
    pace.take(10)
    pace.take(10)
    assert pauses == [1.0]


# --- to resume -----------------------------------------------------------------------------------


def _stopping(fleet: CliFleet, after: int, error: BaseException) -> _Recorder:
    """The fleet's table, which fails after that many writes."""

    def stop() -> None:
        if len(recorder.written) == after:
            raise error

    recorder = _Recorder(fleet, stop)
    return recorder


@pytest.mark.parametrize(
    ("error", "code"), [(KeyboardInterrupt(), 130), (Unavailable("DynamoDB: throttled"), 3)]
)
def test_what_was_interrupted_is_resumed_without_comparing_the_rows_again(
    tmp_path: Path, error: BaseException, code: int
) -> None:
    fleet = _drifting()
    table = fleet.table
    file = tmp_path / "progress"
    words = ("replay", "rebuild", "--yes", "--rows-per-second", "1", "--resume", str(file))
    _stopping(fleet, 3, error)
    stopped = run(fleet, *words)
    assert stopped.exit_code == code
    told = " ".join(stopped.stderr.split())
    assert f"The same command with --resume {file} goes on from there." in told
    kept = Progress(file, "events_table", "runner_table", fleet.clock.now).done
    assert kept
    assert kept.keys() < set(JOBS)
    fleet.table = table
    recorder = _Recorder(fleet)
    assert run(fleet, *words).exit_code == 0
    assert not {f"fleet-{job}-1" for job in kept}.intersection(recorder.written)
    assert rows(fleet) == rows(mixed())
    assert not file.exists()


def test_a_resumed_rebuild_does_not_compare_what_is_done(tmp_path: Path) -> None:
    fleet = _drifting()
    done_before = Progress(tmp_path / "x", "events_table", "runner_table", fleet.clock.now)
    done_before.add((job, len(fleet.log.read(f"job-{job}"))) for job in JOBS)
    done_before.save()
    recorder = _Recorder(fleet)
    result = run(fleet, "replay", "rebuild", "--yes", "--resume", str(tmp_path / "x"))
    assert result.exit_code == 0
    assert recorder.written == ["fleet-7-9"], "rows that the log does not know are still found"
    assert run(fleet, "replay", "verify").exit_code == 1, "the rows that were skipped"


def test_a_job_with_new_events_is_compared_again(tmp_path: Path) -> None:
    """They are not in another table: only the live one is written with the events."""
    fleet = _drifting()
    kept = Progress(tmp_path / "x", "events_table", "runner_table", fleet.clock.now)
    counts = {job: len(fleet.log.read(f"job-{job}")) for job in JOBS}
    kept.add((counts | {7: counts[7] - 1}).items())
    kept.save()
    recorder = _Recorder(fleet)
    assert run(fleet, "replay", "rebuild", "--yes", "--resume", str(tmp_path / "x")).exit_code == 0
    assert recorder.written == [RUNNER, "fleet-7-9"]


def test_an_interrupted_rebuild_without_a_file_says_that_it_can_be_repeated() -> None:
    fleet = _drifting()
    _stopping(fleet, 1, KeyboardInterrupt())
    result = run(fleet, "replay", "rebuild", "--yes")
    assert result.exit_code == 130
    assert "the same command is safe to repeat; with --resume FILE" in " ".join(
        result.stderr.split()
    )


def test_the_progress_of_other_tables_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "progress"
    fleet = _drifting()
    Progress(file, "events_table", "other", fleet.clock.now).save()
    before = rows(fleet)
    result = run(fleet, "replay", "rebuild", "--yes", "--resume", str(file))
    assert result.exit_code == 2
    assert (
        "is the progress of a rebuild from events_table into other; this one is from events_table "
        "into runner_table; name another file" in " ".join(result.stderr.split())
    )
    assert rows(fleet) == before
    assert file.exists()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("hello", "is no progress file of a rebuild"),
        (
            (
                '{"format":"ecsrunner-rebuild/1","events_table":"","runners_table":"","jobs":[7],'
                '"events":[]}'
            ),
            "is damaged: it has not as many events as jobs",
        ),
        (
            (
                '{"format":"ecsrunner-rebuild/9","events_table":"","runners_table":"","jobs":[],'
                '"events":[]}'
            ),
            "has the format ecsrunner-rebuild/9; this version reads ecsrunner-rebuild/1",
        ),
    ],
)
def test_a_file_that_is_no_progress_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    file = tmp_path / "progress"
    file.write_text(content, encoding="utf-8")
    result = run(_drifting(), "replay", "rebuild", "--yes", "--resume", str(file))
    assert result.exit_code == 2
    assert problem in " ".join(result.stderr.split())
    assert file.read_text(encoding="utf-8") == content


def test_a_progress_file_that_can_not_be_written_is_an_error_before_the_first_row(
    tmp_path: Path,
) -> None:
    fleet = _drifting()
    before = rows(fleet)
    file = tmp_path / "missing" / "progress"
    result = run(fleet, "replay", "rebuild", "--yes", "--resume", str(file))
    assert result.exit_code == 2
    assert "can't be written" in " ".join(result.stderr.split())
    assert rows(fleet) == before


def test_the_progress_is_written_while_the_rebuild_goes_on_and_read_back(tmp_path: Path) -> None:
    clock = ManualClock()
    file = tmp_path / "progress"
    progress = Progress(file, "events", "runners", clock.now)
    progress.add([(12_877_621_891, 8), (5, 7)])
    assert not file.exists()
    clock.advance(EVERY.total_seconds())
    progress.add([(9, 1)])
    found = Progress(file, "events", "runners", clock.now).done
    assert found == {5: 7, 9: 1, 12_877_621_891: 8}
    assert [one.name for one in tmp_path.iterdir()] == ["progress"]
    with pytest.raises(BadProgressError):
        Progress(file, "events", "others", clock.now)


def test_a_dry_run_has_no_progress_to_keep(tmp_path: Path) -> None:
    result = run(_drifting(), "replay", "rebuild", "--dry-run", "--resume", str(tmp_path / "x"))
    assert result.exit_code == 2
    assert "--dry-run writes nothing" in result.stderr


# --- several workers -----------------------------------------------------------------------------


def test_several_workers_repair_the_same_rows() -> None:
    fleet = _drifting()
    found = drift(
        all_streams(fleet.log),
        fleet.log,
        fleet.table,
        tally := Tally(),
        options=Options(repair=True, workers=4, pace=Pace(fleet.clock, fleet.pause, 1)),
    )
    assert len(list(found)) == len(rows(mixed())) + 1
    assert (tally.streams, tally.rows) == (len(JOBS), len(rows(mixed())))
    assert rows(fleet) == rows(mixed())


# --- another table -------------------------------------------------------------------------------


def _with_copy() -> CliFleet:
    fleet = CliFleet(mixed())
    fleet.tables[COPY] = runners_table(COPY)
    fleet.simulated.log.client.create_table(**runners_table(COPY))
    return fleet


def _copied(fleet: CliFleet) -> dict[str, RunnerRow]:
    table = DynamoRunnersTable(fleet.client("dynamodb"), COPY)
    return {row.runner_id: row for row in table.all()}


def test_into_another_table_all_rows_are_written_and_the_live_one_is_not_touched() -> None:
    fleet = _with_copy()
    live = _Recorder(fleet)
    fleet.table.overwrite(edited := replace(rows(fleet)[RUNNER], status="RUNNING"))
    live.written.clear()
    assert run(fleet, "replay", "rebuild", "--yes", "--into", COPY).exit_code == 0
    assert _copied(fleet) == rows(mixed())
    assert live.written == []
    assert rows(fleet)[RUNNER] == edited


def test_verify_compares_the_named_table() -> None:
    fleet = _with_copy()
    empty = run(fleet, "replay", "verify", "--table", COPY)
    assert empty.exit_code == 1
    assert f"replay rebuild --into {COPY}" in " ".join(empty.stderr.split())
    run(fleet, "replay", "rebuild", "--yes", "--into", COPY)
    assert run(fleet, "replay", "verify", "--table", COPY).exit_code == 0
    row = replace(rows(fleet)[RUNNER], status="RUNNING")
    fleet.table.overwrite(row)
    assert run(fleet, "replay", "verify", "--table", COPY).exit_code == 0
    assert run(fleet, "replay", "verify").exit_code == 1
    DynamoRunnersTable(fleet.client("dynamodb"), COPY).overwrite(row)
    assert run(fleet, "replay", "verify", "--table", COPY).exit_code == 1


@pytest.mark.usefixtures("terminal")
def test_the_question_names_the_other_table() -> None:
    result = run(_with_copy(), "replay", "rebuild", "--into", COPY, typed="n\n")
    assert f"Write the rows of {COPY} anew" in result.stderr


def _schema(**changed: Any) -> dict[str, Any]:
    return runners_table(COPY) | changed


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (None, "The table copy does not exist."),
        (_schema(TableArn="arn:runner_table"), "copy is the fleet's live runners table"),
        (_schema(TableStatus="CREATING"), "The table copy is CREATING; wait until it is ACTIVE."),
        (
            _schema(
                KeySchema=[{"AttributeName": "status", "KeyType": "HASH"}],
            ),
            "the primary key has status (HASH, S), not runner_id (HASH, S)",
        ),
        (
            _schema(GlobalSecondaryIndexes=runners_table(COPY)["GlobalSecondaryIndexes"][1:]),
            "the index by_status is missing; it has status (HASH, S), status_at (RANGE, S)",
        ),
        (
            _schema(
                AttributeDefinitions=[
                    {**one, "AttributeType": "N"} if one["AttributeName"] == "deadline" else one
                    for one in runners_table(COPY)["AttributeDefinitions"]
                ]
            ),
            "the index by_deadline has live (HASH, S), deadline (RANGE, N), not live (HASH, S)",
        ),
    ],
)
@pytest.mark.parametrize("words", [("rebuild", "--yes", "--into"), ("verify", "--table")])
def test_a_table_that_does_not_fit_is_refused_with_what_differs(
    words: tuple[str, ...], table: dict[str, Any] | None, problem: str
) -> None:
    fleet = _with_copy()
    if table is None:
        del fleet.tables[COPY]
    else:
        fleet.tables[COPY] = table
    result = run(fleet, "replay", *words, COPY)
    assert result.exit_code == 2
    assert problem in " ".join(result.stderr.split())
    assert _copied(fleet) == {}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_table_of_an_engine_is_described_written_and_compared(
    engine: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = CliFleet(mixed())
    with tables(engine, request) as made:
        copy(fleet.simulated, made.log)
        fleet.log, fleet.table, fleet.scan = made.log, made.runners, made.scan
        monkeypatch.setattr(fleet, "client", lambda _: made.client)
        names = {"EVENTS_TABLE": made.names.events_table, "RUNNER_TABLE": made.names.runners_table}
        monkeypatch.setattr(fleet, "variable", names.__getitem__)
        live, other = made.names.runners_table, f"{made.names.runners_table}-copy"
        assert run(fleet, "replay", "rebuild", "--yes", "--into", live).exit_code == 2
        refused = run(fleet, "replay", "rebuild", "--yes", "--into", names["EVENTS_TABLE"])
        assert "the primary key has stream (HASH, S), seq (RANGE, N)" in " ".join(
            refused.stderr.split()
        )
        made.client.create_table(**runners_table(other))
        try:
            assert run(fleet, "replay", "verify", "--table", other).exit_code == 1
            assert run(fleet, "replay", "rebuild", "--yes", "--into", other).exit_code == 0
            assert run(fleet, "replay", "verify", "--table", other).exit_code == 0
        finally:
            made.client.delete_table(TableName=other)


def test_a_table_and_files_are_not_compared_together(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    result = run(_with_copy(), "replay", "verify", "--table", COPY, str(tmp_path / "x"))
    assert result.exit_code == 2
