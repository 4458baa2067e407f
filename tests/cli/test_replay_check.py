"""`ecsrunner replay check`: recorded events read by today's code."""

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from shared.domain import events as e
from shared.domain.fold import HANDLERS
from shared.domain.next_action import RULES
from tests.cli.support import CliFleet, answer, done, mixed, on_terminal, run
from tests.histories.files import ROOM, Files
from tests.histories.policies import POLICIES
from tests.simulated.names import FLEET
from tests.simulation.bugs.bug import entry
from tests.support.fleet import SimulatedFleet

STORY = "plain-job"


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    """A copy of one recorded history, with policies and expectations."""
    files = Files(tmp_path)
    files.write_policies(POLICIES)
    files.write(STORY, Files().recording(STORY))
    files.expect(STORY, Files().expected(STORY))
    return tmp_path


def _export(fleet: SimulatedFleet, path: Path) -> Path:
    assert run(CliFleet(fleet), "log", "export", "--all", "-o", str(path)).exit_code == 0
    return path


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_golden_set_holds() -> None:
    result = run(None, "replay", "check", str(ROOM))
    assert result.exit_code == 0, result.stdout
    streams = sum(len(Files().recording(name).streams) for name in Files().names())
    assert result.stdout.startswith(f"{streams} streams with ")
    assert result.stdout.endswith("checked, all hold\n")


def test_the_policies_of_the_golden_set_are_those_that_it_was_recorded_under(
    tmp_path: Path,
) -> None:
    Files(tmp_path).write_policies(POLICIES)
    written = (tmp_path / "policies.json").read_text(encoding="utf-8")
    assert (ROOM / "policies.json").read_text(encoding="utf-8") == written


def test_an_export_holds(tmp_path: Path) -> None:
    plain = _export(mixed(), tmp_path / "all.jsonl")
    path = tmp_path / "all.jsonl.gz"
    path.write_bytes(gzip.compress(plain.read_bytes()))
    found = answer(None, "replay", "check", str(path))
    assert (found["stream_count"], found["failures"]) == (5, [])
    assert found["event_count"] > found["stream_count"]


def test_dynamodbs_export_to_s3_holds_and_a_damaged_event_of_it_is_named(tmp_path: Path) -> None:
    items = done().log.client.scan(TableName=FLEET.events_table)["Items"]

    def write() -> None:
        with gzip.open(tmp_path / "part.json.gz", "wt") as file:
            file.writelines(f"{json.dumps({'Item': item})}\n" for item in items)

    write()
    assert run(None, "replay", "check", str(tmp_path)).exit_code == 0
    items[2]["body"] = {"S": "{}"}
    write()
    assert run(None, "replay", "check", str(tmp_path)).exit_code == 1
    (failure,) = answer(None, "replay", "check", str(tmp_path))["failures"]
    assert (failure["stream"], failure["seq"]) == ("job-7", int(items[2]["seq"]["N"]))


def test_an_event_that_can_not_be_decoded_is_named(golden: Path) -> None:
    _edit(golden / f"recorded/{STORY}.jsonl", '"attempt":1', '"attempt":"one"')
    assert run(None, "replay", "check", str(golden)).exit_code == 1
    (failure,) = answer(None, "replay", "check", str(golden))["failures"]
    assert (failure["stream"], failure["seq"]) == ("job-7", 2)
    assert failure["file"] == str(golden / f"recorded/{STORY}.jsonl")
    assert "attempt" in failure["problem"]


def test_the_first_event_that_can_not_be_folded_is_named(tmp_path: Path) -> None:
    path = _export(done(), tmp_path / "all.jsonl")
    stored = done().log.read("job-7")
    (seq,) = (one.seq for one in stored if isinstance(one.event.fact, e.TaskStopped))

    def broken(*_: Any) -> Any:
        raise TypeError("no such field")

    with entry(HANDLERS, e.TaskStopped, broken):
        (failure,) = answer(None, "replay", "check", str(path))["failures"]
    assert (failure["stream"], failure["seq"]) == ("job-7", seq)
    assert failure["problem"] == "its events can't be folded: TypeError: no such field"


def test_an_event_after_which_a_rule_fails_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _export(done(), tmp_path / "all.jsonl")

    def broken(state: Any, *_: Any) -> None:
        if state.job.phase.value == "started":
            raise KeyError("started")

    role = RULES[0][0]
    stored = done().log.read("job-7")
    (seq,) = (one.seq for one in stored if isinstance(one.event.fact, e.JobStarted))
    monkeypatch.setattr("shared.domain.next_action.RULES", (*RULES, (role, broken)))
    (failure,) = answer(None, "replay", "check", str(path))["failures"]
    assert (failure["seq"], failure["problem"]) == (
        seq,
        "its next actions can't be computed: KeyError: 'started'",
    )


