"""max_runners and the circuit at work: who waits, who is woken; the counter never leaks."""

from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from cli.replay.comparison import drift
from cli.replay.drift import Tally
from functions.janitor.waiting import waiting_jobs
from shared.domain.actions import Role
from shared.domain.events import SlotFreed
from shared.domain.slot.counter import counted
from shared.domain.slot.decisions import grant
from shared.ports import NoCapacity, NotNow, TaskSpec
from tests.support import stories
from tests.support.fleet import SimulatedFleet
from tests.support.janitor import janitor
from tests.support.streams import all_streams


def _fleet(**policy: object) -> SimulatedFleet:
    return SimulatedFleet(replace(stories.POLICY, **policy))


def _waiting(fleet: SimulatedFleet) -> list[int]:
    return fleet.table.waiting(100)


def test_no_more_runners_are_launched_than_max_runners_and_the_others_say_why_they_wait() -> None:
    fleet = _fleet(max_runners=2)
    fleet.queue(1, 2, 3)
    fleet.settle()
    assert fleet.requests.count("ecs.run_task") == 2
    row = fleet.row("fleet-3-1")
    assert (row.status, row.awaits) == (
        "STARTING",
        "all 2 runners that max_runners allows are in use",
    )


def test_jobs_over_the_limit_get_their_turn_in_the_order_in_which_they_were_queued() -> None:
    fleet = _fleet(max_runners=1)
    for job_id in (9, 3, 7):
        fleet.queue(job_id)
        fleet.clock.advance(1)
        fleet.settle()
    assert _waiting(fleet) == [3, 7]
    fleet.serves(9)
    assert (fleet.row("fleet-3-1").awaits, _waiting(fleet)) == (None, [7])
    fleet.serves(3)
    assert _waiting(fleet) == []
    assert fleet.requests.count("ecs.run_task") == 3


def test_a_newcomer_does_not_overtake_a_job_that_waits() -> None:
    fleet = _fleet(max_runners=1)
    fleet.queue(1, 2)
    fleet.settle()
    fleet.runs("fleet-1-1")
    fleet.starts(1, "fleet-1-1")
    fleet.completes(1, "fleet-1-1")
    fleet.exits("fleet-1-1")
    fleet.queue(3)
    fleet.settle()
    assert _waiting(fleet) == [3]
    assert fleet.row("fleet-2-1").task_arn is not None


def test_a_cancelled_job_that_waits_gives_up_its_turn() -> None:
    fleet = _fleet(max_runners=1)
    fleet.queue(1, 2, 3)
    fleet.settle()
    fleet.completes(2, None, "cancelled")
    fleet.settle()
    assert _waiting(fleet) == [3]
    assert fleet.row("fleet-2-1").status == "OFFLINE"
    fleet.serves(1)
    assert fleet.row("fleet-3-1").task_arn is not None


def test_a_runner_that_dies_gives_its_slot_to_the_job_that_waited_longest() -> None:
    fleet = _fleet(max_runners=1)
    fleet.queue(1)
    fleet.clock.advance(1)
    fleet.queue(2)
    fleet.settle()
    fleet.exits("fleet-1-1", exit_code=1)
    fleet.settle()
    assert fleet.requests.count("ecs.run_task") == 2
    assert len(fleet.live()) == 1
    assert len(_waiting(fleet)) == 1


def test_a_job_that_does_not_wait_any_more_is_granted_no_slot() -> None:
    fleet = _fleet(max_runners=1)
    fleet.queue(1, 2)
    fleet.settle()
    fleet.completes(2, None, "cancelled")
    fleet.settle()
    fleet.policy = replace(fleet.policy, max_runners=2)
    for job_that_runs_or_ended in ("job-1", "job-2"):
        assert fleet.driver().transact(job_that_runs_or_ended, grant, fleet.policy).event is None


def test_a_job_is_granted_no_slot_while_all_are_taken_or_the_circuit_is_open() -> None:
    fleet = _fleet(max_runners=1)
    fleet.queue(1, 2)
    fleet.settle()
    assert fleet.driver().transact("job-2", grant, fleet.policy).event is None
    raised = replace(fleet.policy, max_runners=2)
    opened = replace(raised, circuit_failures=0)
    assert fleet.driver().transact("job-2", grant, opened).event is None
    granted = fleet.driver().transact("job-2", grant, raised).event
    assert granted is not None
    assert granted.type == "SlotGranted"


