"""A consumer that dies before or after any one of its calls loses and doubles nothing.

Each scenario is first run without a crash, which tells how many calls there are; then it is run
anew with a crash at every one of them, before it and after it.
"""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from local.github.payloads import head_sha
from shared.domain import events as e
from shared.domain.actions import Role
from shared.domain.policy import CommitStatuses
from shared.domain.stream import StreamId
from tests.support import lost, stories
from tests.support.crash import Crasher
from tests.support.fleet import SimulatedFleet

Settle = Callable[[], None]
Scenario = Callable[[SimulatedFleet, Settle], None]


def _whole_job(fleet: SimulatedFleet, settle: Settle) -> None:
    fleet.queue(7)
    settle()
    fleet.runs("fleet-7-1")
    fleet.starts(7, "fleet-7-1")
    settle()
    fleet.completes(7, "fleet-7-1")
    fleet.exits("fleet-7-1")
    settle()


def _swap(fleet: SimulatedFleet, settle: Settle) -> None:
    fleet.queue(1, 2)
    settle()
    fleet.runs("fleet-1-1", "fleet-2-1")
    fleet.starts(1, "fleet-2-1")
    settle()
    fleet.starts(2, "fleet-1-1")
    settle()
    fleet.completes(1, "fleet-2-1")
    fleet.completes(2, "fleet-1-1")
    fleet.exits("fleet-1-1")
    fleet.exits("fleet-2-1")
    settle()


def _cancelled(fleet: SimulatedFleet, settle: Settle) -> None:
    fleet.queue(7)
    settle()
    fleet.runs("fleet-7-1")
    fleet.completes(7, None, "cancelled")
    settle()
    fleet.stopped("fleet-7-1")
    settle()


def _relaunch(fleet: SimulatedFleet, settle: Settle) -> None:
    fleet.queue(7)
    settle()
    fleet.exits("fleet-7-1", exit_code=1)
    settle()


def _refused(fleet: SimulatedFleet, settle: Settle) -> None:
    fleet.policy = replace(fleet.policy, commit_statuses=CommitStatuses(enabled=True))
    run = fleet.registrations.actions.queue("octo/repo", ("elsewhere",))
    fleet.tell(7, stories.queued("class:xl", head_sha=head_sha(run.run_id)))
    settle()
    fleet.starts(7, None)
    settle()


def _lost(fleet: SimulatedFleet, settle: Settle) -> None:
    lost.rerunning(fleet)
    job = lost.queue(fleet)
    lost.take(fleet, job)
    lost.take_away(fleet, job)
    fleet.clock.advance(lost.AGAIN_SECONDS)
    fleet.log.nudges.append(("reconciler", StreamId.of_job(job.id), "again"))
    settle()
    (again,) = lost.again(fleet, job)
    fleet.tell(again.id, e.JobQueued(fleet="fleet", job=lost.details(again)))
    settle()


SCENARIOS: dict[str, Scenario] = {
    "whole job": _whole_job,
    "swap": _swap,
    "cancelled": _cancelled,
    "relaunch": _relaunch,
    "refused": _refused,
    "lost": _lost,
}


def _outcome(fleet: SimulatedFleet) -> dict[str, object]:
    """All that must be the same with and without a crash."""
    return {
        "tasks": sorted(fleet.launches()),
        "conflicts": _conflicts(fleet),
        "live": sorted(fleet.live_runners()),
        "registrations": sorted(fleet.registrations.names()),
        "configs": sorted(fleet.environment_files()),
        "logs": {stream: _told(fleet, stream) for stream in sorted(fleet.log.events)},
        "statuses": fleet.statuses(),
        "attempts at GitHub": fleet.registrations.actions.attempts,
        "shown at GitHub": [one.state for one in fleet.registrations.statuses.all][-1:],
    }


def _conflicts(fleet: SimulatedFleet) -> list[str]:
    """The client tokens of RunTasks that were repeated with other parameters."""
    launches = fleet.launches()
    asked = fleet.requests.of("ecs.run_task")
    return [one["clientToken"] for one in asked if one != launches[one["clientToken"]]]


def _told(fleet: SimulatedFleet, stream: str) -> list[str]:
    """The types of its events, but for the trace that a crash leaves by design."""
    types = (one.event.type for one in fleet.log.read(stream))
    return sorted(one for one in types if one != "LaunchResumed")


def _run(scenario: Scenario, role: Role, crasher: Crasher) -> dict[str, object]:
    fleet = SimulatedFleet()
    deps = crasher.deps(fleet.deps)
    scenario(fleet, lambda: fleet.settle(crashing=role, deps=deps))
    return _outcome(fleet)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", list(SCENARIOS))
def test_a_crash_at_any_call_changes_nothing_in_the_end(
    name: str, role: Role, *, after: bool
) -> None:
    scenario, whole = SCENARIOS[name], Crasher()
    expected = _run(scenario, role, whole)
    assert whole.calls, "the consumer made no call: nothing was tested"
    for number, call in enumerate(whole.calls):
        crasher = Crasher(number, after=after)
        found = _run(scenario, role, crasher)
        moment = f"{role} died {'after' if after else 'before'} call {number}, {call}"
        assert len(crasher.calls) > number, moment
        assert found == expected, moment


def test_the_launch_makes_the_calls_of_the_recipe_in_its_order() -> None:
    crasher, fleet = Crasher(), SimulatedFleet()
    fleet.queue(7)
    fleet.settle(crashing=Role.SCHEDULER, deps=crasher.deps(fleet.deps))
    assert crasher.calls == [
        "log.read",
        "log.slots",
        "log.replace_rate_limits",
        "log.append",
        "registrations.mint",
        "configs.put_if_absent",
        "configs.reference",
        "tasks.run",
        "log.append",
    ]
