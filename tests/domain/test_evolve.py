"""Given these events, then this state: what facts mean to a job and to its runners."""

from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.actions import AssignJob
from shared.domain.fold import evolve, fold
from shared.domain.image.state import IMAGE_TRANSITIONS, ImagePhase, ImageSignal
from shared.domain.job.state import JOB_TRANSITIONS, JobPhase, JobSignal
from shared.domain.machine import Table
from shared.domain.next_action import next_action
from shared.domain.runner.state import RUNNER_TRANSITIONS, RunnerPhase, RunnerSignal
from shared.domain.runner.status import Status, status
from shared.domain.slot.state import SLOT_TRANSITIONS, Slot, SlotSignal
from shared.domain.stop.state import STOP_TRANSITIONS, StopPhase, StopSignal
from tests.support.stories import (
    JOB,
    POLICY,
    RUNNER,
    at,
    completed,
    event,
    intended,
    launched,
    queued,
    started,
    stopped,
    task_started,
    tell,
)


def test_a_queued_job_has_a_planned_runner_at_once() -> None:
    state = tell(queued())
    assert state.job.phase is JobPhase.QUEUED
    assert state.job.paired == RUNNER
    assert [(one.id, one.phase, one.serves) for one in state.runners] == [
        (RUNNER, RunnerPhase.PLANNED, JOB)
    ]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([queued()], Status.STARTING),
        ([queued(), intended()], Status.STARTING),
        ([queued(), intended(), launched()], Status.STARTING),
        ([queued(), intended(), launched(), task_started()], Status.WAITING_FOR_JOB),
        ([queued(), intended(), launched(), task_started(), started()], Status.RUNNING),
        ([queued(), intended(), launched(), started(), completed()], Status.RUNNING),
        ([queued(), intended(), launched(), started(), completed(), stopped()], Status.OFFLINE),
        ([queued(), intended(), launched(), stopped(exit_code=1)], Status.FAILED),
    ],
)
def test_the_status_follows_the_facts(facts: list[e.Fact], expected: Status) -> None:
    assert status(tell(*facts).runners[0]) is expected


def test_a_late_queued_does_not_reopen_a_finished_job() -> None:
    state = tell(completed(runner=None, conclusion="cancelled"), queued())
    assert state.job.phase is JobPhase.COMPLETED
    assert state.runners == ()


def test_started_and_completed_times_are_those_of_github() -> None:
    state = tell(queued(), intended(), launched(), started(), completed())
    runner = state.runners[0]
    assert (state.job.started_at, state.job.completed_at) == (runner.taken_at, runner.left_at)
    assert state.job.started_at is not None
    assert state.job.completed_at is not None
    assert runner.took == JOB


def test_a_completed_that_overtook_started_still_says_who_ran_it() -> None:
    state = tell(queued(), intended(), launched(), completed())
    assert state.job.assigned == RUNNER
    assert state.runners[0].phase is RunnerPhase.FINISHED


def test_a_runner_that_dies_before_a_job_leaves_its_job_unpaired() -> None:
    state = tell(queued(), intended(), launched(), stopped(exit_code=1))
    assert state.job.phase is JobPhase.QUEUED
    assert state.job.paired is None
    assert state.runners[0].serves is None


def test_a_runner_whose_spot_capacity_was_taken_away_has_failed_whatever_the_exit_code() -> None:
    taken = replace(stopped(exit_code=0), stop_code="SpotInterruption", reason="interrupted")
    (runner,) = tell(queued(), intended(), launched(), taken).runners
    assert status(runner) is Status.FAILED
    assert runner.reason == "SpotInterruption: interrupted (exit code 0)"


def test_an_end_that_was_asked_for_is_no_failure_whatever_the_exit_code() -> None:
    stop = e.StopIntended(runner_id=RUNNER, reason="no waiting job needs it")
    state = tell(queued(), intended(), launched(), stop, stopped(exit_code=143))
    assert status(state.runners[0]) is Status.OFFLINE


def test_a_forced_end_is_a_failure_that_says_why() -> None:
    stop = e.StopIntended(
        runner_id=RUNNER, reason="runner_ttl_seconds (7200 s) exceeded", forced=True
    )
    state = tell(queued(), intended(), launched(), started(), stop, stopped(exit_code=0))
    assert status(state.runners[0]) is Status.FAILED
    assert "runner_ttl_seconds (7200 s) exceeded" in (state.runners[0].reason or "")


