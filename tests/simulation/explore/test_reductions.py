"""Each reduction of the README on a scenario that is small enough to search without it.

Most tests search twice, with the reduction on and off, and compare what both reach. Every
comparison also checks that the search without the reduction is larger: otherwise the scenario would
not exercise the reduction.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.domain import next_action
from shared.domain.policy import Limits
from shared.domain.projection import RunnerRow
from shared.domain.slot import counter as slots
from shared.domain.slot import rules as slot_rules
from shared.domain.slot.counter import Change, ShardChange, Slots
from shared.engine.transact import to
from shared.ports import Append, Conflict
from tests.simulation.explore import ingest, outside
from tests.simulation.explore.bounds import ONE_RUNNER
from tests.simulation.explore.comparing import Lead, Reached, without
from tests.simulation.explore.driving import RETRY_SECONDS
from tests.simulation.explore.ingest import Door
from tests.simulation.explore.model import Model
from tests.simulation.explore.moves import Move, Moves
from tests.simulation.explore.naming import github_id, of_github_id, renamed
from tests.simulation.explore.private import is_private
from tests.simulation.explore.scenario import LARGE, PERIODS, SMALL, Bug, Grain, Scenario
from tests.simulation.explore.search import NO_BUG, explore, surroundings
from tests.simulation.explore.streams import identity
from tests.simulation.explore.symmetry import Symmetry
from tests.simulation.explore.world import Counter, Kind, Left, Phase, Runner, World
from tests.support.recording import record_event
from tests.support.stories import POLICY

ONE = Scenario(labels=(SMALL,), runners=1, channel=1)
TWO = Scenario(labels=(SMALL, SMALL), runners=2, channel=1)
UNEQUAL = Scenario(labels=(SMALL, LARGE), runners=2, channel=1)
ORDERS = ("private_calls", "clusters")
"""The reductions that leave out orders of moves: off where another one is looked at alone."""


def _all_run(world: World) -> bool:
    return all(job.phase is Phase.RUNNING for job in world.jobs)


def _ends_a_job(move: Move) -> bool:
    return move.verb == "complete"


def _ends_a_job_or_serves_its_own(move: Move) -> bool:
    return _ends_a_job(move) or (move.verb == "assign" and move.whom.home == move.more)


RUNNING = Lead(until=_all_run, avoiding=_ends_a_job)
"""Both jobs run, each on its own runner."""
EXCHANGED = Lead(until=_all_run, avoiding=_ends_a_job_or_serves_its_own)
"""Both jobs run, each on the other one's runner, and the log does not hold it yet."""


def _both(
    scenario: Scenario, *names: str, lead: Lead | None = None, off: Sequence[str] = ()
) -> tuple[Reached, Reached]:
    """The scenario with the reductions `names` on and off; those of `off` are off in both."""
    scenario = without(scenario, *off)
    small, large = Reached(scenario, lead), Reached(without(scenario, *names), lead)
    assert len(small.worlds) < len(large.worlds), "the scenario does not exercise the reduction"
    return small, large


# --- what is one world ---------------------------------------------------------------------------


@pytest.mark.parametrize("lead", [EXCHANGED, RUNNING], ids=["exchanged", "running"])
def test_symmetry_leaves_out_no_world_but_for_the_names_of_equal_jobs(lead: Lead) -> None:
    small, large = _both(TWO, "symmetry", lead=lead, off=ORDERS)
    classes = [
        found.edges(
            lambda world, found=found: frozenset(
                found.plain(one) for one in found.symmetry.renamings(world, (1, 2))
            )
        )
        for found in (small, large)
    ]
    assert classes[0] == classes[1]


