"""`ecsrunner runners list` and `details`, on rows that the real engine wrote."""

from collections.abc import Callable, Iterator

import msgspec
import pytest
from msgspec.structs import replace

from shared.domain.projection import RunnerRow
from tests.cli.support import (
    RUNNER,
    CliFleet,
    answer,
    busy,
    done,
    mixed,
    on_terminal,
    run,
    swapped,
)
from tests.support.fleet import SimulatedFleet


def _ids(fleet: CliFleet, *options: str) -> list[str]:
    listed = answer(fleet, "runners", "list", *options)["runners"]
    return [row["runner_id"] for row in listed]


def test_list_shows_all_six_statuses_the_newest_change_first() -> None:
    fleet = CliFleet(mixed())
    rows = answer(fleet, "runners", "list")["runners"]
    assert {row["runner_id"] for row in rows} == set(fleet.simulated.statuses())
    times = [row["status_at"] for row in rows]
    assert times == sorted(times, reverse=True)


def test_list_can_be_narrowed_by_status_repository_and_number() -> None:
    fleet = CliFleet(mixed())
    assert _ids(fleet, "--status", "running") == ["fleet-11-1"]
    assert sorted(_ids(fleet, "--status", "FAILED", "--status", "RUNNING")) == [
        "fleet-11-1",
        "fleet-8-1",
        "fleet-9-1",
    ]
    assert len(_ids(fleet, "--repository", "Octo/Repo")) == len(fleet.simulated.statuses())
    assert _ids(fleet, "--repository", "octo/other") == []
    assert len(_ids(fleet, "--limit", "2")) == 2


@pytest.mark.parametrize(
    ("words", "runner_ids"),
    [
        (("--since", "45s"), ["fleet-10-1", "fleet-11-1", "fleet-9-1", "fleet-9-2"]),
        (("--since", "45s", "--status", "OFFLINE"), ["fleet-10-1"]),
        (("--until", "1m"), [RUNNER]),
        (("--class", "large"), []),
        (("--class", "small", "--status", "RUNNING"), ["fleet-11-1"]),
        (("--workflow", "ci"), [RUNNER]),
        (("--label", "class:xl"), ["fleet-8-1"]),
        (("--repository", "octo/repo", "--repository", "x/y", "--status", "FAILED", "--limit", "1"),
         ["fleet-9-1"]),
    ],
)  # fmt: skip
def test_list_takes_a_period_and_every_filter(
    words: tuple[str, ...], runner_ids: list[str]
) -> None:
    assert sorted(_ids(CliFleet(mixed()), *words)) == runner_ids


