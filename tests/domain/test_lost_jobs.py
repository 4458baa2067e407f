"""Which jobs were lost with their tasks, and when they are run again: a table of cases."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.actions import CheckRun, Record, RecordLoss, RerunJobs, Wait
from shared.domain.policy import Policy
from shared.domain.projection import project
from shared.domain.rerun.fold import FIRST_CHECK
from shared.domain.rerun.rules import (
    LAST_RERUN,
    LEASE,
    OVERDUE,
    pause,
    record_loss,
    rerun,
    take_over,
)
from shared.domain.rerun.state import RerunPhase
from shared.domain.state import State
from tests.support.stories import (
    JOB,
    POLICY,
    RUNNER,
    TASK,
    at,
    completed,
    details,
    event,
    evolved,
    fold,
    intended,
    launched,
    queued,
    started,
    task_started,
)

ON = replace(POLICY, lost_job_reruns=2)
STOPPING, FAILED, STOPPED = 100.0, 110.0, 120.0
"""Seconds at which the task began to stop, GitHub ended the job, and the task had stopped."""
EXITED = "EssentialContainerExited"


def stop(code: str = "SpotInterruption", exit_code: int | None = 0, **more: Any) -> e.TaskStopped:
    given = {"stopping_at": at(STOPPING), "reason": "taken away", **more}
    return e.TaskStopped(
        runner_id=RUNNER, task_arn=TASK, version=9, stop_code=code, exit_code=exit_code, **given
    )


def story(
    stopped: e.TaskStopped | None = None,
    *,
    conclusion: str = "failure",
    ended: float = FAILED,
    between: e.Fact | None = None,
) -> State:
    """A job on its runner; something in between; its end; the end of the runner's task."""
    facts: list[tuple[e.Fact, float]] = [
        (queued(run_id=9), 0),
        (intended(), 1),
        (launched(), 2),
        (task_started(), 20),
        (started(), 30),
        *([(between, 90.0)] if between else []),
        (completed(conclusion=conclusion), ended),
        (stopped or stop(), STOPPED),
    ]
    return fold(JOB, [event(fact, seconds) for fact, seconds in facts])


def is_lost(state: State) -> bool:
    return isinstance(record_loss(state, at(200), ON), RecordLoss)


STOP = e.StopIntended(runner_id=RUNNER, reason="it is drained")
LOST: dict[str, State] = {
    "the runner fails the job after the Spot notice, and exits in order": story(),
    "the process is killed after the Spot notice": story(stop(exit_code=137)),
    "GitHub notices minutes later that the runner is gone": story(ended=700.0),
    "AWS ends the task to retire its host": story(stop("TerminationNotice")),
    "memory runs out and the runner is killed": story(stop(EXITED, 137)),
    "the runner crashes": story(stop(EXITED, 139)),
    "a stop was called off before, since the runner was busy": evolved(
        evolved(story(), STOP), e.RunnerFoundBusy(runner_id=RUNNER)
    ),
}
KEPT: dict[str, State] = {
    "the job failed by itself just before the Spot notice": story(ended=STOPPING - 1),
    "the job failed in the very second of the notice": story(ended=STOPPING),
    "the job failed by itself, then the runner crashed": story(stop(EXITED, 139), ended=99.0),
    "the job succeeded during the notice": story(conclusion="success"),
    "a person cancelled the job": story(conclusion="cancelled"),
    "the job timed out": story(conclusion="timed_out"),
    "the job failed, and its runner exited in order": story(stop(EXITED, 0), ended=99.0),
    "the runner left without the mark of the job's hook": story(stop(EXITED, 66)),
    "the runner could not connect any more": story(stop(EXITED, 1)),
    "the runner ended with a code that no signal has": story(stop(EXITED, 255)),
    "somebody stopped the task in AWS's console": story(stop("UserInitiated", 137)),
    "the fleet stopped the runner": story(between=STOP),
    "the runner exceeded its TTL": story(
        stop("UserInitiated", 137),
        between=replace(STOP, reason="runner_ttl_seconds (7200 s) exceeded", forced=True),
    ),
    "an operator stopped the runner, and then Spot took it": story(
        between=replace(STOP, forced=True, by_operator=True)
    ),
    "ECS no longer knows the task": story(stop("", None)),
    "ECS did not say when the task began to stop": story(stop(stopping_at=None)),
    "the container never ran": story(stop("TaskFailedToStart", None)),
}


@pytest.mark.parametrize("case", LOST)
def test_a_job_was_lost_if(case: str) -> None:
    assert is_lost(LOST[case])


@pytest.mark.parametrize("case", KEPT)
def test_a_job_was_not_lost_if(case: str) -> None:
    assert not is_lost(KEPT[case])
    assert due(KEPT[case]) is None


def test_a_job_whose_end_is_not_known_yet_is_not_called_lost() -> None:
    facts = (queued(), intended(), launched(), task_started(), started())
    state = fold(JOB, [event(fact, second) for second, fact in enumerate(facts)])
    state = evolved(state, stop(), STOPPED)
    assert not is_lost(state)
    assert is_lost(evolved(state, completed(conclusion="failure"), 700))