def test_all_renamings_of_equal_jobs_have_one_canonical_world() -> None:
    """Three jobs run in a circle on each other's runners: without names, all three are equal."""
    scenario = Scenario(labels=(SMALL,) * 3, runners=3, grain=Grain.STEPS)

    def leaves_the_circle(move: Move) -> bool:
        if move.verb == "assign":
            return bool(move.more != move.whom.home % 3 + 1)
        is_recorded = move.verb == "deliver" and move.whom.kind is Kind.STARTED
        return is_recorded or _ends_a_job(move)

    with surroundings(scenario, NO_BUG):
        moves = Moves(scenario, NO_BUG)
        world = Lead(until=_all_run, avoiding=leaves_the_circle).world(moves)
        symmetry = Symmetry(moves)
        renamed_worlds = set(symmetry.renamings(world, (1, 2, 3)))
        assert len(renamed_worlds) > 1
        assert len({symmetry.canonical(one) for one in renamed_worlds}) == 1


@pytest.mark.parametrize(
    "scenario",
    [ONE, replace(ONE, grain=Grain.STEPS, left=Left(deaths=1))],
    ids=["calls", "deaths"],
)
def test_histories_that_are_one_version_go_on_in_the_same_ways(scenario: Scenario) -> None:
    small, large = _both(scenario, "relevance")
    assert small.edges(small.plain) == large.edges(large.plain)


ONE_WAIT = replace(ONE, grain=Grain.STEPS, left=Left(waits=1), periods=PERIODS[:1])


def test_histories_that_are_one_version_go_on_in_the_same_ways_while_time_passes() -> None:
    small, large = _both(ONE_WAIT, "relevance", off=("useful_waits",))
    assert small.edges(small.plain) == large.edges(large.plain)


def test_histories_that_are_one_version_are_due_at_the_same_time() -> None:
    streams = Reached(without(ONE_WAIT, "relevance")).moves.streams
    due: dict[Any, set[datetime | None]] = {}
    for history, at in zip(streams.histories, streams.due_at, strict=True):
        due.setdefault(identity(history), set()).add(at)
    assert [times for times in due.values() if len(times) != 1] == []


def test_digests_stand_for_worlds_one_to_one() -> None:
    found = Reached(ONE)
    assert explore(ONE).states == len(found.worlds)
    assert explore(ONE).transitions == len(found.steps)


def test_a_second_nudge_for_the_same_work_reaches_nothing_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scenario = without(ONE, "idle_nudges", *ORDERS)
    merged = Reached(scenario)
    monkeypatch.setattr(World, "nudge", _twice_at_most)
    kept = Reached(scenario)
    assert len(merged.worlds) < len(kept.worlds)
    assert merged.outcomes() == kept.outcomes()
    assert merged.at_rest() == kept.at_rest()


def _twice_at_most(world: World, added: Any) -> World:
    if sum((one.job, one.role) == (added.job, added.role) for one in world.nudges) > 1:
        return world
    return world._replace(nudges=tuple(sorted((*world.nudges, added))))


def test_a_registration_s_id_is_its_runner_s_and_its_ordinal() -> None:
    ids = {
        github_id(home, number, minted): (home, number, minted)
        for home in range(1, 10)
        for number in range(1, 20)
        for minted in range(1, 20)
    }
    assert len(ids) == 9 * 19 * 19
    assert all(of_github_id(one) == parts for one, parts in ids.items())
    names = (0, 2, 1)
    assert renamed(github_id(1, 3, 4), names, "github_runner_id") == github_id(2, 3, 4)


def test_no_rule_reads_more_from_a_registration_s_id_than_which_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scenario = replace(ONE, left=Left(failures=1))
    usual = explore(scenario)

    def falling(home: int, number: int, minted: int) -> int:
        return github_id(home, 99 - number, 99 - minted) if minted else 0

    def of_falling(registration: int) -> tuple[int, int, int]:
        home, number, minted = of_github_id(registration)
        return home, 99 - number, 99 - minted

    monkeypatch.setattr(outside, "github_id", falling)
    monkeypatch.setattr(outside, "of_github_id", of_falling)
    assert _size(explore(scenario)) == _size(usual)


