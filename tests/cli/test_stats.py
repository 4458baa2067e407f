"""`ecsrunner stats`: its text at 80 columns, its document, its options."""

from pathlib import Path

import pytest

from cli.analysis.prices import PRICES
from cli.fleet.context import EVENTS_TABLE, RUNNER_TABLE
from shared.domain import events as e
from tests.cli.support import CliFleet, answer, done, mixed, on_terminal, run
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.images import build_id, building_fleet
from tests.support.stored import StoredFleet

TEXT = """\
2025-12-31 00:03 to 2026-01-01 00:03 UTC

Jobs
  5 queued: 1 cancelled, 1 refused, 1 running, 1 success, 1 waiting

Queue time, from GitHub's queue to the start
  CLASS  JOBS  P50  P95  P99  MAX
  small     2  22s  34s  35s  35s
  all       2  22s  34s  35s  35s

Launch time, from the webhook to the running task
  CLASS  JOBS  P50  P95  P99  MAX
  small     3  10s  29s  31s  31s
  all       3  10s  29s  31s  31s

Runners
  4 ended: 1 failed, 1 not launched, 1 served, 1 unused; 2 have not ended

Use of the tasks
  PHASE       PART  MINUTES  HOURS
  on a job   60.4%      2.8    0.0
  starting   37.1%      1.7    0.0
  idle        1.4%      0.1    0.0
  stopping    1.1%      0.1    0.0
  all       100.0%      4.6    0.1

Failures
  COUNT  KIND         CAUSE
      1  refused      class "xl" is not defined; defined: large, small
      1  task failed  EssentialContainerExited: Essential container in task
                      exited (exit code 137)
"""
COST = """\
Cost: $0.0020 (an estimate)
  vCPU and memory  $0.0011
  GitHub's fee     $0.0009
  List prices of Fargate for x64 without discounts and taxes, as of 2026-11-29,
  from the intent to launch until the end of each task. Other costs, such as NAT
  gateways and image builds, are not included.

Cost by repository
  REPOSITORY  TASKS  HOURS     COST
  octo/repo       1    0.0  $0.0020

Cost by workflow
  WORKFLOW       TASKS  HOURS     COST
  octo/repo: CI      1    0.0  $0.0020

Cost by class
  CLASS  TASKS  HOURS     COST
  small      1    0.0  $0.0020

Cost by capacity
  CAPACITY  TASKS  HOURS     COST
  FARGATE       1    0.0  $0.0020
"""


def _cli(fleet: SimulatedFleet) -> CliFleet:
    fleet.clock.advance(1)
    return CliFleet(fleet)


def test_the_text_has_all_sections_in_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    assert on_terminal(monkeypatch, 80, _cli(mixed()), "stats") == TEXT


def test_the_cost_is_an_estimate_with_what_it_assumes(monkeypatch: pytest.MonkeyPatch) -> None:
    # 162 s of half a vCPU and 1 GB: 162 / 3600 * (0.02024 + 0.004445) = $0.00111
    found = answer(_cli(done()), "stats", "--cost")["cost"]
    assert found["total"] == pytest.approx(162 / 3600 * (0.04048 / 2 + 0.004445))
    assert (found["is_estimate"], found["currency"]) == (True, "USD")
    shown = on_terminal(monkeypatch, 80, _cli(done()), "stats", "--cost", "--github-fee", "0.0003")
    assert shown[shown.index("Cost: ") :] == COST


def test_without_cost_there_is_none() -> None:
    assert answer(_cli(done()), "stats")["cost"] is None
    assert "Cost" not in run(_cli(done()), "stats").stdout


def test_the_document_has_every_figure() -> None:
    found = answer(_cli(mixed()), "stats")
    assert (found["job_count"], found["job_outcomes"]["success"]) == (5, 1)
    assert found["queue_seconds"][-1]["class_name"] is None
    assert found["queue_seconds"][-1]["seconds"]["max"] == 35.5
    assert found["runner_outcomes"] == {"failed": 1, "not launched": 1, "served": 1, "unused": 1}
    assert found["task_seconds"] == pytest.approx(278.0)
    assert found["utilisation"] == pytest.approx(168 / 278)
    assert found["causes"][1]["last_runner_id"] == "fleet-9-1"
    assert (found["unreadable"], found["complete"]) == ([], True)


def test_an_empty_period_is_a_sentence_and_no_failure() -> None:
    result = run(_cli(SimulatedFleet()), "stats")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "No job, runner or image build matches in this period.\n"
    found = answer(_cli(SimulatedFleet()), "stats", "--cost")
    assert (found["job_count"], found["queue_seconds"], found["utilisation"]) == (0, [], None)
    assert found["cost"]["total"] == 0


def test_the_period_is_the_last_24_hours_unless_given() -> None:
    fleet = _cli(done())
    fleet.clock.advance(24 * 3600)
    assert answer(fleet, "stats")["job_count"] == 0
    assert answer(fleet, "stats", "--since", "25h")["job_count"] == 1
    assert answer(fleet, "stats", "--since", "25h", "--until", "24h")["job_count"] == 1


@pytest.mark.parametrize(
    ("options", "jobs"),
    [
        (("--class", "small"), 4),
        (("--repository", "octo/other"), 0),
        (("--workflow", "CI"), 1),
        (("--label", "class:xl"), 1),
        (("--status", "failed"), 2),
    ],
)
def test_filters_select_jobs(options: tuple[str, ...], jobs: int) -> None:
    assert answer(_cli(mixed()), "stats", *options)["job_count"] == jobs