def test_a_missing_event_is_named(tmp_path: Path) -> None:
    path = _export(done(), tmp_path / "all.jsonl")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:3] + lines[4:]), encoding="utf-8")
    (failure,) = answer(None, "replay", "check", str(path))["failures"]
    assert (failure["stream"], failure["seq"], failure["problem"]) == (
        "job-7",
        3,
        "it is not there",
    )


def test_an_event_that_means_something_else_is_shown_with_both_meanings(
    golden: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _edit(golden / f"expected/{STORY}.json", "scheduler: Launch", "scheduler: StopTask")
    monkeypatch.chdir(golden)
    words = ("replay", "check", ".")
    assert run(None, *words).exit_code == 1
    assert on_terminal(monkeypatch, 80, None, *words) == (
        f"recorded/{STORY}.jsonl: job-7 event 2\n"
        "  it means something else\n"
        "  expected: LaunchIntended: queued; 1=STARTING; scheduler: StopTask\n"
        "  today: LaunchIntended: queued; 1=STARTING; scheduler: Launch\n"
        "1 stream with 8 events checked, 1 does not hold\n"
    )


def test_an_end_that_differs_from_the_expected_one_is_named(golden: Path) -> None:
    _edit(golden / f"expected/{STORY}.json", '"phase": "completed"', '"phase": "started"')
    (failure,) = answer(None, "replay", "check", str(golden))["failures"]
    assert (failure["problem"], failure["expected"], failure["today"]) == (
        "phase at its end differs",
        "started",
        "completed",
    )


@pytest.mark.parametrize(
    ("expected", "problems"),
    [
        ({}, {"job-7": "it is recorded, but not expected"}),
        ({"job-7": ..., "job-8": {}}, {"job-8": "it is expected, but not recorded"}),
    ],
)
def test_a_stream_on_one_side_only_does_not_hold(
    golden: Path, expected: dict[str, Any], problems: dict[str, str]
) -> None:
    old = Files().expected(STORY)
    found = {name: old[name] if value is ... else value for name, value in expected.items()}
    Files(golden).expect(STORY, found)
    failures = answer(None, "replay", "check", str(golden))["failures"]
    assert {one["stream"]: one["problem"] for one in failures} == problems


def test_a_recorded_file_by_itself_is_compared_with_its_expectations(golden: Path) -> None:
    _edit(golden / f"expected/{STORY}.json", "scheduler: Launch", "scheduler: StopTask")
    path = golden / f"recorded/{STORY}.jsonl"
    assert run(None, "replay", "check", str(path)).exit_code == 1


def test_events_of_unknown_types_are_counted_and_no_failure(tmp_path: Path) -> None:
    path = _export(done(), tmp_path / "all.jsonl")
    _edit(path, '"type":"JobStarted"', '"type":"JobBegun"')
    result = run(None, "replay", "check", str(path))
    assert result.exit_code == 0
    assert "types that it does not have: JobBegun (1)" in result.stderr
    assert answer(None, "replay", "check", str(path))["unknown_types"] == {"JobBegun": 1}


def test_a_stream_of_no_fleet_does_not_hold(tmp_path: Path) -> None:
    path = _export(done(), tmp_path / "all.jsonl")
    _edit(path, '"stream":"job-7"', '"stream":"invoice-7"')
    (failure,) = answer(None, "replay", "check", str(path))["failures"]
    assert failure["problem"] == "its name is not that of a fleet's stream"


def test_a_file_that_is_no_history_is_an_error_of_the_arguments(tmp_path: Path) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_text("hello\n", encoding="utf-8")
    result = run(None, "replay", "check", str(path))
    assert result.exit_code == 2
    assert "is no file of `ecsrunner log export`" in result.stderr
    assert run(None, "replay", "check").exit_code == 2


def test_a_policy_that_the_folder_does_not_have_is_named(golden: Path) -> None:
    _edit(golden / f"recorded/{STORY}.jsonl", '"policy": "plain"', '"policy": "lavish"')
    result = run(None, "replay", "check", str(golden))
    assert result.exit_code == 2
    assert "names the policy 'lavish'" in " ".join(result.stderr.split())
    shutil.rmtree(golden / "expected")
    (golden / "policies.json").unlink()
    missing = run(None, "replay", "check", str(golden))
    assert missing.exit_code == 2
    assert "has no readable policies" in " ".join(missing.stderr.split())