def test_list_of_a_period_reads_no_row_of_a_runner_that_ended_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = CliFleet(done())
    fleet.clock.advance(3600)
    read: list[str] = []
    rows = fleet.table.by_status

    def by_status(status: str, *more: object, **options: object) -> Iterator[RunnerRow]:
        for row in rows(status, *more, **options):
            read.append(row.runner_id)
            yield row

    for number in range(5):
        row = replace(fleet.simulated.row(RUNNER), runner_id=f"fleet-{number + 100}-1")
        fleet.simulated.table.overwrite(row)
    monkeypatch.setattr(fleet.table, "by_status", by_status)
    assert _ids(fleet, "--since", "30m") == []
    assert len(read) == 1, "the newest one, which ends the listing"
    assert len(_ids(fleet)) == 6


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--since", "1h", "--until", "2h"), "has to be before --until"),
        (("--since", "2099-01-01"), "is in the future"),
        (("--since", "never"), "is not a time; allowed: how long ago"),
        (("--status", "GONE"), "is not a status; allowed: "),
    ],
)
def test_list_refuses_a_selection_that_can_not_be(words: tuple[str, ...], said: str) -> None:
    result = run(CliFleet(mixed()), "runners", "list", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in " ".join(result.stderr.split())


def test_list_says_that_there_are_more_only_if_there_are() -> None:
    fleet = CliFleet(mixed())
    count = len(fleet.simulated.statuses())
    assert "--limit" in run(fleet, "runners", "list", "--limit", str(count - 1)).stderr
    assert run(fleet, "runners", "list", "--limit", str(count)).stderr == ""


def test_an_empty_fleet_is_said_to_be_empty() -> None:
    result = run(CliFleet(SimulatedFleet()), "runners", "list")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "No runners yet" in result.stderr
    empty = {"runners": [], "complete": True}
    assert answer(CliFleet(SimulatedFleet()), "runners", "list") == empty


def test_an_unknown_status_is_refused_with_the_six_that_there_are() -> None:
    result = run(CliFleet(done()), "runners", "list", "--status", "asleep")
    assert result.exit_code == 2
    assert "STARTING, IMAGE_CREATING, WAITING_FOR_JOB, RUNNING, OFFLINE, FAILED" in result.stderr


def test_piped_output_is_plain_and_one_line_a_runner() -> None:
    result = run(CliFleet(mixed()), "runners", "list")
    lines = result.stdout.splitlines()
    assert len(lines) == 1 + len(mixed().statuses())
    assert "\x1b" not in result.stdout
    assert all(line == line.rstrip() for line in lines)
    assert any('class "xl" is not defined; defined: large, small' in line for line in lines)


@pytest.mark.parametrize("columns", [60, 80, 139])
def test_a_runner_takes_one_line_on_less_than_140_columns(
    monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    fleet = CliFleet(mixed())
    lines = on_terminal(monkeypatch, columns, fleet, "runners", "list").splitlines()
    assert len(lines) == 1 + len(fleet.simulated.statuses())
    assert all(len(line) <= columns for line in lines)
    assert {line.split()[0] for line in lines[1:]} == set(fleet.simulated.statuses())


def test_a_list_of_140_columns_has_all_columns_and_whole_notes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = done()
    reason = " ".join(f"word-{number}" for number in range(40))
    row = msgspec.structs.replace(fleet.row(RUNNER), failure_reason=reason)
    fleet.table.overwrite(row)
    lines = on_terminal(monkeypatch, 140, CliFleet(fleet), "runners", "list").splitlines()
    assert lines[0].split() == ["RUNNER", "STATUS", "SINCE", "JOB", "CLASS", "REPOSITORY", "NOTE"]
    assert all(len(line) <= 140 for line in lines)
    assert " ".join(" ".join(lines[1:]).split()).endswith(reason)


@pytest.mark.parametrize("columns", [70, 80, 100, 140])
def test_ids_are_whole_however_long_they_are(monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    fleet = done()
    runner_id = f"{'a-fleet-of-long-names-' * 2}12877621891-1"
    row = msgspec.structs.replace(fleet.row(RUNNER), runner_id=runner_id)
    fleet.table.overwrite(row)
    text = on_terminal(monkeypatch, columns, CliFleet(fleet), "runners", "list")
    assert runner_id in text
    assert all(len(line) <= columns for line in text.splitlines())


def test_a_note_that_was_cut_is_said_to_be_shown_by_details(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert "runners details RUNNER" in run(CliFleet(mixed()), "runners", "list").stderr
    monkeypatch.setenv("COLUMNS", "140")
    assert run(CliFleet(mixed()), "runners", "list").stderr == ""


def test_a_job_that_the_runners_id_does_not_name_is_in_the_note_if_it_has_no_column(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = on_terminal(monkeypatch, 44, CliFleet(swapped()), "runners", "list").splitlines()
    assert "JOB" not in lines[0]
    assert {line.split()[0]: line.split()[-4:-2] for line in lines[1:]} == {
        "fleet-1-1": ["job", "2,"],
        "fleet-2-1": ["job", "1,"],
    }


def test_no_color_takes_the_colours_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    red = "\x1b[1;31m"
    assert red in run(CliFleet(mixed()), "runners", "list").stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert red not in run(CliFleet(mixed()), "runners", "list").stdout


@pytest.mark.parametrize("make", [done, busy])
def test_details_prints_every_field_of_a_real_row(make: Callable[[], SimulatedFleet]) -> None:
    fleet = CliFleet(make())
    result = run(fleet, "runners", "details", RUNNER)
    assert result.exit_code == 0
    names = [field.name for field in msgspec.structs.fields(RunnerRow)]
    assert [line.split()[0] for line in result.stdout.splitlines()] == names
    assert set(answer(fleet, "runners", "details", RUNNER)) == set(names)


def test_details_prints_every_kind_of_row() -> None:
    fleet = CliFleet(mixed())
    for runner_id in fleet.simulated.statuses():
        assert run(fleet, "runners", "details", runner_id).exit_code == 0


def test_started_and_completed_times_are_shown_and_right() -> None:
    fleet = CliFleet(done())
    text = run(fleet, "runners", "details", RUNNER).stdout
    shown = {line.split()[0]: line for line in text.splitlines()}
    assert "2026-01-01 00:00:35 UTC" in shown["started_at"]
    assert "2026-01-01 00:02:40 UTC" in shown["completed_at"]
    row = answer(fleet, "runners", "details", RUNNER)
    assert row["started_at"] == "2026-01-01T00:00:35.500000Z"
    assert row["completed_at"] == "2026-01-01T00:02:40.500000Z"


def test_details_of_nobody_says_so_and_where_to_look() -> None:
    result = run(CliFleet(done()), "runners", "details", "fleet-99-1")
    assert result.exit_code == 1
    assert "There is no runner fleet-99-1" in result.stderr
    assert "runners list" in result.stderr


def test_what_is_no_runner_id_is_a_wrong_argument_that_shows_the_form() -> None:
    result = run(CliFleet(done()), "runners", "details", "arn:aws:ecs:task/1")
    assert result.exit_code == 2
    assert "<prefix>-<job id>-<number>" in result.stderr


def test_names_from_outside_can_not_steer_the_terminal() -> None:
    fleet = done()
    row = fleet.row(RUNNER)
    stored = msgspec.structs.replace(row, job_name="\x1b[2Jgone\u202e", labels=("[red]x",))
    fleet.table.overwrite(stored)
    text = run(CliFleet(fleet), "runners", "details", RUNNER).stdout
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[red]x" in text
