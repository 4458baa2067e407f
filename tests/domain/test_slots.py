"""Who is admitted by the fleet's counter, and what an append changes in it."""

import pytest
from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.slot.circuit import Circuit
from shared.domain.slot.counter import (
    SHARDS,
    Admitted,
    Change,
    CircuitChange,
    Denied,
    Guard,
    Shard,
    ShardChange,
    Slots,
    admit_launch,
    applied,
    changed,
    counted,
    home,
    share,
    trial_ends_at,
    with_room,
)
from shared.domain.slot.state import Slot
from shared.domain.state import State
from tests.support import stories
from tests.support.stories import RUNNER, at, intended, queued, stopped, tell

POLICY = replace(stories.POLICY, max_runners=2, circuit_failures=3)
OPEN = Circuit(version=3, broken=3, try_after=at(60))


def _runner(slot: Slot = Slot.NONE, shard: int | None = None, name: str = RUNNER) -> Runner:
    planned = RunnerPhase.PLANNED
    return Runner(
        id=name, number=1, phase=planned, planned_at=at(), serves=7, slot=slot, shard=shard
    )


def _held(*held: int, awaited: int = 0, circuit: Circuit | None = None) -> Slots:
    """A counter with so many slots held in the first shards."""
    numbers = [*held, *[0] * (SHARDS - len(held))]
    shards = [Shard(held=number) for number in numbers]
    shards[-1] = replace(shards[-1], awaited=awaited)
    return Slots(shards=tuple(shards), circuit=circuit or Circuit())


@pytest.mark.parametrize("max_runners", [1, 2, 7, 8, 9, 100, 1003])
def test_the_shares_of_the_shards_add_up_to_max_runners(max_runners: int) -> None:
    shares = [share(max_runners, shard) for shard in range(SHARDS)]
    assert sum(shares) == max_runners
    assert max(shares) - min(shares) <= 1


def test_a_launch_is_admitted_while_any_shard_has_room() -> None:
    assert admit_launch(_held(1, 0), _runner(), at(), POLICY) == Admitted(1)
    assert admit_launch(_held(0, 1), _runner(), at(), POLICY) == Admitted(0)


def test_a_launch_over_max_runners_has_to_wait_and_says_why() -> None:
    answer = admit_launch(_held(1, 1), _runner(), at(), POLICY)
    assert answer == Denied("all 2 runners that max_runners allows are in use")


def test_shards_beyond_a_small_max_runners_have_no_room() -> None:
    found = {with_room(_held(1), f"fleet-{number}-1", 1) for number in range(50)}
    assert found == {None}


def test_runners_begin_at_different_shards() -> None:
    homes = {home(f"fleet-{number}-1") for number in range(200)}
    assert homes == set(range(SHARDS))


def test_who_comes_while_others_wait_goes_behind_them() -> None:
    slots = _held(1, awaited=1)
    assert isinstance(admit_launch(slots, _runner(), at(), POLICY), Denied)
    assert admit_launch(slots, _runner(Slot.AWAITED), at(), POLICY) == Admitted(1)


def test_who_was_given_a_slot_is_admitted_whatever_the_counter_says() -> None:
    full = _held(1, 1, awaited=9, circuit=OPEN)
    assert admit_launch(full, _runner(Slot.HELD, 5), at(), POLICY) == Admitted(5)


def test_while_the_circuit_is_open_one_launch_is_tried_at_a_time() -> None:
    resting = admit_launch(_held(circuit=OPEN), _runner(), at(59), POLICY)
    assert isinstance(resting, Denied)
    assert resting.reason.startswith("the last 3 launches were broken")
    tried = admit_launch(_held(awaited=4, circuit=OPEN), _runner(Slot.AWAITED), at(60), POLICY)
    assert isinstance(tried, Admitted)
    assert tried.trial
    under_way = OPEN.tried(trial_ends_at(POLICY, at(60)))
    assert isinstance(admit_launch(_held(circuit=under_way), _runner(), at(61), POLICY), Denied)


