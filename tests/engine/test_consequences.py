"""What follows from a fact is appended with it, and only who still has work is nudged."""

from typing import Any

import pytest
from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.actions import CloseCircuit, Role
from shared.domain.decision import Decided
from shared.domain.history import read_job, record
from shared.domain.next_action import pending_actions
from shared.domain.stream import StreamId
from shared.domain.unreadable import Unreadable
from shared.engine.consequences import following, nudging
from shared.engine.intake import record_fact
from shared.engine.transact import ALONE_AFTER, Entry, Snapshot, Transactor, append, load
from shared.ports import Conflict, Refused, Unavailable
from shared.rule_settings import RuleSettings, rule_policy
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.stories import at

INGEST = rule_policy(RuleSettings(max_runners=stories.POLICY.max_runners))


class Door:
    """Ingest on a fleet.

    Attributes:
        appends: By stream of each append since the last fact: the types of its events.
        nudged: Whom the last fact nudged.
    """

    def __init__(self) -> None:
        self.fleet = SimulatedFleet(stories.POLICY)
        self.appends: list[list[str]] = []
        self.nudged: list[str] = []
        self._append = self.fleet.log.append
        self.fleet.log.append = self._counted

    def tell(self, job_id: int, fact: e.Fact, event_id: str) -> None:
        fleet, before = self.fleet, len(self.fleet.log.nudges)
        self.appends.clear()
        record_fact(
            Transactor(log=fleet.log, clock=fleet.clock, actor="ecs", pause=lambda _: None),
            StreamId.of_job(job_id),
            Decided(id=event_id, fact=fact),
            follow=following(
                fleet.driver().inputs(), INGEST, (Role.RECONCILER,), "ingest", records=False
            ),
            route=nudging(fleet.clock, INGEST),
        )
        self.nudged = [role for role, _, _ in fleet.log.nudges[before:]]

    def ends(self, job_id: int = 7) -> None:
        """Report that the task of the job's own runner has stopped."""
        runner_id = f"fleet-{job_id}-1"
        self.fleet.ecs.exits(str(self.fleet.row(runner_id).task_arn), 0)
        view = self.fleet.task(str(self.fleet.row(runner_id).task_arn))
        fact = e.TaskStopped(
            runner_id=runner_id,
            task_arn=view.task_arn,
            version=view.version,
            stop_code=view.stop_code or "",
            exit_code=view.exit_code,
        )
        self.tell(job_id, fact, f"stopped-{job_id}")

    def _counted(self, appends: Any, *more: Any) -> None:
        self._append(appends, *more)
        self.appends += [[event.type for event in one.events] for one in appends]


@pytest.fixture
def door() -> Door:
    """A fleet in which job 7 has run on its own runner, whose task still runs."""
    door = Door()
    fleet = door.fleet
    fleet.queue(7)
    fleet.settle()
    fleet.runs("fleet-7-1")
    fleet.starts(7, "fleet-7-1")
    fleet.settle()
    fleet.completes(7, "fleet-7-1")
    fleet.settle()
    return door


def test_the_slot_of_a_runner_is_freed_with_its_end_and_nobody_is_nudged(door: Door) -> None:
    assert door.fleet.log.slots().held == 1
    door.ends()
    assert door.appends == [["TaskStopped", "SlotFreed"]]
    assert door.fleet.log.slots().held == 0
    assert door.nudged == []
    *_, stopped, freed = (one.event for one in door.fleet.log.read("job-7"))
    assert (stopped.actor, freed.actor, freed.cause) == ("ecs", "ingest", stopped.id)


def test_a_swap_is_appended_to_all_streams_with_the_start_of_the_job(door: Door) -> None:
    fleet = door.fleet
    fleet.queue(8, 9)
    fleet.settle()
    fleet.registrations.set_busy("fleet-9-1")
    door.tell(8, stories.started("fleet-9-1"), "start")
    assert door.appends == [["JobStarted", "JobAssigned"], ["JobAssigned"]]
    assert fleet.history(9).state.job.paired == "fleet-8-1"
    assert door.nudged == []


def test_a_fact_that_is_already_recorded_has_no_consequences_again(door: Door) -> None:
    door.ends()
    before = len(door.fleet.log.read("job-7"))
    door.ends()
    assert (door.appends, len(door.fleet.log.read("job-7"))) == ([], before)


