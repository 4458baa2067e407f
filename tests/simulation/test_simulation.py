"""Whole worlds, run to their ends: a few of those that `make simulate` runs by the thousand."""

import os
import subprocess
import sys
from typing import Any

import pytest

from local.github.model import Job
from shared.domain.events import LaunchFailed
from tests.simulated.aws.ecs import NO_VCPUS
from tests.simulation.circuit_rules import openings
from tests.simulation.run import aimed
from tests.simulation.simulation import Outcome, simulate
from tests.simulation.world.ledger import APPLICABLE, Ledger
from tests.simulation.world.profile import DEPENDENCIES, LONGEST, SHORTEST, profile_of

pytestmark = pytest.mark.slow

SETTLING_SECONDS = 60.0
OUTAGES = {
    **dict.fromkeys(("dynamodb", "sqs", "ecs", "github"), 0),
    "s3": 3,
    "ssm": 3,
    "events": 2,
    "stream": 5,
}
"""Seeds: six hours without what every job needs, about one hour without the others."""


def _holds(outcome: Outcome) -> Outcome:
    assert not outcome.violations, outcome.report()
    return outcome


def test_a_burst_of_equal_jobs_gets_one_task_each_and_no_runner_is_idle_for_long() -> None:
    outcome = _holds(simulate(1, "burst"))
    world = outcome.world
    assert len(world.ecs.launched) == len(set(world.ecs.launched)) == 300
    assert [job.conclusion for job in world.actions.jobs()] == ["success"] * 300
    assert len(world.runners.waits) == 300
    assert max(world.runners.waits) < SETTLING_SECONDS
    swapped = [job for job in world.actions.jobs() if f"-{job.id}-" not in str(job.runner_name)]
    assert len(swapped) > 200, "the assignment was not random: nothing was swapped"


def test_a_stormy_burst_runs_every_job_or_says_why_not() -> None:
    outcome = _holds(simulate(2, "stormy-burst"))
    assert outcome.world.runners.killings > 5
    assert len(outcome.world.actions.jobs()) == 300


@pytest.mark.parametrize(
    "profile", ["calm", "crowded", "storm", "crowded-storm", "lost-webhooks", "lost-webhooks-storm"]
)
def test_small_worlds_come_to_rest_with_nothing_left(profile: str) -> None:
    for seed in range(10):
        _holds(simulate(seed, profile))


def test_lost_jobs_are_run_again_and_jobs_that_failed_by_themselves_are_not() -> None:
    attempts, failed = 0, 0
    for seed in range(6):
        world = _holds(simulate(seed, "lost-jobs")).world
        attempts += len(world.actions.attempts)
        last = [one for one in world.actions.jobs() if not one.is_superseded]
        failed += sum(one.conclusion == "failure" for one in last)
    assert min(attempts, failed) > 0
    for seed in range(6):
        _holds(simulate(seed, "lost-jobs-storm"))


@pytest.mark.parametrize("profile", ["images", "images-storm"])
def test_images_are_built_once_and_each_job_runs_on_its_own_or_hears_why_not(profile: str) -> None:
    builds: list[Any] = []
    for seed in range(6):
        builds += _holds(simulate(seed, profile)).world.codebuild.builds.values()
    assert {one["buildStatus"] for one in builds} >= {"SUCCEEDED", "FAILED", "STOPPED"}


def test_a_time_in_which_no_runner_starts_opens_the_circuit_and_passes() -> None:
    for seed in range(3):
        world = _holds(simulate(seed, "circuit")).world
        assert openings(world), "all went well"
        over = [job.conclusion for job in world.actions.jobs() if job.conclusion]
        assert over == ["success"] * len(over)
        assert len(over) > len(world.actions.jobs()) / 2


@pytest.mark.parametrize("dependency", DEPENDENCIES)
def test_an_outage_buries_nothing_and_loses_no_job(dependency: str) -> None:
    world = _holds(simulate(OUTAGES[dependency], f"outage-{dependency}", jobs=5)).world
    assert {job.status for job in world.actions.jobs() if _is_served(job)} == {"completed"}


def test_outages_last_minutes_and_hours() -> None:
    lasted = {name: _lasted(name, seed) for name, seed in OUTAGES.items()}
    longest = {name for name, seconds in lasted.items() if seconds == LONGEST}
    assert longest >= {"dynamodb", "sqs", "ecs", "github"}
    assert min(lasted.values()) < 3600
    drawn = [_lasted(name, seed) for name in DEPENDENCIES for seed in range(40)]
    assert SHORTEST <= min(drawn) < 2 * SHORTEST
    assert drawn.count(LONGEST) == len(drawn) / 4


def _lasted(dependency: str, seed: int) -> float:
    first, last = profile_of(f"outage-{dependency}", seed).down[dependency]
    return last - first


def test_jobs_wait_for_a_missing_quota_with_the_reason_and_then_run() -> None:
    world = _holds(simulate(0, "no-quota", jobs=5)).world
    served = [job for job in world.actions.jobs() if _is_served(job)]
    assert {job.conclusion for job in served} == {"success"}
    streams = map(world.log.read, world.log.streams())
    events = [one.event.fact for told in streams for one in told]
    reasons = {fact.reason for fact in events if isinstance(fact, LaunchFailed)}
    assert reasons == {f"RunTask: {NO_VCPUS}"}


def _is_served(job: Job) -> bool:
    return "class:xl" not in job.labels


@pytest.mark.parametrize("operation", APPLICABLE)
def test_a_call_meets_each_kind_of_fault_and_no_rule_is_broken(operation: str) -> None:
    ledger = Ledger()
    for outcome in aimed(0, [operation]):
        ledger.add(_holds(outcome).ledger)
    assert [kind for kind in APPLICABLE[operation] if not ledger.hits[operation, kind]] == []


def test_the_same_seed_gives_the_same_trace_in_another_process() -> None:
    code = (
        "from tests.simulation.simulation import simulate\n"
        "print(simulate(7, 'storm').trace(), simulate(8, 'storm').trace())"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": "."},
    )
    here = [simulate(seed, "storm").trace() for seed in (7, 8)]
    assert told.stdout.split() == here
    assert here[0] != here[1]
