"""`ecsrunner replay what-if`: what another policy would have changed."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.support import CliFleet, mixed, on_terminal, run
from tests.support.fleet import SimulatedFleet


@pytest.fixture
def fleet() -> CliFleet:
    """Ten jobs that are queued at once and run for a minute each."""
    made = SimulatedFleet()
    jobs = range(1, 11)
    made.queue(*jobs)
    made.settle()
    made.clock.advance(20)
    made.runs(*(f"fleet-{job}-1" for job in jobs))
    made.clock.advance(5)
    for job in jobs:
        made.starts(job, f"fleet-{job}-1")
    made.settle()
    made.clock.advance(60)
    for job in jobs:
        made.completes(job, f"fleet-{job}-1")
        made.exits(f"fleet-{job}-1")
    made.settle()
    return CliFleet(made)


def _answer(fleet: object, *words: str) -> dict[str, Any]:
    result = run(fleet, "replay", "what-if", *words, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_the_recorded_policy_gives_what_was(fleet: CliFleet) -> None:
    answer = _answer(fleet)
    assert answer["changes"] == []
    for name in (
        "job_count",
        "started_count",
        "task_count",
        "wait_seconds_p50",
        "runner_hours",
        "vcpu_hours",
    ):
        assert answer["what_if"][name] == pytest.approx(answer["recorded"][name], rel=0.02), name
        assert answer["replayed"][name] == answer["what_if"][name]
    assert answer["recorded"]["wait_seconds_p50"] == 25


def test_fewer_runners_make_jobs_wait_and_cost_the_same(fleet: CliFleet) -> None:
    answer = _answer(fleet, "--set", "max_runners=2")
    assert answer["changes"] == [{"setting": "max_runners", "before": "100000", "after": "2"}]
    assert answer["what_if"]["started_count"] == 10
    assert answer["what_if"]["wait_seconds_max"] > 4 * 60
    assert answer["what_if"]["runner_hours"] == pytest.approx(
        answer["recorded"]["runner_hours"], rel=0.02
    )
    waits = [
        abs(one["wait_seconds"] - one["recorded_wait_seconds"]) for one in answer["differ_most"]
    ]
    assert waits == sorted(waits, reverse=True)
    assert len(answer["jobs"]) == 10


def test_a_larger_class_costs_more_and_an_unknown_one_refuses(fleet: CliFleet) -> None:
    larger = _answer(fleet, "--set", "classes.small.cpu=2048", "--set", "classes.small.memory=4096")
    assert larger["what_if"]["vcpu_hours"] == pytest.approx(
        4 * larger["recorded"]["vcpu_hours"], rel=0.02
    )
    waits = {}
    for words in ((), ("--set", 'classes.xl={"cpu":4096,"memory":8192}')):
        jobs = _answer(CliFleet(mixed()), *words)["jobs"]
        waits[words] = next(one["wait_seconds"] for one in jobs if one["job_id"] == 8)
    assert [wait is None for wait in waits.values()] == [True, False]


def test_if_each_job_has_a_class_label_any_class_is_the_default() -> None:
    made = SimulatedFleet()
    made.queue(7, labels=("class:large",))
    made.settle()
    made.serves(7)
    answer = _answer(CliFleet(made))
    assert answer["what_if"]["started_count"] == 1
    assert "large was the default class: each job has a class label" in answer["assumptions"]


def test_what_is_read_from_a_file_is_the_same_as_from_the_table(
    fleet: CliFleet, tmp_path: Path
) -> None:
    path = tmp_path / "log"
    assert run(fleet, "log", "export", "--all", "-o", str(path)).exit_code == 0
    policy = tmp_path / "policy.yaml"
    policy.write_text("max_runners: 3\nlimits:\n  idle: 60\n")
    words = ("--policy", str(policy))
    from_file = _answer(CliFleet(SimulatedFleet()), str(path), *words)
    from_table = _answer(fleet, *words)
    from_file.pop("jobs"), from_table.pop("jobs")
    assert from_file == from_table


def test_the_text_fits_80_columns_and_names_assumptions(
    monkeypatch: pytest.MonkeyPatch, fleet: CliFleet
) -> None:
    text = on_terminal(monkeypatch, 80, fleet, "replay", "what-if", "--set", "max_runners=2")
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "  max_runners: 100000 → 2"
    assert lines[2].split() == ["figure", "recorded", "replayed", "what", "if", "difference"]
    assert lines[3].split() == ["jobs", "10", "10", "10", "="]
    assert lines[5] == "wait, median                25s       25s   3m 17s     +2m 52s"
    assert "  small   $0.0058   $0.0058  $0.0058           =" in lines
    assert "  - max_runners was no limit: no job waited for a slot" in lines


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--set", "max_runner=5"), "Error: max_runner: extra inputs are not permitted; allowed:"),
        (("--set", "limits.lost=5"), "limits.lost: extra inputs are not permitted; allowed: lease"),
        (("--set", "max_runners=0"), "max_runners: input should be greater than or equal to 1"),
        (("--set", "max_runners"), "'max_runners' is not name=value, such as max_runners=50"),
        (("--set", "classes.big.cpu=512"), "class 'big' is new: it needs cpu and memory"),
        (("--set", "classes.small.cpu=300"), "class 'small': "),
        (("--set", "default_class=none"), "default_class 'none' is none of: small"),
        (("--policy", "/none"), "/none can't be read: [Errno 2] No such file"),
        (("--html", "/none/page.html"), "--html: '/none/page.html' can't be written"),
        (("--since", "1h", "--until", "2h"), "has to be before --until"),
    ],
)
def test_a_wrong_argument_is_named(fleet: CliFleet, words: tuple[str, ...], problem: str) -> None:
    result = run(fleet, "replay", "what-if", *words)
    assert result.exit_code == 2
    assert problem in " ".join(result.stderr.split())


def test_a_recording_without_jobs_is_no_answer() -> None:
    result = run(CliFleet(SimulatedFleet()), "replay", "what-if")
    assert (result.exit_code, result.stderr) == (1, "Error: There are no jobs in it.\n")