def test_streams_that_cant_be_read_are_named_in_a_note() -> None:
    stored = StoredFleet()
    stored.queue(*range(1, 14))
    stored.settle()
    for job in range(1, 13):
        stored.damage_event(f"job-{job}", 1)
    result = run(_cli(stored), "stats")
    assert result.exit_code == 0
    assert "1 queued: 1 waiting" in result.stdout
    assert result.stderr.startswith("12 streams can't be read and are left out: job-")
    assert " and 2 more; `ecsrunner replay verify` shows why." in result.stderr
    found = answer(_cli(stored), "stats")
    assert (len(found["unreadable"]), found["complete"]) == (12, False)


def test_one_stream_that_cant_be_read_is_named() -> None:
    stored = StoredFleet()
    stored.queue(1)
    stored.settle()
    stored.damage_event("job-1", 1)
    note = "1 stream can't be read and is left out: job-1; `ecsrunner replay verify` shows why.\n"
    assert run(_cli(stored), "stats").stderr.endswith(note)


def test_builds_and_lost_webhooks_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = building_fleet(7)
    fleet.tell(8, e.JobQueued(fleet="fleet", job=stories.details(), found=True))
    fleet.clock.advance(90)
    fleet.ends(build_id(1), "no such package")
    fleet.settle()
    shown = on_terminal(monkeypatch, 80, _cli(fleet), "stats")
    assert "Image builds\n  1 failed, 1 under way\n  failed: ubuntu-24.04-" in shown
    assert "no such\n  package" in shown
    webhooks = "Webhooks\n  1 job was found at GitHub before a webhook arrived; did not arrive: "
    webhooks += "1 queued\n"
    assert webhooks in shown


def test_control_characters_of_a_name_do_not_reach_the_terminal() -> None:
    fleet = SimulatedFleet()
    fleet.tell(7, e.JobQueued(fleet="fleet", job=stories.details(workflow="\x1b[31mCI\nX")))
    fleet.settle()
    shown = run(_cli(fleet), "stats", "--cost").stdout
    assert "\x1b" not in shown
    assert "octo/repo: \N{REPLACEMENT CHARACTER}[31mCI\N{REPLACEMENT CHARACTER}X" in shown


def test_the_users_own_price_table_replaces_the_projects(tmp_path: Path) -> None:
    table = tmp_path / "prices.toml"
    table.write_text(PRICES.read_text().replace("0.04048", "0.08096"))
    doubled = answer(_cli(done()), "stats", "--cost", "--prices", str(table))["cost"]
    assert doubled["total"] == pytest.approx(162 / 3600 * (0.04048 + 0.004445))


def test_architecture_and_storage_change_the_cost() -> None:
    arm = answer(_cli(done()), "stats", "--cost", "--architecture", "arm64")["cost"]
    assert arm["total"] == pytest.approx(162 / 3600 * (0.03238 / 2 + 0.00356))
    stored = answer(_cli(done()), "stats", "--cost", "--storage", "120")["cost"]
    assert stored["parts"]["storage"] == pytest.approx(162 / 3600 * 100 * 0.000111)


def test_a_region_without_prices_is_named_with_those_that_there_are(tmp_path: Path) -> None:
    table = tmp_path / "prices.toml"
    table.write_text(PRICES.read_text().replace("us-east-1", "us-gov-east-1"))
    fleet = _cli(done())
    found = answer(fleet, "stats", "--cost", "--prices", str(table))["cost"]
    assert (found["total"], found["unpriced"]) == (0, {"us-east-1": 1})
    result = run(fleet, "stats", "--cost", "--prices", str(table))
    assert (result.exit_code, result.stderr) == (0, "")
    assert "no x64 prices for the tasks in us-east-1 (1), so they are left out" in result.stdout
    assert "It has ap-northeast-1, " in result.stdout


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--architecture", "arm64"), "--architecture: only together with --cost."),
        (("--cost", "--storage", "201"), "201 is not in the range 20<=x<=200"),
        (("--cost", "--prices", "no-such-file"), "'no-such-file' can't be read"),
        (("--cost", "--github-fee", "-1"), "-1.0 is not in the range x>=0"),
        (("--since", "1h", "--until", "2h"), "has to be before --until"),
    ],
)
def test_wrong_options_are_refused_with_what_is_allowed(
    words: tuple[str, ...], problem: str
) -> None:
    result = run(_cli(done()), "stats", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert problem in result.stderr


def test_a_file_that_is_no_price_table_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "prices.toml"
    table.write_text('read = "2026-11-29"')
    result = run(_cli(done()), "stats", "--cost", "--prices", str(table))
    assert result.exit_code == 2
    assert "is not a price table: Object missing required field `spot_ratio`" in result.stderr
    assert "allowed is the form of cli/analysis/prices.toml" in result.stderr


def test_both_tables_are_needed() -> None:
    fleet = CliFleet(SimulatedFleet(), unset=(EVENTS_TABLE, RUNNER_TABLE))
    result = run(fleet, "stats")
    assert result.exit_code == 2
    assert f"{EVENTS_TABLE}, {RUNNER_TABLE}" in result.stderr
