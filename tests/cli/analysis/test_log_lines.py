"""The figures in the log lines of a world are those that `ecsrunner stats` computes from its log.

The worlds are such that no function is killed between an append and its line: that line would be
missing.
"""

from collections import Counter
from functools import cache

import pytest

from cli.analysis.builds import ImageBuild, image_builds
from cli.analysis.cost import billed
from cli.analysis.jobs import JobRecord, job_records
from cli.analysis.statistics import (
    ACTIONS,
    Statistics,
    launch_seconds,
    queue_seconds,
    statistics,
)
from cli.selection import Selection
from cli.streams.selected import read_selected
from shared.domain import events as e
from shared.domain.unreadable import Unreadable
from shared.measures import JANITOR
from tests.simulated.agenda import START
from tests.support.streams import all_streams
from tests.support.written import Line, Written, written

PROFILES = ("calm", "cancelling", "circuit", "images", "lost-jobs", "lost-webhooks", "rate-limit")
CONFIRMED = 5.0
"""Seconds from the end of a build to the event that the registry has its image, at most."""

pytestmark = pytest.mark.slow(file=True, seconds=15)

UNREPORTED = (("unreported-jobs", 3), ("unreported-jobs", 12), ("lost-webhooks-storm", 0))
"""Profiles and seeds of worlds in which the Janitor found jobs of each status."""

each_world = pytest.mark.parametrize("profile", PROFILES)
_written = cache(written)


@cache
def _recorded(profile: str) -> tuple[list[JobRecord], list[ImageBuild]]:
    world = _written(profile).world
    unreadable: list[Unreadable] = []
    streams = list(all_streams(world.log))
    jobs = list(job_records(streams, world.agenda.now(), unreadable))
    builds = list(image_builds(streams, unreadable))
    assert unreadable == []
    return jobs, builds


def _seconds(lines: Written, name: str) -> Counter[tuple[str, float]]:
    return Counter((one.get("class_name", ""), one[name]) for one in lines.lines if name in one)


def _rounded(times: list[tuple[str, float]]) -> Counter[tuple[str, float]]:
    return Counter((class_name, round(seconds, 3)) for class_name, seconds in times)


@each_world
def test_queue_and_launch_times_by_class_are_those_of_the_statistics(profile: str) -> None:
    jobs, _ = _recorded(profile)
    lines = _written(profile)
    assert _seconds(lines, "queue_seconds") == _rounded(queue_seconds(jobs)) != Counter()
    assert _seconds(lines, "launch_seconds") == _rounded(launch_seconds(jobs)) != Counter()


@each_world
def test_failures_by_kind_are_those_of_the_statistics(profile: str) -> None:
    jobs, _ = _recorded(profile)
    lines = [one["failure"] for one in _written(profile).lines if "failure" in one]
    assert Counter(lines) == Counter(one.kind for job in jobs for one in job.failures)


@pytest.mark.parametrize(("profile", "seed"), [*((one, 0) for one in PROFILES), *UNREPORTED])
def test_lost_webhooks_by_action_are_those_of_the_statistics(profile: str, seed: int) -> None:
    lost = _statistics(profile, seed).webhooks_lost
    assert _lost(_written(profile, seed).lines) == {name: lost.get(name, 0) for name in ACTIONS}


def test_worlds_with_unreported_jobs_have_found_ones_of_each_status() -> None:
    """Of each start, end or queueing that the Janitor recorded, the webhook never arrived."""
    facts = Counter(
        type(one.event.fact)
        for profile, seed in UNREPORTED
        for stream in all_streams(_written(profile, seed).world.log)
        for one in stream.recorded
        if one.event.actor == JANITOR
    )
    assert min(facts[kind] for kind in (e.JobQueued, e.JobStarted, e.JobChecked)) > 0
    found = [_statistics(*one) for one in UNREPORTED]
    recovered = facts[e.JobQueued] + facts[e.JobStarted] + facts[e.JobCompleted]
    assert sum(one.webhooks_recovered for one in found) == recovered
    assert sum(one.webhooks_lost.get("in_progress", 0) for one in found) > facts[e.JobStarted]


def _lost(lines: list[Line]) -> dict[str, int]:
    return {action: sum(one.get(f"lost_{action}", 0) for one in lines) for action in ACTIONS}


@cache
def _statistics(profile: str, seed: int) -> Statistics:
    """Return what `ecsrunner stats` computes of the whole world."""
    world = _written(profile, seed).world
    selection = Selection(since=START, until=world.agenda.now())
    return statistics(read_selected(world.log, world.table, world.agenda, selection))


@each_world
def test_what_is_billed_is_what_the_cost_of_the_statistics_counts(profile: str) -> None:
    jobs, _ = _recorded(profile)
    now = _written(profile).world.agenda.now()
    names = ("class_name", "capacity", "cpu", "memory", "billed_seconds")
    lines = [one for one in _written(profile).lines if "billed_seconds" in one]
    expected = Counter(
        (row.class_name, row.capacity, row.cpu, row.memory, span.seconds)
        for row in (runner.row for job in jobs for runner in job.runners)
        if row.stopped_at and (span := billed(row, now))
    )
    assert Counter(tuple(one[name] for name in names) for one in lines) == expected != Counter()


@each_world
def test_image_builds_have_the_outcome_of_the_statistics_and_their_duration(profile: str) -> None:
    _, builds = _recorded(profile)
    lines = [one for one in _written(profile).lines if "build" in one]
    counted = Counter((one["base"], one["build"]) for one in lines)
    assert counted == Counter((one.base, one.outcome) for one in builds)
    durations = sorted(one["build_seconds"] for one in lines)
    for logged, recorded in zip(durations, sorted(one.seconds or 0 for one in builds), strict=True):
        assert -0.001 <= logged - recorded <= CONFIRMED


def test_the_worlds_have_each_kind_of_what_is_compared() -> None:
    lines = [line for profile in PROFILES for line in _written(profile).lines]
    kinds = {line["failure"] for line in lines if "failure" in line}
    assert kinds == {
        "launch failed",
        "no capacity",
        "held back",
        "task failed",
        "refused",
        "given up",
    }
    assert {name for line in lines for name in line if name.startswith("lost_")} == {
        f"lost_{action}" for action in ACTIONS
    }
    assert {line["circuit"] for line in lines if "circuit" in line} == {
        "opened",
        "closed",
        "waiting",
    }
