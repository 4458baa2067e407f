"""A Janitor that dies at any of its calls: the next run brings about the same."""

from collections.abc import Callable

import pytest

from functions.janitor.ghosts import ghost_registrations
from functions.janitor.orphans import orphan_tasks
from functions.janitor.sweep import Sweep
from functions.janitor.vanished import vanished_tasks
from tests.support.crash import Crasher, CrashError
from tests.support.fleet import SimulatedFleet
from tests.support.janitor import GRACE, janitor, running_fleet, stray_task


def _orphan() -> SimulatedFleet:
    fleet = running_fleet(7)
    stray_task(fleet, "fleet-7-9")
    fleet.registrations.mint("octo/repo", "fleet-7-9", ["self-hosted"])
    return fleet


def _vanished() -> SimulatedFleet:
    fleet = running_fleet(7)
    fleet.ecs.tasks.clear()
    return fleet


def _outcome(fleet: SimulatedFleet) -> dict[str, object]:
    return {
        "live": fleet.live_runners(),
        "registrations": fleet.registrations.names(),
        "log": fleet.types(7),
        "statuses": fleet.statuses(),
    }


def _run(sweep: Sweep, begin: Callable[[], SimulatedFleet], crasher: Crasher) -> dict[str, object]:
    fleet = begin()
    fleet.clock.advance(GRACE)
    for _ in range(2):
        try:
            sweep(janitor(fleet, deps=crasher.deps(fleet.deps)))
        except CrashError:
            continue
    fleet.settle()
    return _outcome(fleet)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("sweep", "begin"), [(orphan_tasks, _orphan), (vanished_tasks, _vanished)])
def test_a_crash_at_any_call_changes_nothing_in_the_end(
    sweep: Sweep, begin: Callable[[], SimulatedFleet], *, after: bool
) -> None:
    whole = Crasher()
    expected = _run(sweep, begin, whole)
    assert "log.append" in whole.calls
    for number, call in enumerate(whole.calls):
        found = _run(sweep, begin, Crasher(number, after=after))
        assert found == expected, f"died {'after' if after else 'before'} {call}"


def test_a_ghost_is_gone_after_a_crash_at_any_call() -> None:
    def ghost() -> SimulatedFleet:
        fleet = running_fleet(7)
        fleet.registrations.mint("octo/repo", "fleet-7-9", ["self-hosted"])
        return fleet

    whole = Crasher()
    assert _run(ghost_registrations, ghost, whole)["registrations"] == ["fleet-7-1"]
    for number in range(len(whole.calls)):
        for after in (False, True):
            found = _run(ghost_registrations, ghost, Crasher(number, after=after))
            assert found["registrations"] == ["fleet-7-1"]