def test_a_runner_that_died_without_a_job_has_lost_none() -> None:
    facts = (queued(), intended(), launched(), task_started())
    state = fold(JOB, [event(fact, second) for second, fact in enumerate(facts)])
    assert not is_lost(evolved(state, stop(), STOPPED))


# --- what follows from a loss ---------------------------------------------------------------------


def loss(**more: Any) -> e.JobLost:
    given = {"job": details(run_id=9), "reason": "SpotInterruption", **more}
    return e.JobLost(job_id=JOB, runner_id=RUNNER, **given)


def lost(*facts: tuple[e.Fact, float]) -> State:
    """The state after the loss was recorded at 200, and these facts."""
    state = story()
    for fact, seconds in ((loss(), 200.0), *facts):
        state = evolved(state, fact, seconds)
    return state


def phase(state: State) -> RerunPhase | None:
    found = state.runners[0].rerun
    return found and found.phase


def due(state: State) -> object:
    state = evolved(state, e.SlotFreed(runner_id=RUNNER, shard=0, outcome="served"))
    return project({}, [state], 0)[RUNNER].deadline


POSTPONED = e.RerunPostponed(job_id=JOB, runner_id=RUNNER, checks=1, check_at=at(500))
INTENDED = e.RerunIntended(job_id=JOB, runner_id=RUNNER, number=1, run_attempt=1, target=None)
REQUESTED = e.RerunRequested(job_id=JOB, runner_id=RUNNER, run_attempt=2)
ABANDONED = e.RerunAbandoned(job_id=JOB, runner_id=RUNNER, reason="GitHub: 403")


def test_a_loss_is_recorded_once_and_soon() -> None:
    assert due(story()) == at(STOPPED) + OVERDUE
    assert not is_lost(lost())


def test_the_run_is_looked_at_a_minute_after_the_loss_by_the_janitor_at_last() -> None:
    check_at = at(200) + FIRST_CHECK
    assert rerun(lost(), check_at - timedelta(seconds=1), ON) is None
    assert isinstance(rerun(lost(), check_at, ON), CheckRun)
    assert due(lost()) == check_at


def test_while_the_run_goes_on_nothing_is_pending_until_the_next_look() -> None:
    state = lost((POSTPONED, 300.0))
    assert rerun(state, at(499), ON) is None
    assert isinstance(rerun(state, at(500), ON), CheckRun)
    assert due(state) == at(500)


def test_an_intended_request_is_made_at_once_or_taken_over_after_its_lease() -> None:
    state = lost((INTENDED, 300.0))
    action = rerun(state, at(300), ON)
    assert isinstance(action, RerunJobs)
    assert take_over(action, at(301)) == Wait(at(300) + LEASE)
    assert take_over(action, at(300) + LEASE) == action
    assert due(state) == at(300) + OVERDUE


@pytest.mark.parametrize("last", [REQUESTED, ABANDONED])
def test_nothing_follows_once_github_runs_it_again_or_it_is_abandoned(last: e.Fact) -> None:
    state = lost((INTENDED, 300.0), (last, 301.0), (INTENDED, 400.0), (POSTPONED, 401.0))
    assert rerun(state, at(10_000), ON) is None
    assert record_loss(state, at(10_000), ON) is None
    assert due(state) is None


def test_a_request_that_came_too_early_is_made_again_later() -> None:
    state = lost((INTENDED, 300.0), (POSTPONED, 301.0))
    assert phase(state) is RerunPhase.LOST
    assert isinstance(rerun(state, at(500), ON), CheckRun)


def test_a_second_record_of_the_loss_changes_nothing() -> None:
    state = lost((REQUESTED, 300.0), (loss(), 301.0))
    assert phase(state) is RerunPhase.REQUESTED


def test_a_loss_that_is_not_followed_by_a_request_says_so_and_ends() -> None:
    state = evolved(story(), loss(why_not="it was lost in attempt 3 of its run"), 200)
    assert phase(state) is RerunPhase.ABANDONED
    assert rerun(state, at(10_000), ON) is None


@pytest.mark.parametrize(
    ("policy", "seconds", "reason"),
    [
        (POLICY, 500.0, "lost jobs are not run again (lost_job_reruns is 0)"),
        (
            ON,
            200 + LAST_RERUN.total_seconds(),
            "its run has not ended within 30 days, and GitHub runs no older job again",
        ),
    ],
    ids=["turned off meanwhile", "30 days later"],
)
def test_a_lost_job_is_abandoned(policy: Policy, seconds: float, reason: str) -> None:
    action = rerun(lost((POSTPONED, 300.0)), at(seconds), policy)
    fact = e.RerunAbandoned(job_id=JOB, runner_id=RUNNER, reason=reason)
    assert action == Record(f"{RUNNER}/rerun-abandoned", fact)


def test_an_event_about_a_runner_that_lost_no_job_changes_nothing() -> None:
    for fact in (POSTPONED, INTENDED, REQUESTED, ABANDONED):
        assert evolved(story(), fact, 300) == story()


def test_the_pauses_double_from_a_minute_to_an_hour() -> None:
    minutes = [pause(checks) / timedelta(minutes=1) for checks in range(8)]
    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60]
    assert pause(10_000) == timedelta(hours=1)
