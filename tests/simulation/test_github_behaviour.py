"""Whole worlds in which GitHub steals, holds, loses, requeues or removes, or is late."""

import pytest

from tests.simulation.simulation import Outcome, simulate

pytestmark = pytest.mark.slow

SEEDS = range(6)


def _held(profile: str, seeds: range = SEEDS) -> list[Outcome]:
    outcomes = [simulate(seed, profile) for seed in seeds]
    for outcome in outcomes:
        assert not outcome.violations, outcome.report()
    return outcomes


@pytest.mark.parametrize("profile", ["thieves", "strangers"])
def test_jobs_that_the_fleet_ignores_take_runners_and_every_job_of_the_fleet_runs(
    profile: str,
) -> None:
    thefts = [one for outcome in _held(profile) for one in outcome.world.thieves()]
    assert len(thefts) > len(SEEDS)
    stolen_from_outside = {one.repository for one in thefts} - {"octo/repo", "octo/other"}
    assert bool(stolen_from_outside) is (profile == "strangers")


def test_a_job_that_waits_for_an_approval_gets_no_runner_before_and_runs_afterwards() -> None:
    approved, early = 0, 0
    for outcome in _held("approvals"):
        world = outcome.world
        jobs = {job.id: job for job in world.jobs()}
        ran = [one for one in world.github.whims.approved if jobs[one].runner_name]
        approved += len(ran)
        early += len(world.github.whims.held) - len(ran)
    assert approved > len(SEEDS)
    assert early > 0, "none was cancelled or refused"


def test_a_job_that_is_queued_again_or_lost_on_its_way_runs() -> None:
    lost = 0
    for outcome in _held("requeued"):
        lost += len(outcome.world.github.whims.lost)
        asked = [job for job in outcome.world.jobs() if "class:xl" not in job.labels]
        assert {job.conclusion for job in asked} == {"success"}
    assert lost > len(SEEDS) / 2


def test_an_idle_runner_that_github_removes_is_replaced_and_blamed_for_nothing() -> None:
    removed = [one for outcome in _held("removed") for one in outcome.world.github.whims.removed]
    assert len(removed) > len(SEEDS) / 2


def test_webhooks_that_are_minutes_late_cost_no_task_and_no_job() -> None:
    for outcome in _held("late-webhooks"):
        asked = [job for job in outcome.world.jobs() if "class:xl" not in job.labels]
        assert {job.conclusion for job in asked} == {"success"}


def test_a_storm_of_all_that_github_does_loses_no_job() -> None:
    worlds = [outcome.world for outcome in _held("github-storm", range(8))]
    assert any(world.thieves() for world in worlds)
    whims = [world.github.whims for world in worlds]
    for kind in ("approved", "lost"):  # a runner is seldom idle long enough to be removed
        assert any(getattr(one, kind) for one in whims), kind