def test_a_busy_runner_is_no_longer_stopped_when_github_says_so() -> None:
    stop = e.StopIntended(runner_id=RUNNER, reason="took no job within 300 s")
    busy = e.RunnerFoundBusy(runner_id=RUNNER)
    state = tell(queued(), intended(), launched(), task_started(), stop, busy)
    assert state.runners[0].stop is None
    assert status(state.runners[0]) is Status.RUNNING


def test_a_task_that_is_not_the_runners_own_does_not_end_it() -> None:
    own = tell(queued(), intended(), launched())
    others = (replace(task_started(), task_arn="other"), replace(stopped(1), task_arn="other"))
    for fact in others:
        assert evolve(own, event(fact)) == own


def test_an_orphan_that_was_stopped_changes_nothing() -> None:
    state = tell(queued(), intended(), launched())
    for runner_id in (RUNNER, "fleet-7-9"):
        fact = e.OrphanStopped(runner_id=runner_id, task_arn="other", reason="nobody needs it")
        assert evolve(state, event(fact)) == state


def test_an_unknown_fact_changes_nothing() -> None:
    state = tell(queued())
    unknown = e.Unknown(type="RunnerSang", schema=1, data=Raw(b"{}"))
    assert evolve(state, event(unknown)) == state


LAUNCHED = (queued(), intended(), launched())
CANCELLED = e.LaunchCancelled(runner_id=RUNNER, reason="cancelled")
LATE: dict[str, tuple[tuple[e.Fact, ...], e.Fact]] = {
    "a plan of a runner that there is": (
        (queued(),),
        e.LaunchPlanned(runner_id=RUNNER, number=1, reason="died", not_before=at(60)),
    ),
    "an intent after the launch": (LAUNCHED, replace(intended(), shard=3)),
    "a resumption after the launch": (
        (*LAUNCHED, task_started()),
        e.LaunchResumed(runner_id=RUNNER, attempt=1),
    ),
    "a cancellation after the launch": (LAUNCHED, CANCELLED),
    "a cancellation of an unknown runner": (
        (queued(),),
        e.LaunchCancelled(runner_id="fleet-7-9", reason="cancelled"),
    ),
    "the failure of an unknown launch": (
        (queued(),),
        e.LaunchFailed(runner_id="fleet-7-9", attempt=1, reason="throttled", retry_at=at(9)),
    ),
    "a refusal after the job's end": (
        (queued(), completed(None)),
        e.JobRejected(reason="no such class"),
    ),
    "a wait for a slot after the end": (
        (queued(), CANCELLED),
        e.SlotAwaited(runner_id=RUNNER, reason="all are in use"),
    ),
    "a wait for an image after the intent": (
        (queued(), intended()),
        e.ImageAwaited(job_id=JOB, runner_id=RUNNER, tag="ubuntu-1", base="ubuntu:1", timeout=60),
    ),
    "the failure of an image for which the job does not wait": (
        (
            queued(),
            e.ImageAwaited(
                job_id=JOB, runner_id=RUNNER, tag="ubuntu-1", base="ubuntu:1", timeout=60
            ),
        ),
        e.ImageUnavailable(tag="debian-1", reason="the build failed", job_ids=(JOB,)),
    ),
    "a request to stop the task of a runner that is not to stop": (
        LAUNCHED,
        e.TaskStopSent(runner_id=RUNNER, task_arn="arn"),
    ),
}


@pytest.mark.parametrize(("story", "late"), LATE.values(), ids=LATE)
def test_a_fact_that_came_too_late_changes_nothing(story: tuple[e.Fact, ...], late: e.Fact) -> None:
    state = tell(*story)
    assert evolve(state, event(late, 9)) == state


def test_a_launch_that_failed_for_now_although_its_task_runs_keeps_its_slot() -> None:
    failed = e.LaunchFailed(runner_id=RUNNER, attempt=1, reason="throttled", retry_at=at(9))
    (runner,) = tell(queued(), intended(), task_started(), failed).runners
    assert (runner.phase, runner.slot) == (RunnerPhase.IDLE, Slot.HELD)