def test_no_rule_reads_the_numbers_of_the_counter_s_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scenario = replace(UNEQUAL, grain=Grain.STEPS, policy=ONE_RUNNER)
    usual = explore(scenario)
    plain = outside.slots_of

    def numbered(counter: Counter) -> Slots:
        found = plain(counter)
        shards = tuple(replace(one, changes=7) for one in found.shards)
        return replace(found, shards=shards, circuit=replace(found.circuit, version=7))

    monkeypatch.setattr(outside, "slots_of", numbered)
    monkeypatch.setattr(ingest, "slots_of", numbered)
    assert _size(explore(scenario)) == _size(usual)


def _size(found: Any) -> tuple[int, int, int, str | None]:
    return found.states, found.transitions, found.depth, found.violation


# --- one shard -----------------------------------------------------------------------------------


def test_all_shards_lead_to_as_many_worlds_as_one() -> None:
    scarce = replace(UNEQUAL, grain=Grain.STEPS, policy=ONE_RUNNER)
    for scenario in (ONE, scarce):
        assert _size(explore(without(scenario, "one_shard"))) == _size(explore(scenario))


@pytest.mark.parametrize("most", [1, 32])
@given(steps=st.lists(st.integers(0, 2), max_size=20))
def test_one_shard_admits_whom_all_shards_admit(most: int, steps: list[int]) -> None:
    """Three runners take a slot and give it back, on the real counter and on that of a world."""
    names = [f"fleet-{number}-1" for number in range(3)]
    policy = replace(POLICY, max_runners=most)
    real, counter, held = Slots(), Counter(), dict[str, int]()
    for name in (names[step] for step in steps):
        sharded = slots.with_room(real, name, policy.max_runners)
        single = slots.with_room(outside.slots_of(counter), name, policy.max_runners)
        if name in held:
            real = _applied(real, held.pop(name), -1, None)
            counter = outside.changed(counter, Change(shards=(ShardChange(shard=0, held=-1),)))
        else:
            assert (sharded is None) == (single is None)
            if sharded is not None:
                held[name] = sharded
                real = _applied(real, sharded, 1, slots.share(most, sharded))
                counter = outside.changed(counter, Change(shards=(ShardChange(shard=0, held=1),)))
        assert (real.held, real.awaited) == (counter.held, counter.awaited)


def _applied(before: Slots, shard: int, held: int, most: int | None) -> Slots:
    change = Change(shards=(ShardChange(shard=shard, held=held, most=most),))
    after = slots.applied(before, change)
    assert after is not None
    return after


def test_a_scenario_in_which_one_shard_fills_up_before_the_others_is_refused() -> None:
    with pytest.raises(ValueError, match="the first shard fills up"):
        Model(replace(UNEQUAL, policy=replace(POLICY, max_runners=2)), NO_BUG)


# --- what is one step ----------------------------------------------------------------------------


def test_reads_that_lead_straight_to_an_append_need_no_step_of_their_own() -> None:
    small, large = _both(TWO, "reads_with_append", lead=EXCHANGED, off=("symmetry", *ORDERS))
    assert small.outcomes() == large.outcomes()
    assert small.at_rest() == large.at_rest()


def test_reads_of_what_an_append_does_not_cover_stay_steps_of_their_own() -> None:
    """A slot is freed between the read of the counter and the record that none was free.

    The Janitor's sweep of waiting jobs repairs that. It is not modelled, so the race is a
    violation here; a search that took read and append for one step would not find it.
    """
    scenario = replace(UNEQUAL, policy=ONE_RUNNER)
    for one in (scenario, without(scenario, "reads_with_append")):
        found = explore(one, most_states=15_000)
        assert found.violation == "job 2 has not run, and the log gives no reason"


def test_a_drive_that_appended_goes_on_as_one_that_reads_anew() -> None:
    small, large = _both(ONE, "restarts", off=ORDERS)
    assert small.outcomes() == large.outcomes()
    assert small.at_rest() == large.at_rest()


def test_consumers_that_may_pause_often_enough_reach_what_they_reach_call_by_call() -> None:
    cancelled = replace(ONE, channel=2, left=Left(cancels=1))
    calls = Reached(without(cancelled, *ORDERS)).outcomes()
    steps = [
        Reached(replace(cancelled, grain=Grain.STEPS, left=Left(cancels=1, pauses=one))).outcomes()
        for one in range(2)
    ]
    assert steps[0] < steps[1]
    assert steps[1] == calls


