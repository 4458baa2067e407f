"""Commands on several runners or jobs; histories as of a time, as events, and as they grow."""

import json
from typing import Any

import pytest

from cli.following import POLL_SECONDS
from shared.domain.events import Recorded
from tests.cli.support import (
    RUNNER,
    CliFleet,
    answer,
    busy,
    done,
    idle,
    mixed,
    on_terminal,
    run,
    stream_of,
)
from tests.support.fleet import SimulatedFleet

# --- several -------------------------------------------------------------------------------------


def test_each_of_several_histories_is_shown_in_turn() -> None:
    fleet = CliFleet(mixed())
    together = run(fleet, "runners", "history", "9", RUNNER).stdout
    alone = [run(fleet, "runners", "history", one).stdout for one in ("9", RUNNER)]
    assert together == "\n".join(alone)


def test_each_of_several_details_is_shown_in_turn() -> None:
    fleet = CliFleet(mixed())
    together = run(fleet, "runners", "details", "9", RUNNER).stdout
    alone = [run(fleet, "runners", "details", one).stdout for one in ("9", RUNNER)]
    assert together == "\n".join(alone)


@pytest.mark.parametrize("command", ["history", "details"])
def test_one_that_is_not_there_does_not_stop_the_others(command: str) -> None:
    fleet = CliFleet(mixed())
    result = run(fleet, "runners", command, "999", RUNNER, "fleet-7-4")
    assert result.exit_code == 1
    assert result.stdout == run(fleet, "runners", command, RUNNER).stdout
    said = result.stderr
    assert "Error: Job 999 is not in the log" in said
    assert "no runner fleet-7-4" in said
    assert said.endswith("Error: 2 of 3 could not be shown.\n")


@pytest.mark.parametrize("command", ["history", "details"])
def test_as_json_several_are_a_list_and_one_is_its_document(command: str) -> None:
    fleet = CliFleet(mixed())
    alone = [answer(fleet, "runners", command, one) for one in ("9", RUNNER)]
    assert answer(fleet, "runners", command, "9", RUNNER) == alone
    result = run(fleet, "runners", command, "9", "999", "--json")
    assert (json.loads(result.stdout), result.exit_code) == (alone[:1], 1)


def test_one_that_is_named_twice_is_shown_once() -> None:
    fleet = CliFleet(done())
    assert answer(fleet, "runners", "details", RUNNER, RUNNER)["runner_id"] == RUNNER


def test_a_stream_that_can_not_be_read_does_not_stop_the_others() -> None:
    simulated = mixed()
    fleet = CliFleet(simulated)
    read = simulated.log.read

    class Damaged:
        def read(self, stream: str) -> list[Recorded]:
            recorded = read(stream)
            return recorded[1:] if stream == stream_of(9) else recorded

    log: Any = Damaged()
    fleet.log = log
    result = run(fleet, "runners", "history", "9", "7")
    assert result.exit_code == 1
    assert "job-9 event 1 can't be read" in result.stderr
    assert "job 7  completed: success" in result.stdout


# --- as of a time --------------------------------------------------------------------------------


def test_a_history_as_of_a_time_is_what_was_shown_then() -> None:
    then = idle()
    shown = run(CliFleet(then), "runners", "history", "7").stdout
    at = then.clock.now().isoformat()
    result = run(CliFleet(done()), "runners", "history", "7", "--at", at)
    assert result.stdout == shown
    assert result.stderr == "This is what was recorded by 2026-01-01 00:00:31 UTC.\n"


def test_a_phase_that_went_on_then_is_counted_until_then() -> None:
    at = "2026-01-01T00:01:00"
    told = answer(CliFleet(done()), "runners", "history", RUNNER, "--at", at)
    assert told["status"] == "RUNNING"
    assert (told["phases"][-1]["name"], told["phases"][-1]["seconds"]) == ("on its job", 24.5)