def test_a_job_that_starts_while_it_waits_for_another_runner_is_assigned_in_all_streams() -> None:
    """Its own stream alone can not say what becomes of the runner that it waits for."""
    displaced = e.JobAssigned(
        job_id=8,
        runner_id=RUNNER,
        displaced_job_id=JOB,
        spare_runner_id="fleet-8-1",
        spare_given=True,
    )
    state = tell(*LAUNCHED, displaced, started())
    assert (state.job.assigned, state.job.paired) == (None, "fleet-8-1")
    assert next_action(state, at(9), POLICY) == AssignJob(JOB, RUNNER, "fleet-8-1", at(4))


TABLES: dict[str, tuple[type[Enum], type[Enum], Table[Any, Any]]] = {
    "job": (JobPhase, JobSignal, JOB_TRANSITIONS),
    "runner": (RunnerPhase, RunnerSignal, RUNNER_TRANSITIONS),
    "slot": (Slot, SlotSignal, SLOT_TRANSITIONS),
    "stop": (StopPhase, StopSignal, STOP_TRANSITIONS),
    "image": (ImagePhase, ImageSignal, IMAGE_TRANSITIONS),
}


@pytest.mark.parametrize("machine", TABLES)
def test_every_phase_is_in_its_table_and_every_signal_and_phase_is_reached(machine: str) -> None:
    phases, signals, table = TABLES[machine]
    assert set(table) == set(phases)
    assert {signal for row in table.values() for signal in row} == set(signals)
    first, *others = phases
    assert {phase for row in table.values() for phase in row.values()} >= set(others), first


def test_the_last_phases_are_final() -> None:
    assert set(JOB_TRANSITIONS[JobPhase.COMPLETED].values()) == {JobPhase.COMPLETED}
    assert set(RUNNER_TRANSITIONS[RunnerPhase.CLOSED].values()) == {RunnerPhase.CLOSED}
    assert SLOT_TRANSITIONS[Slot.FREED] == {}


def test_a_planned_runner_is_not_changed_by_what_happens_to_tasks() -> None:
    state = tell(queued())
    for fact in (launched(), task_started(), stopped(exit_code=1)):
        assert evolve(state, event(fact)) == state


FACTS = [
    launched(),
    task_started(),
    started(),
    completed(),
    stopped(),
]


def _second(fact: e.Fact) -> int:
    # GitHub says when a job started both when it starts and when it ends.
    return 30 if isinstance(fact, e.JobStarted) else 31 + FACTS.index(fact)


def _final(facts: list[e.Fact]) -> tuple[object, ...]:
    base = [event(queued(), 0, "queued"), event(intended(), 1, "intended")]
    told = [event(fact, _second(fact), type(fact).__name__) for fact in facts]
    state = fold(JOB, base + told)
    runner = state.runners[0]
    return (
        status(runner),
        state.job.phase,
        state.job.assigned,
        runner.took,
        state.job.started_at,
        state.job.completed_at,
        runner.running_at,
        runner.closed_at,
        runner.task_version,
    )


@given(st.permutations(FACTS).flatmap(lambda order: st.permutations(order + FACTS[:4])))
def test_any_order_and_any_duplication_folds_to_the_same_end(facts: list[e.Fact]) -> None:
    assert _final(facts) == _final(FACTS)


FAILING = [launched(), task_started(), stopped(exit_code=1)]


@given(st.permutations(FAILING + FAILING))
def test_a_failure_is_the_same_in_any_order(facts: list[e.Fact]) -> None:
    state = fold(JOB, [event(queued()), event(intended()), *map(event, facts)])
    assert status(state.runners[0]) is Status.FAILED
    assert state.job.phase is JobPhase.QUEUED


DEMANDS = [queued(), started(), completed()]


@given(st.permutations(DEMANDS + DEMANDS))
def test_a_job_ends_completed_in_any_order_of_githubs_facts(facts: list[e.Fact]) -> None:
    assert tell(*facts).job.phase is JobPhase.COMPLETED


@given(st.permutations([stopped(exit_code=1), task_started(), started(), completed()]))
def test_terminal_states_are_terminal(late: list[e.Fact]) -> None:
    state = tell(queued(), intended(), launched(), stopped(exit_code=1))
    for fact in late:
        state = evolve(state, event(fact, 99))
        assert status(state.runners[0]) is Status.FAILED