def test_an_ingest_that_loses_a_race_is_one_that_came_later() -> None:
    """Another notice of the same job comes in between the read and the append of the first."""
    found = Reached(replace(ONE, channel=99, grain=Grain.STEPS))
    model, raced = found.moves.model, 0
    for world in found.worlds:
        for notice in world.notices:
            for other in set(world.notices) - {notice}:
                first = model.ingest.deliver(world, other)
                later = model.ingest.deliver(first, notice)
                door = _Overtaken(world, model, first)
                record_event(
                    door,
                    f"job-{notice.job}",
                    ingest.event_of(notice, SMALL),
                    route=to(ingest.ROUTES[notice.kind]),
                    new_stream=notice.kind is Kind.QUEUED,
                )
                assert ((door.version,), door.counter) == (later.versions, later.counter)
                raced += door.overtaken
    assert raced


class _Overtaken(Door):
    """The stream grows just before the first append to it."""

    def __init__(self, world: World, model: Model, then: World) -> None:
        super().__init__(world.versions[0], world.counter, model.streams, model.outside)
        self._then = then
        self.overtaken = False

    def append(
        self, appends: Sequence[Append], rows: Sequence[RunnerRow], change: Change | None = None
    ) -> None:
        if not self.overtaken and self._then.versions != (self.version,):
            self.overtaken = True
            self.version, self.counter = self._then.versions[0], self._then.counter
            raise Conflict("another notice came first")
        super().append(appends, rows, change)


def test_tasks_that_are_slow_to_start_and_to_end_add_nothing_to_the_log() -> None:
    small, large = _both(replace(ONE, channel=99), "prompt_tasks")
    logs = [{found.log(world) for world in found.worlds} for found in (small, large)]
    assert logs[0] == logs[1]
    assert small.at_rest() == large.at_rest()


@contextmanager
def _rule(right: Any, wrong: Any) -> Iterator[None]:
    """Put another rule in the place of one of the product's, or none."""
    whole = next_action.RULES
    assert any(rule is right for _, rule in whole)
    changed = [(role, wrong if rule is right else rule) for role, rule in whole]
    next_action.RULES = tuple(one for one in changed if one[1] is not None)
    try:
        yield
    finally:
        next_action.RULES = whole


# --- what is left out ----------------------------------------------------------------------------


def test_nudges_that_find_nothing_to_do_can_be_dropped() -> None:
    small, large = _both(TWO, "idle_nudges", lead=EXCHANGED, off=ORDERS)
    assert small.outcomes() == large.outcomes()
    assert small.at_rest() == large.at_rest()


def test_notices_that_the_log_holds_already_can_be_dropped() -> None:
    small, large = _both(replace(ONE, left=Left(doubles=1)), "known_notices")
    assert small.outcomes() == large.outcomes()
    assert small.at_rest() == large.at_rest()


def test_private_calls_reach_the_same_outcomes_first_as_at_any_time() -> None:
    small, large = _both(replace(ONE, channel=2, left=Left(deaths=1)), "private_calls")
    assert small.outcomes() == large.outcomes()
    assert small.at_rest() == large.at_rest()


def test_a_private_call_and_any_other_move_lead_to_the_same_in_either_order() -> None:
    found = Reached(without(replace(ONE, channel=2), "private_calls"))
    pairs = [
        (world, Move("step", number), other)
        for world in found.worlds
        for number in world.drives
        if is_private(found.moves.model, world, number)
        for other in found.moves.able(world)
        if other.whom != number
    ]
    assert pairs
    assert all(_commute(found, *one) for one in pairs)