def test_the_time_may_be_how_long_ago() -> None:
    fleet = CliFleet(busy())
    fleet.clock.advance(60)
    told = answer(fleet, "runners", "history", "7", "--at", "62s ago")
    assert (told["state"], told["status"]) == ("queued", None)


def test_a_job_that_was_not_there_yet_is_said_to_be_so() -> None:
    result = run(CliFleet(done()), "runners", "history", "7", "--at", "2025-12-31")
    assert (result.exit_code, result.stdout) == (1, "")
    said = " ".join(result.stderr.split())
    assert "Job 7 was not in the log at 2025-12-31 00:00:00 UTC; its first event was" in said


def test_a_runner_that_was_not_there_yet_is_said_to_be_so() -> None:
    fleet = mixed()
    first = fleet.log.read(stream_of(9))[0].event.recorded_at
    result = run(CliFleet(fleet), "runners", "history", "fleet-9-2", "--at", first.isoformat())
    assert result.exit_code == 1
    assert "Job 9 has no runner fleet-9-2" in result.stderr


@pytest.mark.parametrize(
    ("at", "said"), [("2027-01-01", "is in the future"), ("yesterday", "is not a time; allowed:")]
)
def test_a_time_that_is_none_or_to_come_is_refused(at: str, said: str) -> None:
    result = run(CliFleet(done()), "runners", "history", "7", "--at", at)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


# --- events --------------------------------------------------------------------------------------


def test_the_events_are_those_that_are_stored() -> None:
    fleet = done()
    told = answer(CliFleet(fleet), "runners", "history", "7", "--events")
    recorded = fleet.log.read(stream_of(7))
    assert (told["subject"], told["stream"]) == ("job 7", "job-7")
    assert [one["seq"] for one in told["events"]] == [one.seq for one in recorded]
    envelopes = [
        {
            "id": one["event_id"],
            **{name: one[name] for name in ("type", "schema", "cause", "actor", "data")},
        }
        for one in told["events"]
    ]
    stored = [{"cause": None, **json.loads(one.text)} for one in recorded]
    for envelope, text in zip(envelopes, stored, strict=True):
        assert envelope == {name: text[name] for name in envelope}


def test_the_events_of_a_runner_leave_out_those_of_the_jobs_other_runners() -> None:
    told = answer(CliFleet(mixed()), "runners", "history", "fleet-9-2", "--events")
    text = json.dumps(told["events"])
    assert told["subject"] == "fleet-9-2"
    assert "fleet-9-2" in text
    assert '"runner_id": "fleet-9-1"' not in text


def test_events_for_people_have_each_field_on_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = on_terminal(monkeypatch, 80, CliFleet(done()), "runners", "history", "7", "--events")
    lines = shown.splitlines()
    assert lines[0] == "job 7: events of job-7"
    assert lines[-8:] == [
        "#8  SlotFreed",
        "  id        fleet-7-1/slot-freed",
        "  cause     outside-5",
        "  actor     reconciler",
        "  at        2026-01-01 00:02:43.500000 UTC",
        "  recorded  2026-01-01 00:02:43.500000 UTC",
        '  data      {"runner_id": "fleet-7-1", "shard": 3, "outcome": "served",',
        '            "granted_job_id": null, "circuit_opened": false}',
    ]
    assert max(len(line) for line in lines if " " in line) <= 80, "only one word may be wider"


def test_the_events_of_a_runner_that_is_not_there_are_none() -> None:
    result = run(CliFleet(done()), "runners", "history", "fleet-7-4", "--events")
    assert result.exit_code == 1
    assert "Job 7 has no runner fleet-7-4" in result.stderr


# --- following -----------------------------------------------------------------------------------


def _story(simulated: SimulatedFleet, fleet: CliFleet) -> list[str]:
    """What happens at each pause: the job starts, ends, and its task stops."""
    happened: list[str] = []

    def next_one() -> None:
        match len(happened):
            case 0:
                simulated.starts(7, RUNNER)
            case 1:
                simulated.completes(7, RUNNER)
            case 3:
                simulated.exits(RUNNER)
        simulated.settle()
        happened.append("pause")

    fleet.on_pause = next_one
    return happened


