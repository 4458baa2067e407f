"""Graded: the recorded policy, run again, gives the recorded history of simulated worlds.

Calls that fail, crashes of functions and lost messages are not in a recording as such, so in
worlds that have them the model may be faster than what was. It is never slower by more than the
bound, and in every world the same jobs get runners.
"""

from datetime import timedelta
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from cli.analysis.cost import Basis
from cli.analysis.prices import own_prices
from cli.whatif.comparison import Comparison
from cli.whatif.recording import Recording
from cli.whatif.run import AFTER, Run
from cli.whatif.side import Totals
from shared.domain.policy import Policy
from tests.simulation.simulation import simulate
from tests.support.streams import all_streams

FAITHFUL = (
    "approvals",
    "calm",
    "crowded",
    "images",
    "images-limited",
    "late-webhooks",
    "lost-jobs",
    "no-quota",
    "thieves",
)
"""Profiles whose faults a recording shows."""
OTHERS = ("crowded-storm", "fickle", "lost-webhooks", "removed", "requeued", "storm")
SEEDS = 4
_BASIS = Basis(prices=own_prices())
_SETTINGS = {
    "MAX_RUNNERS": "max_runners",
    "CIRCUIT_FAILURES": "circuit_failures",
    "MAX_LAUNCHES": "max_launches",
    "LAUNCHES_PER_MINUTE": "launches_per_minute",
}
"""Settings that no event shows."""


class Graded(NamedTuple):
    recorded: Totals
    replayed: Totals
    wrong: list[int]
    """Jobs that a runner took in one of both only."""


def _grade(profile: str, seed: int) -> Graded:
    world = simulate(seed, profile).world
    with Recording() as recording:
        recording.read(all_streams(world.log))
        assert recording.ends_at is not None
        assert recording.unreadable == []
        policy = _policy(recording.policy, world.profile.settings)
        run = Run(policy, recording.durations)
        comparison = Comparison(recording.ends_at, _BASIS, _BASIS)
        results = run.results(recording.demands(), recording.ends_at + AFTER)
        wrong = [
            one.job_id
            for one in comparison.differences(results)
            if (one.wait_seconds is None) != (one.recorded_wait_seconds is None)
        ]
        assert recording.jobs >= comparison.recorded.totals().job_count > 0
    return Graded(comparison.recorded.totals(), comparison.changed.totals(), wrong)


def _policy(policy: Policy, settings: dict[str, str]) -> Policy:
    hidden = {name: int(settings[key]) for key, name in _SETTINGS.items() if key in settings}
    return replace(policy, **hidden)


@pytest.mark.parametrize("profile", FAITHFUL)
def test_the_recorded_policy_reproduces_waits_tasks_and_hours(profile: str) -> None:
    for seed in range(SEEDS):
        recorded, replayed, wrong = _grade(profile, seed)
        assert wrong == [], f"{profile} {seed}"
        slack = 3.0 * recorded.job_count
        assert (
            abs(replayed.wait_seconds_sum - recorded.wait_seconds_sum)
            <= 0.16 * recorded.wait_seconds_sum + slack
        )
        assert abs(replayed.task_count - recorded.task_count) <= 1
        hours = recorded.runner_hours
        assert abs(replayed.runner_hours - hours) <= 0.2 * hours


@pytest.mark.parametrize("profile", OTHERS)
def test_under_faults_the_same_jobs_run_and_none_waits_longer(profile: str) -> None:
    for seed in range(SEEDS):
        recorded, replayed, wrong = _grade(profile, seed)
        assert wrong == [], f"{profile} {seed}"
        slack = timedelta(minutes=1).total_seconds()
        assert replayed.wait_seconds_sum <= 1.1 * recorded.wait_seconds_sum + slack


def test_the_waits_of_calm_worlds_are_reproduced_to_a_few_seconds() -> None:
    for seed in range(SEEDS):
        recorded, replayed, _ = _grade("calm", seed)
        assert replayed.wait_seconds_p50 == pytest.approx(recorded.wait_seconds_p50, abs=1.0)
        assert replayed.wait_seconds_max == pytest.approx(recorded.wait_seconds_max, abs=6.0)
