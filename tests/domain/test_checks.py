"""What is asked of GitHub, and what its answer changes: given these events, then this."""

from datetime import timedelta
from itertools import permutations

import pytest
from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.actions import (
    Action,
    CancelRun,
    CheckJob,
    CheckRegistration,
    EndPairing,
    IntendLaunch,
    Launch,
    Nothing,
    Record,
    Role,
    Wait,
)
from shared.domain.fold import evolve, fold
from shared.domain.job.rules import cancel_run, check_job
from shared.domain.job.state import JobPhase
from shared.domain.next_action import next_action
from shared.domain.policy import Policy
from shared.domain.runner.conditions import counts_as_dead
from shared.domain.runner.deadlines import due
from shared.domain.runner.state import RunnerPhase
from shared.domain.runner.transitions import CONFIRM_EVERY, REMOVED, WEBHOOK_GRACE, ask_github_at
from shared.domain.state import State
from tests.support.stories import (
    JOB,
    POLICY,
    RUNNER,
    at,
    completed,
    details,
    event,
    evolved,
    intended,
    launched,
    queued,
    started,
    stopped,
    task_started,
    tell,
)

HELD = e.JobHeld(job=details())
IDLE = (queued(), intended(), launched(), task_started())
"""Its last event is at second 3."""


UNPAIRED = EndPairing(JOB, RUNNER, "the runner ended", at(60) + WEBHOOK_GRACE)
"""The runner stopped at second 60 with exit code 0, and no webhook told of its job in time."""


def unpaired() -> e.PairingEnded:
    return e.PairingEnded(
        job_id=JOB, runner_id=RUNNER, reason=UNPAIRED.reason, check_at=UNPAIRED.check_at
    )


def checked(status: str, runner: str | None = None, conclusion: str = "") -> e.JobChecked:
    return e.JobChecked(
        status=status,
        conclusion=conclusion,
        runner_name=runner or "",
        runner_id=runner,
        started_at=at(30) if runner else None,
        completed_at=at(60) if status == "completed" else None,
    )


def following(state: State, seconds: float, policy: Policy = POLICY) -> Action:
    """What the reconciler should do at that second."""
    return next_action(state, at(seconds), policy, (Role.RECONCILER,))


def settled(runner: str, outcome: str) -> tuple[e.Fact, ...]:
    """What is recorded of a runner that has ended, so that nothing of it is left."""
    return (
        e.SlotFreed(runner_id=runner, shard=0, outcome=outcome),
        e.RunnerDeregistered(runner_id=runner, outcome="absent"),
    )


def launching(state: State, seconds: float) -> bool:
    """Whether the scheduler would launch a runner at that second."""
    return isinstance(next_action(state, at(seconds), POLICY, (Role.SCHEDULER,)), IntendLaunch)


# --- jobs that GitHub holds -----------------------------------------------------------------------


def test_a_job_that_github_holds_from_the_start_has_no_runner() -> None:
    state = tell(HELD)
    assert (state.job.phase, state.runners) == (JobPhase.HELD, ())
    assert not launching(state, 10)


def test_a_waiting_webhook_after_a_queued_one_is_checked_before_anything_is_launched() -> None:
    state = tell(queued(), HELD)
    assert state.job.phase is JobPhase.HELD
    assert isinstance(following(state, 1), CheckJob)
    assert not launching(state, 1)


def test_while_github_holds_the_job_its_launch_is_cancelled_with_that_reason() -> None:
    state = evolved(tell(*IDLE, HELD), checked("waiting"), 5)
    found = following(state, 5)
    assert isinstance(found, EndPairing)
    assert found.reason == "GitHub holds the job, such as for an approval"


def test_an_approved_job_gets_a_runner() -> None:
    state = evolved(tell(queued(), HELD), checked("waiting"), 2)
    state = evolved(state, e.PairingEnded(job_id=JOB, runner_id=RUNNER, reason="held"), 3)
    state = evolved(state, queued(), 3600)
    assert isinstance(following(state, 3600), CheckJob), "webhooks come out of order"
    assert not launching(state, 3600)
    state = evolved(state, checked("queued"), 3601)
    assert launching(state, 3601)
    assert state.job.paired == "fleet-7-2"