def test_a_slot_that_was_freed_while_the_job_began_to_wait_is_taken_by_it() -> None:
    fleet = _fleet(max_runners=1)
    fleet.queue(1)
    fleet.settle()
    append, nobody_waits = fleet.log.append, fleet.log.slots()

    def append_and_free(*args: Any) -> None:
        append(*args)
        if any(event.type == "SlotAwaited" for one in args[0] for event in one.events):
            fleet.log.append = append
            fleet.log.slots = lambda: nobody_waits  # what the reconciler had read before
            fleet.exits("fleet-1-1", exit_code=1)
            fleet.driver(Role.RECONCILER).drive("job-1")
            del fleet.log.slots

    fleet.log.append = append_and_free
    fleet.queue(2)
    fleet.driver(Role.SCHEDULER).drive("job-2")
    assert fleet.row("fleet-2-1").task_arn is not None


def test_after_failures_in_a_row_launches_stop_and_the_log_says_so() -> None:
    fleet = _fleet(circuit_failures=2, max_launches=9)
    fleet.queue(1, 2)
    fleet.settle()
    fleet.exits("fleet-1-1", exit_code=1)
    fleet.settle()
    fleet.exits("fleet-2-1", exit_code=1)
    fleet.settle()
    facts = [one.event.fact for one in fleet.log.read("job-2")]
    assert [one.circuit_opened for one in facts if isinstance(one, SlotFreed)] == [True]
    assert "the last 2 launches were broken" in str(fleet.row("fleet-2-2").awaits)


def test_one_launch_is_tried_after_the_pause_and_a_job_that_starts_closes_the_circuit() -> None:
    fleet = _fleet(circuit_failures=2, circuit_pause=60, max_launches=9)
    fleet.queue(1, 2)
    fleet.settle()
    for runner_id in ("fleet-1-1", "fleet-2-1"):
        fleet.exits(runner_id, exit_code=1)
        fleet.settle()
    # The second launch of job 1 began before the circuit opened.
    fleet.exits("fleet-1-2", exit_code=1)
    fleet.settle()
    assert fleet.live() == []
    fleet.clock.advance(61)
    fleet.driver().drive("job-2")
    fleet.driver().drive("job-1")
    fleet.settle()
    assert len(fleet.live()) == 1, "only one is tried"
    fleet.runs("fleet-2-2")
    fleet.starts(2, "fleet-2-2")
    fleet.settle()
    assert fleet.log.slots().circuit.broken == 0
    waiting_jobs(janitor(fleet))
    fleet.settle()
    assert len(fleet.live()) == 2


def test_a_job_that_starts_ends_the_row_of_broken_launches_before_the_circuit_opens() -> None:
    fleet = _fleet(circuit_failures=3, max_launches=9)
    fleet.queue(1)
    fleet.settle()
    fleet.exits("fleet-1-1", exit_code=1)
    fleet.settle()
    assert fleet.log.slots().circuit.broken == 1
    fleet.runs("fleet-1-2")
    fleet.starts(1, "fleet-1-2")
    fleet.settle()
    assert fleet.log.slots().circuit.broken == 0


@pytest.mark.parametrize("code", ["SpotInterruption", "TerminationNotice"])
def test_a_task_that_aws_takes_away_counts_neither_for_the_circuit_nor_for_giving_up(
    code: str,
) -> None:
    fleet = _fleet(circuit_failures=1, max_launches=1)
    fleet.queue(1)
    fleet.settle()
    for number in (1, 2, 3):
        fleet.interrupted(f"fleet-1-{number}", code)
        fleet.settle()
    assert fleet.log.slots().circuit.broken == 0
    assert fleet.row("fleet-1-4").task_arn is not None


def test_the_more_runners_are_taken_away_in_a_row_the_later_the_next_launch_begins() -> None:
    fleet = _fleet()
    fleet.queue(1)
    fleet.settle()
    waits = []
    for number in range(1, 9):
        ended = fleet.clock.now()
        fleet.interrupted(f"fleet-1-{number}", "SpotInterruption")
        fleet.settle()
        waits.append((fleet.clock.now() - ended).total_seconds())
    assert waits[0] == 0
    assert waits[-1] > 30
    assert waits[-1] > waits[3] > waits[1]


class Crowded:
    """ECS with little room: raises what it was given, then starts tasks."""

    def __init__(self, fleet: SimulatedFleet, *errors: Exception) -> None:
        self._run = fleet.tasks.run
        self._errors = list(errors)
        self.specs: list[TaskSpec] = []
        fleet.tasks.run = self.run

    @property
    def asked(self) -> list[str]:
        return [spec.capacity for spec in self.specs]

    @property
    def tokens(self) -> list[str]:
        return [spec.client_token for spec in self.specs]

    def run(self, spec: TaskSpec) -> str:
        self.specs.append(spec)
        if self._errors:
            raise self._errors.pop(0)
        return self._run(spec)


