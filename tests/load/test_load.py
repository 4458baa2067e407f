"""Tests short loads from webhook to the end of the job, with the defaults of an installation."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks.load import shipped
from benchmarks.load.__main__ import main
from benchmarks.load.figures import NUMBERS, Figures, figures, percentile
from benchmarks.load.options import Options
from benchmarks.load.world import World
from local.description import CONSUMERS

JOBS = 20


def _options(**more: Any) -> Options:
    common = {"consumers": shipped.consumers(), "timeouts": shipped.timeouts(), "max_runners": 200}
    return Options(**{"burst": JOBS, "job_seconds": 20.0, **common, **more})


def _run(**more: Any) -> tuple[World, Figures]:
    world = World(_options(**more))
    world.run()
    return world, figures(world)


@pytest.fixture(scope="module")
def burst() -> tuple[World, Figures]:
    return _run(seed=1)


def test_each_job_is_launched_once_and_runs(burst: tuple[World, Figures]) -> None:
    world, found = burst
    assert found["jobs"] == JOBS
    assert found["unlaunched"] == found["not_ended"] == 0
    assert found["extra_tasks"] == found["second_tasks"] == 0
    assert found["dead_letters"] == found["webhooks_refused"] == 0
    assert found["errors"] == {}
    launched = world.ecs.launched[-JOBS:]
    assert len(set(launched)) == JOBS


def test_invocations_are_under_way_at_once(burst: tuple[World, Figures]) -> None:
    _, found = burst
    assert found["functions"]["ingest"]["most"] > 3
    assert found["functions"]["ingest"]["cold"] > 3
    assert 0.5 < found["p50"] <= found["p99"] <= found["max"]
    assert sum(one["p50"] for one in found["phases"].values()) == pytest.approx(
        found["p50"], rel=0.5
    )


def test_the_same_seed_gives_the_same_figures_and_another_seed_others(
    burst: tuple[World, Figures],
) -> None:
    assert _run(seed=1)[1] == burst[1]
    assert _run(seed=2)[1] != burst[1]


def test_a_function_reads_its_parameters_again_after_a_minute() -> None:
    _, found = _run(burst=1, job_seconds=200.0)
    read = found["aws_calls_by"]["ssm.get_parameters"]["janitor"]
    assert read == pytest.approx(found["functions"]["janitor"]["invocations"], abs=1)
    assert read > 2


def test_tasks_are_accepted_at_the_rate_that_is_asked_for() -> None:
    world, found = _run(run_task=(1.0, 5.0))
    assert found["run_task_throttled"] > 0
    assert found["last"] >= found["last_allowed"] >= (JOBS - 5) / 1.0
    times = sorted(world.accepted.values())
    assert times[-1] - times[0] >= (JOBS - 5) / 1.0 - 0.01


def test_launches_keep_to_githubs_rate_and_every_job_runs() -> None:
    _, found = _run(github_per_minute=10)
    assert found["github_refused"] <= 0.15, "reads by the Janitor, which has few points here"
    assert found["last"] > 60
    assert found["last_ratio"] <= 1.2
    assert found["not_ended"] == found["extra_tasks"] == 0


def test_github_refuses_launches_that_do_not_keep_to_its_rate() -> None:
    _, found = _run(github_per_minute=10, settings={"GITHUB_LAUNCHES_PER_MINUTE": "1000"})
    assert found["github_refused"] > 0.2
    assert found["not_ended"] == found["extra_tasks"] == 0


def test_two_credentials_register_twice_as_many_runners_in_turn() -> None:
    _, found = _run(github_per_minute=20, credentials=2)
    assert found["last"] < 30
    registered = {name: one["registered"] for name, one in found["github_by"].items()}
    each = pytest.approx(JOBS / 2, abs=1)
    assert registered == {"token": each, "token-2": each}


def test_every_figure_that_can_be_held_to_a_limit_is_a_number(
    burst: tuple[World, Figures],
) -> None:
    numbers = {name for name, one in burst[1].items() if isinstance(one, int | float)}
    assert numbers == set(NUMBERS)


def test_a_percentile_is_a_value_that_was_seen() -> None:
    assert [percentile([3.0, 1.0, 2.0, 4.0], part) for part in (50, 75, 99)] == [2.0, 3.0, 4.0]


def test_what_is_shipped_is_read_from_terraform() -> None:
    consumers = shipped.consumers()
    assert consumers.keys() == set(CONSUMERS)
    assert all(1 <= one.batch <= 10 and one.concurrency >= 2 for one in consumers.values())
    assert shipped.timeouts().keys() == {"ingest", "outbox", "scheduler", "reconciler", "janitor"}


@pytest.mark.parametrize(("limit", "code"), [("extra_tasks<=0", 0), ("p50<=0.01", 1)])
def test_the_command_fails_where_a_limit_is_broken(limit: str, code: int) -> None:
    asked = ["--burst", "2", "--job-seconds", "5", "--json", "--expect", limit]
    ran = CliRunner().invoke(main, asked)
    assert ran.exit_code == code
    assert json.loads(ran.stdout)["jobs"] == 2
    assert (f"not held: {limit}" in ran.stderr) == bool(code)


@pytest.mark.parametrize(
    "asked",
    [
        ["--expect", "p99"],
        ["--expect", "nothing<=1"],
        ["--scheduler", "10"],
        ["--delay", "nothing=1"],
        ["--setting", "MAX_RUNNERS"],
    ],
)
def test_a_wrong_option_is_named(asked: list[str]) -> None:
    ran = CliRunner().invoke(main, ["--burst", "1", "--job-seconds", "1", *asked])
    assert ran.exit_code == 2
    assert asked[-1].partition("<")[0].partition("=")[0] in ran.stderr