@pytest.mark.parametrize("order", list(permutations(["queued", "waiting", "approved"])))
def test_in_every_order_of_its_webhooks_an_approved_job_waits_for_one_runner(
    order: tuple[str, ...],
) -> None:
    facts = {"queued": queued(), "waiting": HELD, "approved": queued()}
    state = tell(*(facts[one] for one in order))
    if state.job.check_at is not None:
        assert not launching(state, 10)
        state = evolved(state, checked("queued"), 10)
    assert state.job.phase is JobPhase.QUEUED
    wanted = [one.id for one in state.runners if one.serves == JOB]
    assert wanted == [state.job.paired]


def test_an_answer_older_than_the_last_webhook_is_checked_again_after_a_growing_wait() -> None:
    state = evolved(tell(HELD, queued()), checked("waiting"), 10)
    assert state.job.check_at == at(40)
    state = evolved(state, checked("waiting"), 40)
    assert state.job.check_at == at(100)
    for _ in range(12):
        state = evolved(state, checked("waiting"), 100)
    assert state.job.check_at == at(100) + timedelta(hours=1)
    assert launching(evolved(state, checked("queued"), 4000), 4000)


@pytest.mark.parametrize("status", ["", "queued"])
def test_a_job_whose_status_may_not_be_read_is_as_its_last_webhook_says(status: str) -> None:
    assert launching(evolved(tell(HELD, queued()), checked(status), 5), 5)


def test_a_job_that_was_refused_before_its_check_is_not_checked() -> None:
    refused = tell(*IDLE, stopped(), unpaired(), e.JobRejected(reason="too old"))
    assert refused.job.check_at is not None
    assert not isinstance(following(refused, 999), CheckJob)
    assert check_job(refused, at(999), POLICY) is None


def test_the_janitor_comes_back_to_a_held_job_when_github_is_to_be_asked_again() -> None:
    cancelled = e.LaunchCancelled(runner_id=RUNNER, reason="GitHub holds the job")
    state = tell(queued(), HELD, cancelled)
    (runner,) = state.runners
    assert state.job.check_at == at(1)
    assert due(runner, state.job, last=True) == at(1)


def test_github_is_not_asked_after_the_end_of_a_runner_whose_job_is_known() -> None:
    (served,) = tell(*IDLE, started(), completed(), stopped()).runners
    assert served.closed_at is not None
    assert ask_github_at(served) is None


# --- jobs that are queued again -------------------------------------------------------------------


@pytest.mark.parametrize("refusal", [e.JobRejected(reason="no"), e.JobGivenUp(reason="no more")])
def test_a_job_that_is_queued_again_after_a_refusal_begins_anew(refusal: e.Fact) -> None:
    state = tell(queued(), refusal)
    assert state.job.phase is JobPhase.REFUSED
    state = evolved(state, queued(), 60)
    assert (state.job.phase, state.job.reason) == (JobPhase.QUEUED, None)
    assert state.job.paired == "fleet-7-2"
    assert launching(state, 60)


def test_a_job_that_is_queued_again_after_a_day_is_not_too_old_and_waits_behind_the_others() -> (
    None
):
    state = tell(queued(), e.JobRejected(reason="no"))
    again = replace(event(queued(), 0), recorded_at=at(90_000))
    state = evolve(state, again)
    assert (state.job.arrived_at, state.job.queued_at) == (at(90_000), at(90_000))
    assert launching(state, 90_000)


def test_runners_that_died_before_a_job_was_queued_again_do_not_count() -> None:
    dead = [*IDLE, stopped(exit_code=1)]
    state = evolved(tell(*dead, e.JobGivenUp(reason="no more")), queued(), 60)
    second = (intended("fleet-7-2"), launched("fleet-7-2"), stopped(1, runner="fleet-7-2"))
    done = (*settled(RUNNER, "broken"), *settled("fleet-7-2", "broken"), checked("queued"))
    for fact in (*second, *done):
        state = evolved(state, fact, 70)
    found = following(state, 80, replace(POLICY, max_launches=2))
    assert isinstance(found, Record)
    assert isinstance(found.fact, e.LaunchPlanned), "one of two that there may be"


