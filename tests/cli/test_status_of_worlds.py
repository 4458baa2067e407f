"""`ecsrunner status --at` about a time in a simulated world gives what that world was like then.

While a world runs, its slot counter, its rows and its images are copied at random times. Later, and
at its end, the command's survey has to find the same in the event log.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from random import Random
from typing import Any, NamedTuple

import pytest

from cli.status.overview import Live, summed_up
from cli.status.past import Past
from cli.status.past_survey import survey
from shared.domain.image.state import Image
from shared.domain.projection import RunnerRow
from shared.domain.runner.status import LIVE, Status
from shared.domain.stream import StreamId
from tests.simulated.memo import memoized
from tests.simulation.watch import Watch
from tests.simulation.world.profile import profile_of
from tests.simulation.world.world import World

PROFILES = ("approvals", "calm", "circuit", "crowded", "images", "lost-webhooks", "storm")
TIMES = 60
WITHIN = 900.0
"""Seconds from the begin of a world in which it is looked at."""
BUILDING = {"wanted", "intended", "building", "pushed"}

pytestmark = pytest.mark.slow(file=True, seconds=15)
each_world = pytest.mark.parametrize("profile", PROFILES)


class Moment(NamedTuple):
    """What a world was like at a time. `events` is the number of events in its log."""

    at: datetime
    events: int
    held: int
    awaited: int
    broken: int
    rows: dict[str, RunnerRow]
    live: Live
    images: dict[str, tuple[str, int, int]]


class _Fleet:
    """What the survey reads, of a world."""

    def __init__(self, world: World) -> None:
        self.log = world.log
        self.table = world.table
        self.clock = world.agenda

    def variable(self, name: str) -> str:
        return "fleet-events"


class _Observed(NamedTuple):
    """Times in a world, each with answers: one that was asked for later, and one at the end."""

    moments: list[Moment]
    later: list[tuple[Moment, Past]]
    at_the_end: list[Past]
    recorded: list[datetime]


def _moment(world: World) -> Moment:
    now, slots = world.agenda.now(), world.log.slots()
    rows = [row for row in world.table.live(now).rows if row.status in LIVE]
    images = [
        image
        for image in (world.log.history(name).state for name in _image_streams(world))
        if image.phase.value in BUILDING
    ]
    return Moment(
        at=now,
        events=len(_recorded_at(world)),
        held=slots.held,
        awaited=slots.awaited,
        broken=slots.circuit.broken,
        rows={row.runner_id: row for row in rows},
        live=summed_up(rows, now),
        images={one.tag: _image(one) for one in images},
    )


def _image_streams(world: World) -> Iterator[str]:
    return (name for name in world.log.streams() if StreamId(name).tag is not None)


def _image(image: Image) -> tuple[str, int, int]:
    return image.phase.value, image.number, len(image.waiters)


def _recorded_at(world: World) -> list[datetime]:
    """Return when each event was recorded; one that is in two streams counts twice."""
    return [one.event.recorded_at for name in world.log.streams() for one in world.log.read(name)]


@cache
def _observed(profile: str) -> _Observed:
    """Run a world and look at it. The looks change nothing in it."""
    rng = Random(profile)
    moments: list[Moment] = []
    later: list[tuple[Moment, Past]] = []
    with memoized():
        world = World(0, profile_of(profile, 0))
        fleet: Any = _Fleet(world)

        def look() -> None:
            if moments:
                before = rng.choice(moments)
                later.append((before, survey(fleet, before.at)))
            moments.append(_moment(world))

        for _ in range(TIMES):
            world.agenda.after(rng.uniform(1, WITHIN), look)
        assert Watch(world).run() == []
    at_the_end = [survey(fleet, one.at) for one in moments]
    return _Observed(moments, later, at_the_end, _recorded_at(world))


def _answers(profile: str) -> Iterator[tuple[Moment, Past]]:
    """Yield the times at which no append was under way, with what was found about them.

    An event is recorded with the time before its append, and copied after it.
    """
    seen = _observed(profile)
    pairs = [*seen.later, *zip(seen.moments, seen.at_the_end, strict=True)]
    for moment, found in pairs:
        if sum(at <= moment.at for at in seen.recorded) == moment.events:
            yield moment, found


@each_world
def test_most_times_can_be_compared(profile: str) -> None:
    assert len(list(_answers(profile))) > TIMES


@each_world
def test_the_runners_are_those_that_were_live(profile: str) -> None:
    for moment, found in _answers(profile):
        assert {row.runner_id: row for row in found.runners} == moment.rows
        assert found.live == moment.live


@each_world
def test_the_slots_are_those_of_the_counter(profile: str) -> None:
    for moment, found in _answers(profile):
        assert (found.slots.held, found.slots.awaited) == (moment.held, moment.awaited)


@each_world
def test_the_broken_launches_are_those_that_the_circuit_breaker_had_counted(profile: str) -> None:
    for moment, found in _answers(profile):
        assert found.circuit.broken == moment.broken


@each_world
def test_the_image_builds_are_those_under_way(profile: str) -> None:
    for moment, found in _answers(profile):
        builds = {one.image_tag: (one.phase, one.build_number, one.waiting) for one in found.builds}
        assert builds == moment.images


def test_the_worlds_have_each_kind_of_what_is_compared() -> None:
    moments = [one for profile in PROFILES for one, _ in _answers(profile)]
    assert {row.status for one in moments for row in one.rows.values()} >= {
        Status.STARTING,
        Status.WAITING_FOR_JOB,
        Status.RUNNING,
        Status.IMAGE_CREATING,
    }
    assert max(one.awaited for one in moments) > 5
    assert max(one.broken for one in moments) > 5
    assert {phase for one in moments for phase, _, _ in one.images.values()} >= {"building"}
