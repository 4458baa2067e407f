"""What the commands say when something stored can't be read: they name it and show all else."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from cli.render.console import left_out
from shared.adapters.runners_table import DynamoRunnersTable
from tests.cli.support import RUNNER, CliFleet, answer, run
from tests.support import stories
from tests.support.stored import NAMES, StoredFleet

YEAR_999 = {"S": "999-01-01T00:00:00.000000Z"}


@pytest.fixture
def stored() -> StoredFleet:
    """Job 7 has a runner, and so have 8 and 9."""
    fleet = StoredFleet(replace(stories.POLICY, max_runners=3))
    fleet.queue(7, 8, 9)
    fleet.settle()
    return fleet


@pytest.fixture
def fleet(stored: StoredFleet) -> CliFleet:
    made = CliFleet(stored)
    made.table = DynamoRunnersTable(stored.client, NAMES.runners_table, left_out)
    return made


def test_runners_list_shows_all_rows_but_the_damaged_one_which_it_names(
    stored: StoredFleet, fleet: CliFleet
) -> None:
    stored.damage_row(RUNNER, status_at=YEAR_999)
    result = run(fleet, "runners", "list", "--json")
    assert result.exit_code == 0
    assert f"{RUNNER} can't be read" in result.stderr
    assert "`ecsrunner replay rebuild` repairs it" in result.stderr
    assert RUNNER not in result.stdout
    assert "fleet-8-1" in result.stdout
    assert "fleet-9-1" in result.stdout


def test_runners_details_and_history_name_what_can_not_be_read(
    stored: StoredFleet, fleet: CliFleet
) -> None:
    stored.damage_row(RUNNER, status_at=YEAR_999)
    stored.damage_event("job-8", 2)
    result = run(fleet, "runners", "details", RUNNER)
    assert result.exit_code == 1
    assert f"{RUNNER} can't be read" in result.stderr
    result = run(fleet, "runners", "history", "8")
    assert result.exit_code == 1
    assert "job-8 event 2 can't be read" in result.stderr
    assert "rebuild" not in result.stderr, "it could not repair that"
    assert run(fleet, "runners", "history", "7").exit_code == 0


def test_queues_shows_every_dead_letter_although_the_stream_of_one_can_not_be_read(
    stored: StoredFleet, fleet: CliFleet
) -> None:
    for stream in ("job-7", "job-8"):
        fleet.queues.bury("scheduler", stream, "an-event")
    stored.damage_event("job-7", 1)
    result = run(fleet, "queues")
    assert result.exit_code == 0
    assert "job-7 event 1 can't be read" in result.stdout
    assert "job 8 (octo/repo)" in result.stdout
    letters = answer(fleet, "queues")["dead_letters"]
    assert [bool(one["problem"]) for one in letters] == [True, False]


def test_verify_goes_on_past_an_unreadable_event_and_does_not_advise_a_rebuild_for_it(
    stored: StoredFleet, fleet: CliFleet
) -> None:
    stored.damage_event("job-7", 1)
    result = run(fleet, "replay", "verify")
    assert result.exit_code == 1
    assert "2 streams with 2 rows compared" in result.stdout
    assert "`ecsrunner replay rebuild` repairs it" not in result.stderr
    assert "a rebuild can't repair job-7 event 1: restore such events" in result.stderr


def test_rebuild_says_what_it_put_right_and_names_what_it_could_not(
    stored: StoredFleet, fleet: CliFleet
) -> None:
    stored.damage_event("job-7", 1)
    stored.damage_row("fleet-8-1", status_at=YEAR_999)
    stored.damage_row("by hand", status={"S": "RUNNING"})
    result = run(fleet, "replay", "rebuild", "--yes")
    assert result.exit_code == 1
    assert "1 written, 1 deleted, 1 not repaired" in result.stdout
    assert "a rebuild can't repair job-7 event 1" in result.stderr
    found: list[dict[str, Any]] = json.loads(run(fleet, "replay", "verify", "--json").stdout)[
        "drift"
    ]
    assert [(one["key"], one["repairable"]) for one in found] == [("job-7 event 1", False)]


def test_rebuild_removes_a_row_by_hand_that_can_not_be_read_and_advises_nothing_any_more(
    stored: StoredFleet, fleet: CliFleet
) -> None:
    stored.damage_row("by hand", status={"S": "RUNNING"}, status_at=YEAR_999)
    stored.damage_row("fleet-7-9", job_id={"S": "seven"})
    result = run(fleet, "replay", "verify")
    assert "`ecsrunner replay rebuild` repairs it" in result.stderr
    assert run(fleet, "replay", "rebuild", "--yes").exit_code == 0
    assert run(fleet, "replay", "verify").exit_code == 0