def test_a_second_refusal_has_an_id_of_its_own() -> None:
    xl = tell(queued("class:xl"))
    first = next_action(xl, at(1), POLICY, (Role.SCHEDULER,))
    assert isinstance(first, Record)
    again = evolved(evolved(xl, first.fact, 1), queued("class:xl"), 60)
    second = next_action(again, at(60), POLICY, (Role.SCHEDULER,))
    assert isinstance(second, Record)
    assert second.id != first.id


@pytest.mark.parametrize("last", [started(), completed()])
def test_a_job_that_has_run_is_never_queued_again(last: e.Fact) -> None:
    state = evolved(tell(queued(), last), queued(), 60)
    assert state.job.phase in (JobPhase.STARTED, JobPhase.COMPLETED)
    assert evolved(state, HELD, 61).job.phase is state.job.phase


# --- webhooks that are later than the end of their job's task -------------------------------------


def test_a_runner_that_ended_with_0_has_served_whatever_webhooks_say_yet() -> None:
    state = evolved(tell(*IDLE), stopped(exit_code=0), 60)
    (runner,) = state.runners
    assert (runner.phase, runner.failed, runner.served) == (RunnerPhase.CLOSED, False, True)
    assert not counts_as_dead(runner)


def test_its_job_is_checked_after_a_grace_period_and_not_launched_before() -> None:
    state = evolved(tell(*IDLE), stopped(exit_code=0), 60)
    grace = WEBHOOK_GRACE.total_seconds()
    for fact in settled(RUNNER, "served"):
        state = evolved(state, fact, 61)
    assert following(state, 61) == Wait(at(60 + grace))
    assert following(state, 60 + grace) == UNPAIRED
    state = evolved(state, unpaired(), 60 + grace)
    assert isinstance(following(state, 60 + grace), CheckJob)
    assert not launching(state, 60 + grace)


def test_a_runner_that_came_up_and_was_killed_may_have_run_the_job_so_github_is_asked() -> None:
    state = evolved(tell(*IDLE), stopped(exit_code=137), 60)
    for fact in settled(RUNNER, "broken"):
        state = evolved(state, fact, 61)
    assert isinstance(following(state, 61), CheckJob)
    assert not launching(state, 61)
    asked = evolved(state, checked("in_progress", RUNNER), 62)
    assert (asked.job.phase, asked.runners[0].took) == (JobPhase.STARTED, JOB)


def test_a_runner_that_never_came_up_is_replaced_without_a_question() -> None:
    state = evolved(tell(queued(), intended(), launched()), stopped(exit_code=1), 60)
    for fact in settled(RUNNER, "broken"):
        state = evolved(state, fact, 61)
    found = following(state, 61)
    assert isinstance(found, Record)
    assert isinstance(found.fact, e.LaunchPlanned)


def test_a_job_that_github_says_has_run_is_not_launched_again() -> None:
    state = evolved(tell(*IDLE), stopped(exit_code=0), 60)
    state = evolved(state, checked("completed", RUNNER, "success"), 90)
    assert (state.job.phase, state.job.conclusion) == (JobPhase.COMPLETED, "success")
    assert (state.job.started_at, state.job.completed_at) == (at(30), at(60))
    assert state.runners[0].took == JOB
    late = evolved(evolved(state, started(), 400), completed(), 401)
    assert late.job.phase is JobPhase.COMPLETED
    assert len(late.runners) == 1


def test_a_job_that_is_queued_at_github_gets_a_new_runner_for_another_one_took_its_runner() -> None:
    state = evolved(tell(*IDLE), stopped(exit_code=0), 60)
    for fact in (*settled(RUNNER, "served"), unpaired(), checked("queued")):
        state = evolved(state, fact, 91)
    found = following(state, 92)
    assert isinstance(found, Record)
    assert isinstance(found.fact, e.LaunchPlanned)
    assert found.fact.reason == "its runner took another job"