def _commute(found: Reached, world: World, one: Move, other: Move) -> bool:
    """Whether the two moves lead to the same log and outside, whichever comes first."""
    with surroundings(ONE, NO_BUG):
        ends = []
        for first, second in ((one, other), (other, one)):
            between = found.moves.after(world, first)
            able = {_who(move): move for move in found.moves.able(between)}
            if _who(second) not in able:
                return False
            ends.append(found.outcome(found.moves.after(between, able[_who(second)])))
    return ends[0] == ends[1]


def _who(move: Move) -> tuple[Any, ...]:
    """What a move is about: a runner by its name, as its state may change before the move."""
    whom = move.whom[:2] if isinstance(move.whom, Runner) else move.whom
    return move.verb, whom, move.more


@pytest.mark.parametrize("lead", [RUNNING, EXCHANGED], ids=["running", "exchanged"])
def test_moves_of_a_cluster_that_is_over_and_of_others_lead_to_the_same_in_either_order(
    lead: Lead,
) -> None:
    """Jobs that have exchanged their runners are one cluster, so there is nothing to compare."""
    found = Reached(without(replace(TWO, channel=2), "clusters"), lead)
    moves = found.moves
    pairs = [
        (world, one, other)
        for world in found.worlds
        for cluster in moves.clusters.over(world)
        for one in moves.able(world)
        for other in moves.able(world)
        if moves.job(one) in cluster and moves.job(other) not in cluster
    ]
    assert bool(pairs) == (lead is RUNNING)
    assert all(_commute(found, *one) for one in pairs)


@pytest.mark.parametrize("channel", [1, 2])
def test_clusters_that_are_over_end_in_the_same_ways_first_as_at_any_time(channel: int) -> None:
    scenario = replace(UNEQUAL, channel=channel, grain=Grain.STEPS)
    small, large = _both(scenario, "clusters", lead=RUNNING)
    assert small.at_rest() == large.at_rest()


def test_a_wait_of_which_nothing_comes_changes_nothing_but_the_time() -> None:
    scenario = replace(ONE_WAIT, left=Left(waits=1, failures=1))
    small, large = _both(scenario, "useful_waits")
    assert small.outcomes() < large.outcomes()
    assert small.events() == large.events()


def test_liveness_from_every_world_shows_no_more_than_from_those_at_rest() -> None:
    scenario = replace(ONE, left=Left(losses=1))
    everywhere = without(scenario, "fair_at_rest")
    bug = Bug(name="no slot is freed", planted=lambda: _rule(slot_rules.free_slot, None))
    assert _size(explore(everywhere)) == _size(explore(scenario))
    assert explore(everywhere, bug).violation == explore(scenario, bug).violation
    assert explore(scenario, bug).violation is not None


# --- what is computed once -----------------------------------------------------------------------


def test_a_fold_that_is_kept_is_the_fold_of_its_events() -> None:
    scenario = replace(ONE, left=Left(crashes=1))
    assert _size(explore(without(scenario, "folded_once"))) == _size(explore(scenario))


def test_a_drive_that_runs_again_makes_the_same_call() -> None:
    scenario = replace(ONE, left=Left(failures=1))
    consumers = Reached(scenario).moves.consumers
    with surroundings(scenario, NO_BUG):
        for number, drive in enumerate(consumers.drives):
            known, again = consumers.next(number), consumers.run(drive)
            assert repr(known) == repr(again)


# --- time ----------------------------------------------------------------------------------------


def test_periods_lie_between_the_limits_of_a_runner() -> None:
    limits = Limits()
    longest = max(limits.start, limits.idle, limits.finish, limits.stop)
    assert PERIODS[0] > RETRY_SECONDS
    assert limits.lease < PERIODS[0] < min(limits.start, limits.idle, limits.stop)
    assert longest < PERIODS[1] < limits.ttl < PERIODS[2]


def test_without_a_lease_all_is_reached_that_is_reached_with_one() -> None:
    class Leased(Scenario, frozen=True, kw_only=True):
        @property
        def leased(self) -> Any:
            return self.policy

    free = replace(ONE, left=Left(crashes=1))
    held = Leased(labels=free.labels, runners=1, channel=1, left=free.left)
    assert Reached(held).events() < Reached(free).events()