def test_a_runner_holds_its_slot_from_the_intent_until_it_is_given_back() -> None:
    story = [queued(), replace(intended(), shard=3), stories.launched(), stopped()]
    held = [counted([tell(*story[:n])])[3].held for n in range(1, 5)]
    assert held == [0, 1, 1, 1]
    freed = e.SlotFreed(runner_id=RUNNER, shard=3, outcome="served")
    assert counted([tell(*story, freed)])[3].held == 0


def test_a_launch_that_failed_for_now_holds_no_slot() -> None:
    failed = e.LaunchFailed(runner_id=RUNNER, attempt=1, reason="throttled", retry_at=at(9))
    state = tell(queued(), intended(), failed)
    assert sum(one.held for one in counted([state])) == 0
    assert state.runners[0].phase is RunnerPhase.PLANNED


def test_a_launch_that_may_have_been_done_keeps_its_slot() -> None:
    failed = e.LaunchFailed(
        runner_id=RUNNER, attempt=1, reason="no answer", retry_at=at(9), uncertain=True
    )
    state = tell(queued(), intended(), failed)
    assert sum(one.held for one in counted([state])) == 1
    assert state.runners[0].phase is RunnerPhase.INTENDED


def test_a_planned_runner_that_waits_is_counted_until_it_is_cancelled() -> None:
    waits = [queued(), e.SlotAwaited(runner_id=RUNNER, reason="all are in use")]
    cancelled = e.LaunchCancelled(runner_id=RUNNER, reason="cancelled")
    assert counted([tell(*waits)])[home(RUNNER)].awaited == 1
    assert counted([tell(*waits, cancelled)])[home(RUNNER)].awaited == 0


def test_a_slot_is_handed_over_without_a_change_of_its_shard() -> None:
    ended = tell(queued(), replace(intended(), shard=3), stories.launched(), stopped())
    waits = State(job_id=8)
    for fact in (queued(), e.SlotAwaited(runner_id="fleet-8-1", reason="full")):
        waits = stories.evolved(waits, fact)
    freed = e.SlotFreed(runner_id=RUNNER, shard=3, outcome="served", granted_job_id=8)
    before = [ended, waits]
    after = [stories.evolved(one, freed) for one in before]
    assert after[1].runners[0].shard == 3
    change = changed(before, after, None)
    assert change == Change(shards=(ShardChange(shard=home("fleet-8-1"), awaited=-1),))


def test_a_slot_that_is_taken_demands_that_its_shard_has_room() -> None:
    before, after = [tell(queued())], [tell(queued(), replace(intended(), shard=2))]
    change = changed(before, after, Guard(most=5))
    assert change == Change(shards=(ShardChange(shard=2, held=1, most=5),))
    assert change is not None
    assert applied(_held(0, 0, 5), change) is None
    found = applied(_held(0, 0, 4), change)
    assert found is not None
    assert (found.held, found.shards[2].changes) == (5, 1)


def test_an_append_that_does_not_touch_the_counter_changes_nothing_in_it() -> None:
    state = tell(queued(), intended())
    launched = stories.evolved(state, stories.launched())
    assert changed([state], [launched], None) is None


def test_the_circuit_changes_only_from_what_was_seen() -> None:
    change = Change(circuit=CircuitChange(seen=OPEN, new=OPEN.closed()))
    found = applied(Slots(circuit=OPEN), change)
    assert found is not None
    assert (found.circuit.broken, found.circuit.version) == (0, 4)
    assert applied(Slots(circuit=OPEN.tried(at(99))), change) is None


def test_broken_launches_in_a_row_open_the_circuit_and_a_pause_follows_each() -> None:
    circuit = Circuit()
    for number in range(3):
        assert not circuit.is_open(POLICY)
        circuit = circuit.after_break(at(number), POLICY)
    assert circuit.is_open(POLICY)
    assert circuit.try_after == at(2 + POLICY.circuit_pause)
