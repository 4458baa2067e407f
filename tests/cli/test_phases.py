"""Phases: they add up to the whole, whatever was recorded, and name what was waited for."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cli.history.marks import Phase
from cli.history.phases import (
    ASSIGNMENT,
    CIRCUIT,
    DELIVERY,
    IMAGE,
    LAUNCH,
    QUEUE,
    REFUSED,
    REPLACEMENT,
    RETRY,
    SCHEDULER,
    SLOT,
    START,
    job_phases,
    runner_phases,
)
from cli.history.timeline import of_job
from cli.render.timeline import drawn
from shared.domain import events as e
from shared.domain.stream import StreamId
from tests.cli.support import RUNNER, CliFleet, done, mixed, run, stream_of, swapped
from tests.support import stories
from tests.support.fleet import SimulatedFleet

Story = Sequence[tuple[e.Fact, float]]

AWAITED = e.ImageAwaited(job_id=7, runner_id=RUNNER, tag="u", base="u", timeout=60)
FULL = e.SlotAwaited(runner_id=RUNNER, reason="all are in use")
OPEN = e.SlotAwaited(runner_id=RUNNER, reason="launches broke", circuit=True)
FAILED = e.LaunchFailed(
    runner_id=RUNNER, attempt=1, reason="no capacity", retry_at=stories.at(500), no_capacity=True
)
SECOND = "fleet-7-2"
PLANNED = e.LaunchPlanned(runner_id=SECOND, number=2, reason="the last one died")
FACTS: list[e.Fact] = [
    stories.queued(),
    AWAITED,
    e.ImageReady(tag="u", job_ids=(7,)),
    FULL,
    OPEN,
    e.SlotGranted(runner_id=RUNNER, shard=0),
    e.SlotFreed(runner_id="fleet-6-1", shard=0, outcome="served", granted_job_id=7),
    stories.intended(),
    FAILED,
    replace(FAILED, uncertain=True),
    replace(FAILED, retry_at=None, refused=True),
    e.LaunchResumed(runner_id=RUNNER, attempt=1),
    stories.launched(),
    stories.task_started(),
    stories.started(),
    stories.started("fleet-8-1"),
    stories.completed(),
    stories.completed(None, "cancelled"),
    e.JobAssigned(job_id=8, runner_id=RUNNER, displaced_job_id=7),
    e.RunnerFoundBusy(runner_id=RUNNER),
    e.JobRejected(reason="no such class"),
    e.PairingEnded(job_id=7, runner_id=RUNNER, reason="x"),
    stories.stopped(),
    PLANNED,
    stories.intended(SECOND),
    stories.launched(SECOND),
    stories.stopped(137, runner=SECOND),
]


def _recorded(story: Story) -> list[e.Recorded]:
    return [
        e.Recorded(stream="job-7", seq=seq, event=stories.event(fact, at), text="")
        for seq, (fact, at) in enumerate(story, start=1)
    ]


def _add_up(phases: Sequence[Phase], now: float) -> None:
    """Each begins where the one before ended, and together they last from first to last."""
    assert all(phase.seconds >= 0 for phase in phases)
    for before, after in pairwise(phases):
        assert before.end == after.start
    if phases:
        end = phases[-1].end or max(stories.at(now), phases[-1].start)
        whole = (end - phases[0].start).total_seconds()
        assert sum(phase.seconds for phase in phases) == pytest.approx(whole)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(FACTS),
            st.floats(-5, 400, allow_nan=False) | st.integers(0, 400).map(float),
        ),
        max_size=14,
    ),
    st.floats(0, 500, allow_nan=False),
)
def test_the_phases_of_any_history_add_up(story: Story, now: float) -> None:
    recorded = _recorded(story)
    _add_up(job_phases(7, recorded, stories.at(now)), now)
    for runner_id in (RUNNER, SECOND):
        _add_up(runner_phases(7, runner_id, recorded, stories.at(now)), now)


@pytest.mark.parametrize("make", [done, mixed, swapped])
def test_the_phases_of_a_recorded_job_add_up_to_its_time_at_github(
    make: Callable[[], SimulatedFleet],
) -> None:
    fleet = make()
    for stream in fleet.log.streams():
        recorded = fleet.log.read(stream)
        told = of_job(StreamId(stream), recorded, fleet.clock.now())
        mine = [one for one in told.phases if one.of == told.subject]
        ended = [one.event.at for one in recorded if isinstance(one.event.fact, e.JobCompleted)]
        whole = ([*ended, fleet.clock.now()][0] - told.began_at).total_seconds()
        assert sum(one.seconds for one in mine) == pytest.approx(whole)


def _job(now: float, *story: tuple[e.Fact, float]) -> list[tuple[str, float]]:
    phases = job_phases(7, _recorded(story), stories.at(now))
    _add_up(phases, now)
    return [(one.name, one.seconds) for one in phases]


def test_a_job_names_each_thing_that_it_waited_for() -> None:
    story: list[tuple[e.Fact, float]] = [
        (stories.queued(), 0),
        (AWAITED, 1),
        (e.ImageReady(tag="u", job_ids=(7,)), 31),
        (FULL, 32),
        (e.SlotGranted(runner_id=RUNNER, shard=0), 92),
        (stories.intended(), 93),
        (FAILED, 94),
        (replace(stories.intended(), attempt=2), 500),
        (stories.launched(), 502),
        (stories.task_started(), 532),
        (stories.started(), 535.5),
        (stories.completed(), 600.5),
    ]
    assert _job(999, *story) == [
        (SCHEDULER, 1.0),
        (IMAGE, 30.0),
        (SCHEDULER, 1.0),
        (SLOT, 60.0),
        (SCHEDULER, 1.0),
        (LAUNCH, 1.0),
        (RETRY, 406.0),
        (LAUNCH, 2.0),
        (START, 30.0),
        (ASSIGNMENT, 3.5),
        ("running", 65.0),
    ]


def test_a_wait_says_why() -> None:
    story = [(stories.queued(), 0), (OPEN, 1), (stories.intended(), 20), (FAILED, 21)]
    phases = job_phases(7, _recorded(story), stories.at(30))
    assert [(one.name, one.why) for one in phases] == [
        (SCHEDULER, ""),
        (CIRCUIT, "launches broke"),
        (LAUNCH, ""),
        (RETRY, "no capacity"),
    ]


def test_a_wait_for_the_circuit_breaker_is_not_taken_for_a_wait_for_a_slot() -> None:
    launched = stories.launched("fleet-8-1")
    story = [(stories.queued(), 0), (OPEN, 1), (launched, 10), (FULL, 11)]
    assert _job(20, *story) == [(SCHEDULER, 1.0), (CIRCUIT, 19.0)]


def test_a_webhook_that_came_late_is_no_wait_for_the_scheduler() -> None:
    late = replace(stories.event(stories.queued(), 0), recorded_at=stories.at(200))
    intended = stories.event(stories.intended(), 201)
    recorded = [
        e.Recorded(stream="job-7", seq=seq, event=one, text="")
        for seq, one in enumerate((late, intended), start=1)
    ]
    phases = job_phases(7, recorded, stories.at(203))
    assert [(one.name, one.seconds) for one in phases] == [
        (DELIVERY, 200.0),
        (SCHEDULER, 1.0),
        (LAUNCH, 2.0),
    ]


def test_a_job_whose_runner_died_waits_for_a_new_one() -> None:
    story: list[tuple[e.Fact, float]] = [
        (stories.queued(), 0),
        (stories.intended(), 1),
        (stories.launched(), 2),
        (stories.stopped(137), 12),
        (PLANNED, 15),
        (stories.intended(SECOND), 16),
    ]
    assert _job(20, *story)[2:] == [
        (START, 10.0),
        (REPLACEMENT, 3.0),
        (SCHEDULER, 1.0),
        (LAUNCH, 4.0),
    ]


def test_a_job_that_was_refused_waits_for_nothing_more() -> None:
    story = [(stories.queued(), 0), (e.JobRejected(reason="no such class"), 2)]
    phases = job_phases(7, _recorded(story), stories.at(50))
    assert [(one.name, one.why, one.seconds) for one in phases] == [
        (SCHEDULER, "", 2.0),
        (REFUSED, "no such class", 48.0),
    ]


def test_a_start_that_is_heard_of_after_the_end_of_the_task_counts_from_when_it_was() -> None:
    story: list[tuple[e.Fact, float]] = [
        (stories.queued(), 0),
        (stories.intended(), 1),
        (stories.launched(), 2),
        (stories.task_started(), 40.5),
        (stories.stopped(), 180.5),
        (stories.started(), 45.5),
        (stories.completed(), 170.5),
    ]
    phases = runner_phases(7, RUNNER, _recorded(story), stories.at(999))
    assert [(one.name, one.seconds) for one in phases][-3:] == [
        ("idle", 5.0),
        ("on its job", 125.0),
        ("task stopping", 10.0),
    ]


def test_a_launch_that_was_recorded_after_its_task_ran_does_not_last_longer_than_it() -> None:
    story: list[tuple[e.Fact, float]] = [
        (stories.queued(), 0),
        (stories.intended(), 1),
        (stories.task_started(), 40.5),
        (stories.launched(), 100),
    ]
    phases = runner_phases(7, RUNNER, _recorded(story), stories.at(120))
    assert [(one.name, one.seconds) for one in phases] == [
        (SCHEDULER, 1.0),
        (LAUNCH, 39.5),
        ("idle", 79.5),
    ]


def test_a_job_that_was_heard_of_when_it_had_ended_was_in_the_queue() -> None:
    started = replace(stories.completed(), started_at=stories.at(30))
    assert _job(999, (started, 90.5), (stories.queued(), 0)) == [(QUEUE, 30.0), ("running", 60.5)]


def test_the_history_prints_what_the_phases_add_up_to() -> None:
    lines = run(CliFleet(done()), "runners", "history", "7").stdout.splitlines()
    assert [line.split() for line in lines if line.endswith("in all")] == [
        ["2m", "40s", "in", "all"],
        ["2m", "43s", "in", "all"],
    ]


@given(st.floats(0.1, 10_000), st.integers(60, 120))
def test_no_bar_reaches_beyond_the_terminal(seconds: float, width: int) -> None:
    story = [(stories.queued(), 0), (stories.intended(), 0.3)]
    told = of_job(StreamId("job-7"), _recorded(story), stories.at(seconds))
    assert max(line.cell_len for line in drawn(told, width)) <= width


def test_a_reason_stands_below_its_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = SimulatedFleet()
    fleet.queue(7)
    fleet.clock.advance(1)
    fleet.tell(7, FULL)
    fleet.clock.advance(9)
    text = run(CliFleet(fleet), "runners", "history", stream_of(7)).stdout
    assert "      9.0s  waiting for a slot so far" in text
    assert "\n              all are in use\n" in text
