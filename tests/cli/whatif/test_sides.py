"""The three sides of a what-if: costs, failures, and the jobs that differ."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.ports import NoCapacity
from tests.cli.support import CliFleet, answer, mixed, run
from tests.support import stories
from tests.support.fleet import SimulatedFleet

SIDES = ("recorded", "replayed", "what_if")


def _what_if(fleet: CliFleet, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = answer(fleet, "replay", "what-if", *words)
    return found


def _served(*job_ids: int, labels: tuple[str, ...] = ()) -> CliFleet:
    made = SimulatedFleet(stories.POLICY)
    made.queue(*job_ids, labels=labels)
    made.settle()
    for job_id in job_ids:
        made.clock.advance(60)
        made.serves(job_id)
    return CliFleet(made)


def _no_capacity() -> CliFleet:
    """A job whose first attempt finds no capacity at FARGATE_SPOT, and the second at FARGATE."""
    made = SimulatedFleet(stories.POLICY)
    errors = [NoCapacity("RunTask: Capacity is unavailable at this time")]
    launch = made.tasks.run

    def refusing(spec: Any) -> str:
        if errors:
            raise errors.pop()
        return launch(spec)

    made.tasks.run = refusing
    made.queue(7, labels=("class:large",))
    made.settle()
    made.clock.advance(30)
    made.serves(7)
    return CliFleet(made)


def _costs(found: dict[str, Any]) -> list[float]:
    return [found[side]["cost"]["total"] for side in SIDES]


def test_the_recorded_cost_is_that_of_a_report_with_the_same_options() -> None:
    for words in ((), ("--architecture", "arm64"), ("--github-fee", "0.5"), ("--storage", "30")):
        fleet = _served(7, 8)
        fleet.simulated.clock.advance(1)
        reported = answer(fleet, "report", *words)["cost"]
        recorded = _what_if(fleet, *words)["recorded"]["cost"]
        assert recorded["total"] > 0
        assert recorded["total"] == pytest.approx(reported["total"]), words
        assert recorded["by_class"][0]["task_count"] == reported["by_class"][0]["task_count"] == 2


def test_another_size_costs_more_by_class_and_job_and_in_total() -> None:
    fleet = _served(7, 8)
    sizes = ("--set", "classes.small.cpu=2048", "--set", "classes.small.memory=4096")
    found = _what_if(fleet, *sizes)
    recorded, replayed, changed = _costs(found)
    assert replayed == pytest.approx(recorded, rel=0.05)
    assert changed == pytest.approx(4 * replayed)
    (group,) = found["what_if"]["cost"]["by_class"]
    assert (group["name"], group["task_count"], group["total"]) == ("small", 2, changed)
    assert sum(one["cost"] for one in found["jobs"]) == pytest.approx(changed)
    most = found["differ_most"]
    assert [one["job_id"] for one in most] == [8, 7], "the longer task costs more"
    assert all(one["cost"] > one["recorded_cost"] for one in most)


def test_a_job_whose_figures_look_the_same_is_not_named() -> None:
    found = _what_if(_served(7), "--set", "prices.vcpu_hour=0.0404801")
    (job,) = found["jobs"]
    assert 0 < abs(job["cost"] - job["recorded_cost"]) < 0.00005
    assert found["differ_most"] == []


def test_other_prices_change_the_what_if_alone(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("prices:\n  vcpu_hour: 0.08096\n  gb_hour: 0.00889\n")
    found = _what_if(_served(7), "--policy", str(policy))
    recorded, replayed, changed = _costs(found)
    assert replayed == pytest.approx(recorded, rel=0.05)
    assert changed == pytest.approx(2 * replayed)
    assert {
        "setting": "prices.vcpu_hour",
        "before": "0.04048",
        "after": "0.08096",
    } in found["changes"]
    arm64 = _what_if(_served(7), "--set", "prices.architecture=arm64")
    assert arm64["changes"][0] == {
        "setting": "prices.architecture",
        "before": "x64",
        "after": "arm64",
    }
    assert _costs(arm64)[2] < _costs(arm64)[1]


def test_a_capacity_list_without_spot_costs_more() -> None:
    fleet = _served(7, labels=("class:large",))
    found = _what_if(fleet, "--set", 'classes.large.capacity=["FARGATE"]')
    _, replayed, changed = _costs(found)
    assert found["replayed"]["cost"]["spot_ratio"] == 0.35
    assert found["what_if"]["cost"]["spot_ratio"] is None
    assert changed == pytest.approx(replayed / 0.35)


def test_no_capacity_at_one_provider_is_none_at_another() -> None:
    found = _what_if(_no_capacity(), "--set", 'classes.large.capacity=["FARGATE"]')
    counts = [[one["count"] for one in found[side]["failures"]] for side in SIDES]
    assert counts == [[1], [1], []]
    (failure,) = found["replayed"]["failures"]
    assert (failure["kind"], "Capacity is unavailable" in failure["cause"]) == ("no capacity", True)


def test_failures_are_counted_by_cause_on_each_side() -> None:
    fleet = CliFleet(mixed())
    found = _what_if(fleet)
    kinds = [{(one["kind"], one["count"]) for one in found[side]["failures"]} for side in SIDES]
    assert kinds == [{("refused", 1), ("task failed", 1)}] * 3
    causes = [{one["cause"] for one in found[side]["failures"]} for side in SIDES]
    assert causes[0] == causes[1] == causes[2]
    given = _what_if(fleet, "--set", 'classes.xl={"cpu":4096,"memory":8192}')
    assert [one["kind"] for one in given["what_if"]["failures"]] == ["task failed"]
    once = _what_if(fleet, "--set", "max_launches=1")
    assert "given up" in {one["kind"] for one in once["what_if"]["failures"]}


def test_tasks_without_a_price_are_named_and_left_out(tmp_path: Path) -> None:
    table = tmp_path / "prices.toml"
    table.write_text('read = "2026-11-29"\nspot_ratio = 0.3\naddress_hour = 0.0\n[region]\n')
    fleet = _served(7)
    words = ("replay", "what-if", "--prices", str(table))
    text = " ".join(run(fleet, *words).stdout.split())
    assert "The price table has no x64 prices for the tasks in us-east-1 (1), so they" in text
    assert "cost (an estimate) - - - -" in text
    (job,) = json.loads(run(fleet, *words, "--json").stdout)["jobs"]
    assert (job["recorded_cost"], job["cost"]) == (None, None)
    refused = run(fleet, *words, "--set", "prices.gb_hour=1")
    assert refused.exit_code == 2
    assert "us-east-1 has no price; it needs vcpu_hour and gb_hour" in refused.stderr


def test_waits_are_counted_by_their_length() -> None:
    found = _what_if(_served(7, 8), "--set", "max_runners=1")
    for side in SIDES:
        assert sum(found[side]["wait_counts"]) == found[side]["started_count"] == 2
        assert len(found[side]["wait_counts"]) == len(found["wait_limits_seconds"]) + 1
    limits = [10, 30, 60, 120]
    assert found["wait_limits_seconds"][:4] == limits
    assert found["recorded"]["wait_counts"][:4] == [0, 0, 1, 1], "one minute is in its group"