def test_a_job_that_waits_for_another_ones_runner_is_checked_when_that_has_served() -> None:
    ended = e.PairingEnded(job_id=JOB, runner_id="fleet-9-1", reason="it ended", check_at=at(90))
    state = replace(tell(queued()), runners=())
    state = replace(state, job=replace(state.job, paired="fleet-9-1"))
    state = evolved(state, ended, 60)
    assert state.job.paired is None
    assert isinstance(following(state, 90), CheckJob)


def test_a_job_that_lost_its_runner_to_another_one_is_checked_before_a_new_launch() -> None:
    placed = e.JobAssigned(job_id=99, runner_id=RUNNER, displaced_job_id=JOB)
    state = evolved(tell(*IDLE), placed, 60)
    assert state.job.paired is None
    assert isinstance(following(state, 60), CheckJob), "it may run on another runner by now"


def test_a_job_that_gets_a_spare_runner_is_not_checked() -> None:
    spare = "fleet-99-1"
    placed = e.JobAssigned(
        job_id=99,
        runner_id=RUNNER,
        displaced_job_id=JOB,
        spare_runner_id=spare,
        spare_given=True,
    )
    state = evolved(tell(*IDLE), placed, 60)
    assert (state.job.paired, state.job.check_at) == (spare, None)


# --- idle runners that GitHub removes -------------------------------------------------------------


def test_an_idle_runner_on_which_a_job_counts_is_looked_up_at_github_now_and_then() -> None:
    state, every = tell(*IDLE), CONFIRM_EVERY.total_seconds()
    assert not isinstance(following(state, 3 + every - 1), CheckRegistration)
    assert isinstance(following(state, 3 + every), CheckRegistration)
    state = evolved(state, e.RunnerConfirmed(runner_id=RUNNER), 3 + every)
    assert not isinstance(following(state, 3 + 2 * every - 1), CheckRegistration)
    assert isinstance(following(state, 3 + 2 * every), CheckRegistration)


def test_an_idle_runner_that_is_gone_is_replaced_and_stopped_and_is_no_failure() -> None:
    state = evolved(tell(*IDLE), e.RunnerDeregistered(runner_id=RUNNER, outcome="absent"), 125)
    found = following(state, 125)
    assert isinstance(found, EndPairing)
    assert (found.reason, found.check_at) == (REMOVED, at(125))
    ended = e.PairingEnded(job_id=JOB, runner_id=RUNNER, reason=REMOVED, check_at=at(125))
    state = evolved(state, ended, 125)
    assert isinstance(following(state, 125), CheckJob), "the job may have run on it"
    state = evolved(state, checked("queued"), 126)
    stop = following(state, 126)
    assert isinstance(stop, Record)
    assert stop.fact == e.StopIntended(runner_id=RUNNER, reason=REMOVED)
    state = evolved(evolved(state, stop.fact, 126), stopped(exit_code=66), 130)
    (runner,) = state.runners
    assert (runner.failed, counts_as_dead(runner)) == (False, False)


def test_a_runner_that_ended_without_a_job_after_it_was_idle_was_removed() -> None:
    state = evolved(tell(*IDLE), stopped(exit_code=66), 200)
    (runner,) = state.runners
    assert (runner.removed, runner.failed, runner.reason) == (True, False, REMOVED)
    assert not counts_as_dead(runner)


def test_a_runner_that_ended_without_a_job_at_once_is_broken() -> None:
    state = evolved(tell(*IDLE), stopped(exit_code=66), 10)
    (runner,) = state.runners
    assert (runner.removed, runner.failed) == (False, True)
    assert counts_as_dead(runner)


def test_a_job_that_failed_before_its_hook_ran_was_served() -> None:
    state = evolved(tell(*IDLE, started()), stopped(exit_code=66), 10)
    (runner,) = state.runners
    assert (runner.served, runner.failed) == (True, False)