@pytest.mark.parametrize("conflicts", [ALONE_AFTER - 1, ALONE_AFTER])
def test_after_some_conflicts_the_fact_is_appended_alone_and_the_reconciler_is_nudged(
    door: Door, conflicts: int
) -> None:
    counted, races = door.fleet.log.append, iter([Conflict("TransactionConflict")] * conflicts)

    def race(*asked: Any) -> None:
        for lost in races:
            raise lost
        counted(*asked)

    door.fleet.log.append = race
    door.ends()
    alone = conflicts == ALONE_AFTER
    assert door.appends == [["TaskStopped"] if alone else ["TaskStopped", "SlotFreed"]]
    assert door.nudged == (["reconciler"] if alone else [])
    door.fleet.settle()
    assert door.fleet.log.slots().held == 0


@pytest.mark.parametrize(
    "failure",
    [
        Unavailable("DynamoDB: throttled"),
        Refused("DynamoDB: not authorized"),
        Unreadable("slots-0", "it is not a number"),
        TypeError("a mistake in a rule"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_counter_that_can_not_be_read_delays_what_follows_and_not_the_fact(
    door: Door, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def fail() -> None:
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(door.fleet.log, "slots", fail)
        door.ends()
    assert door.appends == [["TaskStopped"]]
    assert door.nudged == ["reconciler"]
    door.fleet.settle()
    assert door.fleet.log.slots().held == 0


def test_what_begins_with_an_effect_is_left_to_the_consumer(door: Door) -> None:
    """Job 8's runner ends without a job: its registration is deleted, and a next one is planned."""
    fleet = door.fleet
    fleet.queue(8)
    fleet.settle()
    door.ends(8)
    assert door.appends[0][0] == "TaskStopped"
    assert "RunnerDeregistered" not in fleet.types(8)
    assert door.nudged == ["reconciler"]
    fleet.settle()
    assert "RunnerDeregistered" in fleet.types(8)


def test_a_drive_appends_what_it_decides_at_once(door: Door) -> None:
    """Two decisions without an effect between them, one transaction."""
    fleet = door.fleet
    fleet.ecs.exits(str(fleet.row("fleet-7-1").task_arn), 0)
    fleet.queue(8, 9)
    fleet.settle()
    fleet.starts(8, "fleet-9-1")
    fleet.completes(8, "fleet-9-1")
    door.appends.clear()
    fleet.driver(Role.RECONCILER).drive("job-8")
    assert door.appends[0] == ["JobAssigned", "RunnerFinished"]
    assert ["JobAssigned", "RunnerFinished"] in door.appends[1:]


def test_an_effects_outcome_is_appended_alone(door: Door) -> None:
    """A conflict would repeat the effect, and a larger append has more of them."""
    fleet = door.fleet
    fleet.queue(8)
    door.appends.clear()
    fleet.driver(*Role).drive("job-8")
    assert ["RunnerLaunched"] in door.appends


def test_a_decision_that_is_not_needed_does_not_hide_those_behind_it(door: Door) -> None:
    """The circuit is closed already when the job starts that would close it."""
    after_failures = replace(stories.intended(), broken_before=1)
    facts = (stories.queued(), after_failures, stories.launched(), stories.started())
    events = [stories.event(fact, event_id=str(number)) for number, fact in enumerate(facts)]
    history = record(read_job(StreamId.of_job(7), ()), events)
    given = door.fleet.driver().inputs()
    follow = following(given, INGEST, (Role.RECONCILER,), "ingest", records=False)
    assert CloseCircuit(history.state.runners[0]) in pending_actions(history.state, at(), INGEST)
    assert follow.decide(Snapshot(door.fleet.log, history)) is None


def test_an_event_that_a_stream_holds_is_left_out_of_an_append() -> None:
    fleet = SimulatedFleet()
    empty = load(fleet.log, StreamId.of_job(7))
    entry = Entry(history=empty, events=(stories.event(stories.queued(), event_id="one"),))
    (after,) = append(fleet.log, [entry])
    (again,) = append(fleet.log, [replace(entry, history=after)])
    assert (again, len(fleet.log.read(StreamId.of_job(7)))) == (after, 1)
