"""Who is admitted by the fleet's counter, and how it changes with what happened."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.slots import Admitted, Denied, Slots, admit, changed, grantable
from shared.domain.state import Slot, State
from tests.support import stories
from tests.support.stories import RUNNER, at, event, intended, queued, stopped, tell

POLICY = replace(stories.POLICY, max_runners=2, circuit_failures=3, circuit_pause=60)


def _after(*facts: e.Fact) -> Slots:
    """The counter after a job's facts, each appended by itself."""
    slots = Slots()
    for number in range(len(facts)):
        before, after = [tell(*facts[:number])], [tell(*facts[: number + 1])]
        slots = changed(slots, before, after, [event(facts[number], number)])
    return slots


def test_a_launch_is_admitted_while_there_are_slots() -> None:
    assert admit(Slots(taken=1), Slot.NONE, at(), POLICY) == Admitted()


def test_a_launch_over_max_runners_has_to_wait_and_says_why() -> None:
    answer = admit(Slots(taken=2), Slot.NONE, at(), POLICY)
    assert answer == Denied("all 2 runners that max_runners allows are in use")


def test_who_comes_while_others_wait_goes_behind_them() -> None:
    assert isinstance(admit(Slots(taken=1, waiting=1), Slot.NONE, at(), POLICY), Denied)
    assert admit(Slots(taken=1, waiting=1), Slot.AWAITED, at(), POLICY) == Admitted()


def test_who_was_given_a_slot_is_admitted_whatever_the_counter_says() -> None:
    assert admit(Slots(taken=2, failures=9), Slot.HELD, at(), POLICY) == Admitted()


def test_after_many_failures_in_a_row_one_launch_is_tried_at_a_time() -> None:
    open_circuit = Slots(failures=3, failed_at=at())
    rested = at(60)
    assert admit(open_circuit, Slot.NONE, rested, POLICY) == Admitted(probe=True)
    for slots, now in (
        (open_circuit, rested - timedelta(seconds=1)),
        (replace(open_circuit, probe=RUNNER), rested),
        (replace(open_circuit, taken=2), rested),
    ):
        answer = admit(slots, Slot.AWAITED, now, POLICY)
        assert isinstance(answer, Denied)
        assert answer.reason.startswith("the last 3 launches failed before they took a job")


@pytest.mark.parametrize(
    ("slots", "number"),
    [
        (Slots(taken=2, waiting=5), 0),
        (Slots(taken=1, waiting=5), 1),
        (Slots(taken=0, waiting=1), 1),
        (Slots(taken=0, waiting=5, failures=3), 0),
        (Slots(taken=9, waiting=5), 0),
    ],
)
def test_as_many_get_slots_as_are_free_and_waited_for(slots: Slots, number: int) -> None:
    assert grantable(slots, POLICY) == number


def test_a_runner_holds_its_slot_from_the_intent_until_it_is_given_back() -> None:
    story = [queued(), intended(), stories.launched(), stopped()]
    assert [_after(*story[:n]).taken for n in range(1, 5)] == [0, 1, 1, 1]
    freed = e.SlotFreed(runner_id=RUNNER, outcome="served")
    assert _after(*story, freed).taken == 0


def test_a_planned_runner_that_waits_is_counted_until_it_is_called_off() -> None:
    waits = [queued(), e.SlotAwaited(runner_id=RUNNER, reason="all are in use")]
    assert _after(*waits).waiting == 1
    assert _after(*waits, e.LaunchCancelled(runner_id=RUNNER, reason="cancelled")).waiting == 0


def test_a_slot_is_handed_over_in_one_step() -> None:
    ended = tell(queued(), intended(), stories.launched(), stopped())
    waits = State(job_id=8)
    for fact in (queued(), e.SlotAwaited(runner_id="fleet-8-1", reason="full")):
        waits = stories.evolved(waits, fact)
    freed = e.SlotFreed(runner_id=RUNNER, outcome="served", granted_job_ids=(8,))
    told = event(freed)
    before, after = [ended, waits], [stories.evolved(one, freed) for one in (ended, waits)]
    slots = changed(Slots(taken=1, waiting=1), before, after, [told])
    assert (slots.taken, slots.waiting) == (1, 0)


def test_failures_in_a_row_are_counted_and_a_served_job_ends_the_row() -> None:
    def freed(outcome: str, slots: Slots) -> Slots:
        fact = e.SlotFreed(runner_id=RUNNER, outcome=outcome)
        return changed(slots, [], [], [event(fact, 7)])

    failed = freed("failed", freed("failed", Slots()))
    assert (failed.failures, failed.failed_at) == (2, at(7))
    assert freed("unused", failed).failures == 2
    assert freed("served", failed).failures == 0


def test_the_probe_is_known_until_it_is_over_or_has_served() -> None:
    probing = changed(Slots(failures=3), [], [], [event(replace(intended(), probe=True))])
    assert probing.probe == RUNNER
    over = e.SlotFreed(runner_id=RUNNER, outcome="failed")
    assert changed(probing, [], [], [event(over)]).probe is None
    served = changed(probing, [], [], [event(e.CircuitClosed(runner_id=RUNNER))])
    assert (served.probe, served.failures) == (None, 0)


def test_an_append_that_does_not_touch_the_counter_leaves_it_as_it_is() -> None:
    slots = Slots(version=4, taken=1)
    state = tell(queued(), intended())
    launched = stories.evolved(state, stories.launched())
    assert changed(slots, [state], [launched], [event(stories.launched())]) is slots
