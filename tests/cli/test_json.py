"""Answers as JSON: whole or said not to be, and harmless on a terminal."""

import json

import pytest
from msgspec.structs import replace

from tests.cli.support import RUNNER, CliFleet, answer, done, idle, mixed, rows, run
from tests.support import stories
from tests.support.fleet import SimulatedFleet

STEERING = [
    "\x7f",  # DEL
    "\x85",  # NEXT LINE, a C1 control
    "\x9b",  # CONTROL SEQUENCE INTRODUCER, a C1 control: begins what steers a terminal
    "\u061c",  # ARABIC LETTER MARK
    "\u200e",
    "\u200f",
    "\u2028",  # LINE SEPARATOR
    "\u202e",  # RIGHT-TO-LEFT OVERRIDE
    "\u2066",
    "\u2069",
]


def _named(name: str) -> CliFleet:
    fleet = SimulatedFleet()
    fleet.tell(7, replace(stories.queued(), job=stories.details(name=name)))
    fleet.settle()
    return CliFleet(fleet)


@pytest.mark.parametrize("steering", STEERING)
@pytest.mark.parametrize(
    "words", [("runners", "list"), ("runners", "details", RUNNER), ("runners", "history", "7")]
)
def test_json_escapes_what_steers_a_terminal(words: tuple[str, ...], steering: str) -> None:
    fleet = _named(f"a{steering}b")
    text = run(fleet, *words, "--json").stdout
    assert steering not in text
    assert f"a\\u{ord(steering):04x}b" in text
    told = json.loads(text)
    assert told.get("runners", [told])[0]["job_name"] == f"a{steering}b"


@pytest.mark.parametrize("steering", STEERING)
def test_text_replaces_what_steers_a_terminal(steering: str) -> None:
    text = run(_named(f"a{steering}b"), "runners", "history", "7").stdout
    assert steering not in text
    assert "a\N{REPLACEMENT CHARACTER}b" in text


def test_letters_of_any_language_are_left_as_they_are() -> None:
    name = "bâtir العربية 日本語"
    assert name in run(_named(name), "runners", "list", "--json").stdout


def _many(count: int) -> CliFleet:
    fleet = done()
    for number in range(count - 1):
        row = replace(fleet.row(RUNNER), runner_id=f"fleet-{number + 100}-1")
        fleet.table.overwrite(row)
    return CliFleet(fleet)


def test_a_list_as_json_has_every_runner_unless_it_is_limited() -> None:
    fleet = _many(130)
    told = answer(fleet, "runners", "list")
    assert {row["runner_id"] for row in told["runners"]} == set(rows(fleet))
    assert told["complete"] is True


def test_a_list_that_is_limited_says_whether_it_is_complete() -> None:
    fleet = _many(5)
    told = answer(fleet, "runners", "list", "--limit", "4")
    assert (len(told["runners"]), told["complete"]) == (4, False)
    told = answer(fleet, "runners", "list", "--limit", "5")
    assert (len(told["runners"]), told["complete"]) == (5, True)
    told = answer(fleet, "runners", "list", "--limit", "2", "--repository", "octo/repo")
    assert (len(told["runners"]), told["complete"]) == (2, False)


def test_a_list_for_people_ends_at_fifty_and_says_so() -> None:
    result = run(_many(51), "runners", "list")
    assert len(result.stdout.splitlines()) == 51
    assert "Only the newest 50 are shown" in result.stderr


def test_the_queues_say_whether_all_that_failed_is_shown() -> None:
    fleet = CliFleet(idle())
    assert answer(fleet, "queues")["complete"] is True
    for number in range(3):
        fleet.queues.bury("scheduler", f"job-{number}", "outside-1")
    assert answer(fleet, "queues", "--limit", "2")["complete"] is False
    assert answer(fleet, "queues", "--limit", "3")["complete"] is True


def test_a_nudge_of_the_stalled_says_when_there_are_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = CliFleet(mixed())
    fleet.clock.advance(10_000)
    monkeypatch.setattr("cli.commands.nudge.MOST_STALLED", 1)
    assert answer(fleet, "replay", "nudge", "--stalled", "--dry-run")["complete"] is False
    assert "Only 1 of " in run(fleet, "replay", "nudge", "--stalled", "--dry-run").stderr