def test_a_stop_that_an_operator_asked_for_does_not_count_towards_max_launches() -> None:
    asked = e.StopIntended(runner_id=RUNNER, reason="asked", by_operator=True)
    state = evolved(tell(*IDLE, asked), stopped(exit_code=66), 10)
    assert not counts_as_dead(state.runners[0])
    by_rule = e.StopIntended(runner_id=RUNNER, reason="took no job within 300 s")
    state = evolved(tell(*IDLE, by_rule), stopped(exit_code=66), 10)
    assert counts_as_dead(state.runners[0])


# --- labels ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", ["run:41", "RUN:41", "run:41-build"])
def test_a_policy_may_require_a_label_that_is_unique_to_the_run(label: str) -> None:
    policy = replace(POLICY, require_run_label=True)
    state = fold(JOB, [event(queued(label, run_id=41))])
    assert isinstance(next_action(state, at(1), policy, (Role.SCHEDULER,)), IntendLaunch)


@pytest.mark.parametrize("label", ["linux", "run:42", "run:411"])
def test_without_that_label_a_job_is_refused_with_what_it_needs(label: str) -> None:
    policy = replace(POLICY, require_run_label=True)
    state = fold(JOB, [event(queued(label, run_id=41))])
    found = next_action(state, at(1), policy, (Role.SCHEDULER,))
    assert isinstance(found, Record)
    assert found.fact == e.JobRejected(
        reason='a label that is unique to the run is required: "run:${{ github.run_id }}"'
    )


def test_a_launch_that_has_begun_is_not_continued_until_a_held_job_is_checked() -> None:
    held = tell(queued(), intended(), HELD)
    assert next_action(held, at(30), POLICY, (Role.SCHEDULER,)) == Nothing()
    assert isinstance(next_action(held, at(30), POLICY), CheckJob)
    queued_again = evolved(held, e.JobChecked(status="queued"), 31)
    launch = next_action(queued_again, at(32), POLICY, (Role.SCHEDULER,))
    assert isinstance(launch, Launch)
    assert launch.wanted
    waiting = evolved(held, e.JobChecked(status="waiting"), 31)
    assert isinstance(next_action(waiting, at(32), POLICY), EndPairing)


# --- the run of a refused job --------------------------------------------------------------------

CANCELS = replace(POLICY, cancel_refused_runs=True)
REFUSED = tell(queued(run_id=9), e.JobRejected(reason="no such class"))


def _is_to_be_cancelled(state: State, policy: Policy = CANCELS) -> bool:
    return isinstance(cancel_run(state, at(9), policy), CancelRun)


def test_the_run_of_a_refused_job_is_cancelled_once_each_time_the_job_is_queued() -> None:
    assert _is_to_be_cancelled(REFUSED)
    state = evolved(REFUSED, e.RunCancelled(run_id=9))
    assert not _is_to_be_cancelled(state)
    state = evolved(state, queued(run_id=9), 20)
    assert not _is_to_be_cancelled(state)
    assert _is_to_be_cancelled(evolved(state, e.JobRejected(reason="still none"), 21))


def test_no_other_run_is_cancelled_and_none_where_it_is_off_or_unknown() -> None:
    assert not _is_to_be_cancelled(tell(queued(run_id=9)))
    assert not _is_to_be_cancelled(evolved(REFUSED, completed(None), 20))
    assert not _is_to_be_cancelled(REFUSED, POLICY)
    assert not _is_to_be_cancelled(tell(queued(), e.JobRejected(reason="no such class")))


# --- a job that is held before anything else is heard of it --------------------------------------


def test_a_job_that_was_held_first_gets_a_runner_of_its_fleet_when_it_is_queued() -> None:
    held = e.JobHeld(job=details(), fleet="fleet")
    state = tell(held, e.JobChecked(status="queued"))
    assert (state.job.phase, state.job.paired) == (JobPhase.QUEUED, RUNNER)


def test_without_its_fleet_it_waits_for_the_webhook_that_names_it() -> None:
    state = tell(HELD, e.JobChecked(status="queued"))
    assert (state.job.phase, state.runners) == (JobPhase.HELD, ())
    state = evolved(state, queued(), 5)
    assert (state.job.phase, state.job.paired) == (JobPhase.QUEUED, RUNNER)