def test_a_launch_that_finds_no_capacity_moves_on_and_one_that_is_throttled_does_not() -> None:
    fleet = _fleet()
    none = NoCapacity("RunTask: Capacity is unavailable at this time")
    tasks = Crowded(fleet, NotNow("ECS: ThrottlingException"), none, none)
    fleet.queue(7, labels=("class:large",))
    fleet.settle()
    assert tasks.asked == ["FARGATE_SPOT", "FARGATE_SPOT", "FARGATE", "FARGATE_SPOT"]
    assert fleet.row("fleet-7-1").capacity == "FARGATE_SPOT"
    assert fleet.types(7).count("LaunchFailed") == 3
    assert len(set(tasks.tokens)) == 4


def test_all_subnets_and_providers_are_walked_through_without_growing_waits() -> None:
    subnets = ("subnet-1", "subnet-2", "subnet-3")
    fleet = _fleet(placement=replace(stories.POLICY.placement, subnets=subnets))
    none = NoCapacity("RunTask: Capacity is unavailable at this time")
    tasks = Crowded(fleet, *[none] * 5)
    fleet.queue(7, labels=("class:large",))
    began = fleet.clock.now()
    fleet.settle()
    assert tasks.asked == ["FARGATE_SPOT"] * 3 + ["FARGATE"] * 3
    assert len({spec.subnets for spec in tasks.specs}) == 3
    assert (fleet.clock.now() - began).total_seconds() < 15


def test_a_job_without_capacity_holds_no_slot_and_others_launch_meanwhile() -> None:
    fleet = _fleet(max_runners=1)
    Crowded(fleet, NotNow("ECS: You've reached the limit on vCPUs"))
    fleet.queue(1)
    driven = fleet.driver(Role.SCHEDULER).drive("job-1")
    assert driven.retry_at is not None
    assert fleet.log.slots().held == 0
    fleet.queue(2)
    fleet.driver(Role.SCHEDULER).drive("job-2")
    assert fleet.row("fleet-2-1").task_arn is not None


@pytest.mark.parametrize("seed", range(20))
def test_the_counter_never_leaks_whatever_happens(seed: int) -> None:
    rng = Random(seed)
    fleet = _fleet(max_runners=3, circuit_failures=4, max_launches=2, circuit_pause=30)
    queued = 0
    for _ in range(60):
        live = [row for row in fleet.table.all() if row.task_arn and row.stopped_at is None]
        match rng.choice(("queue", "run", "die", "cancel", "time")):
            case "queue" if queued < 12:
                queued += 1
                fleet.queue(queued)
            case "run" if live:
                runner = rng.choice(live)
                if runner.ran_job_id is None and runner.waits_for_job_id is not None:
                    fleet.runs(runner.runner_id)
                    fleet.starts(runner.waits_for_job_id, runner.runner_id)
            case "die" if live:
                fleet.exits(rng.choice(live).runner_id, exit_code=1)
            case "cancel" if queued:
                fleet.completes(rng.randint(1, queued), None, "cancelled")
            case _:
                fleet.clock.advance(40)
                for job_id in fleet.table.waiting(3):
                    fleet.driver().drive(f"job-{job_id}")
        fleet.settle()
        states = [fleet.history(number).state for number in range(1, queued + 1)]
        known, slots = counted(states), fleet.log.slots()
        assert [(one.held, one.awaited) for one in slots.shards] == [
            (one.held, one.awaited) for one in known
        ]
        assert slots.held <= 3
        assert len(fleet.live()) <= slots.held
    assert list(drift(all_streams(fleet.log), fleet.log, fleet.table, Tally())) == []


def test_a_counter_that_was_edited_by_hand_is_named_as_drift_and_mended() -> None:
    fleet = _fleet(max_runners=1)
    fleet.queue(1, 2)
    fleet.settle()
    slots = fleet.log.slots()
    wrong = (replace(slots.shards[0], held=0, awaited=7), *slots.shards[1:])
    fleet.table.overwrite_slots(replace(slots, shards=wrong), slots)
    (found,) = drift(all_streams(fleet.log), fleet.log, fleet.table, Tally())
    assert found.key == "(slots)"
    assert ("held in shard 0", 1, 0) in [
        (one.field, one.log, one.table) for one in found.differences
    ]
    list(drift(all_streams(fleet.log), fleet.log, fleet.table, Tally(), repair=True))
    assert list(drift(all_streams(fleet.log), fleet.log, fleet.table, Tally())) == []