def _entries(lines: list[str]) -> list[list[str]]:
    """The words of each line that begins with the number and the time of an event."""
    words = map(str.split, lines)
    return [one for one in words if len(one) > 2 and one[0].isdecimal() and ":" in one[1]]


@pytest.mark.parametrize("subject", ["7", RUNNER])
def test_events_are_printed_as_they_are_recorded_until_the_end(subject: str) -> None:
    simulated = idle()
    fleet = CliFleet(simulated)
    pauses = _story(simulated, fleet)
    before = run(fleet, "runners", "history", subject).stdout.splitlines()
    followed = run(fleet, "runners", "history", subject, "--follow").stdout.splitlines()
    after = run(fleet, "runners", "history", subject).stdout.splitlines()
    assert _entries(followed) == _entries(after), "each once, in order"
    assert len(_entries(followed)) > len(_entries(before))
    assert followed[0] == before[0]
    assert followed[-3:] == after[-3:], "the phases come at the end"
    assert len(pauses) == 5


def test_a_pause_is_a_second() -> None:
    simulated = done()
    fleet = CliFleet(simulated)
    begin = simulated.clock.now()
    assert run(fleet, "runners", "history", "7", "--follow").exit_code == 0
    assert (simulated.clock.now() - begin).total_seconds() == POLL_SECONDS


def test_the_stored_events_can_be_followed_too() -> None:
    simulated = idle()
    fleet = CliFleet(simulated)
    _story(simulated, fleet)
    shown = run(fleet, "runners", "history", "7", "--follow", "--events").stdout
    numbers = [int(line.split()[0][1:]) for line in shown.splitlines() if line.startswith("#")]
    assert numbers == list(range(1, len(simulated.log.read(stream_of(7))) + 1))


@pytest.mark.parametrize("more", [(), ("--events",)])
def test_with_json_each_new_event_is_a_line(more: tuple[str, ...]) -> None:
    simulated = idle()
    fleet = CliFleet(simulated)
    _story(simulated, fleet)
    before = len(simulated.log.read(stream_of(7)))
    shown = run(fleet, "runners", "history", "7", "--follow", "--json", *more).stdout
    numbers = [json.loads(line)["seq"] for line in shown.splitlines()]
    assert numbers == list(range(1, len(simulated.log.read(stream_of(7))) + 1))
    assert len(numbers) > before


def test_a_job_whose_runner_was_replaced_is_followed_to_the_end_of_the_last_one() -> None:
    simulated = mixed()
    fleet = CliFleet(simulated)

    def ends() -> None:
        if simulated.clock.now().second % 10 == 0:
            simulated.runs("fleet-9-2")
            simulated.starts(9, "fleet-9-2")
            simulated.completes(9, "fleet-9-2")
            simulated.exits("fleet-9-2")
            simulated.settle()

    fleet.on_pause = ends
    shown = run(fleet, "runners", "history", "9", "--follow").stdout
    assert "task stopped, exit code 137" in shown, "the end of the first runner is not the end"
    assert "job ended: success on fleet-9-2" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("7", "8"), "takes one RUNNER_OR_JOB"),
        (("7", "--at", "1s"), "can't be with --at"),
    ],
)
def test_what_can_not_be_followed_is_refused(words: tuple[str, ...], said: str) -> None:
    result = run(CliFleet(done()), "runners", "history", *words, "--follow")
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in " ".join(result.stderr.split())


def test_ctrl_c_while_following_ends_with_130() -> None:
    fleet = CliFleet(idle())

    def interrupted() -> None:
        raise KeyboardInterrupt

    fleet.on_pause = interrupted
    result = run(fleet, "runners", "history", "7", "--follow")
    assert result.exit_code == 130
    assert "task is running" in result.stdout
