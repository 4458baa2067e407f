"""Which commit status GitHub should show for a job: given these events, then this action."""

from datetime import datetime

import pytest
from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.actions import CreateCommitStatus, Record, Wait
from shared.domain.commit_status.rules import (
    HELD,
    LEASE,
    OVERDUE,
    TAKEN,
    due,
    set_commit_status,
    take_over,
)
from shared.domain.commit_status.state import LONGEST_DESCRIPTION, StatusPhase, StatusState
from shared.domain.policy import CommitStatuses, Policy
from shared.domain.projection import project
from shared.domain.state import State
from tests.support.stories import (
    JOB,
    POLICY,
    RUNNER,
    at,
    completed,
    evolved,
    intended,
    launched,
    started,
    stopped,
    task_started,
    tell,
)
from tests.support.stories import queued as queued_job

SHA = "a" * 40
ON = replace(POLICY, commit_statuses=CommitStatuses(enabled=True, pending_after=600))
REASON = 'class "xl" is not defined; defined: large, small'
FAILED = 'Class "xl" is not defined; defined: large, small'
LATE = 600.0
"""Seconds after which a job queued at 0 gets a pending status."""
REJECTED = e.JobRejected(reason=REASON)


def queued(**more: object) -> e.JobQueued:
    return queued_job(**{"head_sha": SHA, **more})


def wanted(state: State, seconds: float = 10.0, policy: Policy = ON) -> tuple[str, str] | None:
    """The state and the description of the status that is intended next, if any."""
    action = set_commit_status(state, at(seconds), policy)
    if action is None:
        return None
    assert isinstance(action, Record)
    assert isinstance(action.fact, e.CommitStatusIntended)
    assert action.fact.number == state.status.number + 1
    assert action.id == f"job-{JOB}/commit-status/{action.fact.number}"
    return action.fact.state, action.fact.description


def shown(state: State, seconds: float = 10.0) -> State:
    """The state after the status that is wanted then was intended and created."""
    action = set_commit_status(state, at(seconds), ON)
    assert isinstance(action, Record)
    state = evolved(state, action.fact, seconds)
    return evolved(state, e.CommitStatusCreated(number=state.status.number), seconds)


REFUSED = tell(queued(), REJECTED)
WAITING = tell(queued())


def test_a_refused_job_gets_a_failed_status_with_the_reason() -> None:
    assert wanted(REFUSED) == ("failure", FAILED)
    assert wanted(shown(REFUSED)) is None


def test_a_job_that_is_given_up_gets_one_too() -> None:
    state = tell(queued(), e.JobGivenUp(reason="3 runners ended"))
    assert wanted(state) == ("failure", "3 runners ended")


@pytest.mark.parametrize("state", [REFUSED, WAITING])
def test_nothing_is_shown_where_it_is_off_or_the_commit_is_unknown(state: State) -> None:
    assert wanted(state, LATE, policy=POLICY) is None
    assert state.job.details is not None
    unknown = replace(state.job, details=replace(state.job.details, head_sha=""))
    assert wanted(replace(state, job=unknown), LATE) is None


def test_a_job_that_waits_for_long_gets_a_pending_status_with_what_it_waits_for() -> None:
    assert wanted(WAITING, LATE - 1) is None
    assert wanted(WAITING, LATE) == (
        "pending",
        f"No runner for 10 minutes: runner {RUNNER} is being launched",
    )


def _awaiting_slot() -> State:
    return evolved(WAITING, e.SlotAwaited(runner_id=RUNNER, reason="all 2 runners are in use"))


def _awaiting_image() -> State:
    return evolved(
        WAITING,
        e.ImageAwaited(job_id=JOB, runner_id=RUNNER, tag="ubuntu-1", base="ubuntu", timeout=900),
    )


def _running() -> State:
    return tell(queued(), intended(), launched(), task_started())


def _swapped() -> State:
    spare = "fleet-8-1"
    took = e.JobAssigned(
        job_id=8,
        runner_id=RUNNER,
        spare_runner_id=spare,
        spare_given=True,
        displaced_job_id=JOB,
    )
    return evolved(_running(), took)


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (_awaiting_slot(), "all 2 runners are in use"),
        (_awaiting_image(), "image ubuntu-1 is being built"),
        (_running(), f"runner {RUNNER} runs, and GitHub has not assigned the job to it"),
        (_swapped(), "it waits for another job's runner"),
    ],
)
def test_a_pending_status_says_what_the_job_waits_for(state: State, why: str) -> None:
    assert wanted(state, LATE) == ("pending", f"No runner for 10 minutes: {why}")


def test_a_pending_status_is_created_once_whatever_the_job_waits_for_then() -> None:
    state = shown(WAITING, LATE)
    assert wanted(evolved(state, e.SlotAwaited(runner_id=RUNNER, reason="full")), 3 * LATE) is None


@pytest.mark.parametrize("state", [shown(REFUSED), shown(WAITING, LATE)])
@pytest.mark.parametrize("fact", [started(), completed()])
@pytest.mark.parametrize("policy", [ON, POLICY])
def test_what_is_shown_is_resolved_when_a_runner_takes_the_job(
    state: State, fact: e.Fact, policy: Policy
) -> None:
    state = evolved(state, fact, 700)
    assert wanted(state, 700, policy) == ("success", TAKEN)
    assert wanted(shown(state, 700), 700, policy) is None


def test_a_job_of_which_nothing_was_shown_needs_no_resolution() -> None:
    assert wanted(evolved(WAITING, started(), 700), 700) is None


def test_a_pending_status_is_resolved_when_the_job_ends_without_a_runner() -> None:
    state = evolved(shown(WAITING, LATE), completed(None, "cancelled"), 700)
    assert wanted(state, 700) == (
        "success",
        "The job ended (cancelled) before a runner took it.",
    )


def test_a_failed_status_stays_when_the_job_ends_without_a_runner() -> None:
    assert wanted(evolved(shown(REFUSED), completed(None, "cancelled"), 700), 700) is None


def test_a_pending_status_is_resolved_when_github_holds_the_job() -> None:
    assert queued().job is not None
    state = evolved(shown(WAITING, LATE), e.JobHeld(job=queued().job), 700)
    assert wanted(state, 700) == ("success", HELD)


def test_a_job_that_is_queued_again_and_refused_for_another_reason_shows_that_one() -> None:
    state = evolved(evolved(shown(REFUSED), queued(), 20), REJECTED, 21)
    assert wanted(state, 22) is None, "the same reason is shown already"
    state = evolved(evolved(state, queued(), 30), e.JobRejected(reason="another"), 31)
    assert wanted(state, 32) == ("failure", "Another")


@pytest.mark.parametrize("fact", [started(), completed()])
def test_a_later_attempt_that_runs_resolves_what_the_earlier_one_may_have_shown(
    fact: e.Fact,
) -> None:
    state = evolved(tell(queued(run_attempt=2)), fact, 5)
    assert wanted(state) == ("success", TAKEN)
    assert wanted(shown(state)) is None
    assert wanted(state, policy=POLICY) is None


def test_a_long_reason_is_shortened_to_what_github_accepts() -> None:
    state = tell(queued(), e.JobRejected(reason="r" * LONGEST_DESCRIPTION))
    assert wanted(state) == ("failure", "R" + "r" * (LONGEST_DESCRIPTION - 1))
    state = tell(queued(), e.JobRejected(reason="r" * (LONGEST_DESCRIPTION + 1)))
    assert wanted(state) == ("failure", "R" + "r" * (LONGEST_DESCRIPTION - 2) + "…")


# --- the order of statuses, and what the Janitor does --------------------------------------------

INTENDED = evolved(REFUSED, e.CommitStatusIntended(number=1, state="failure", description="x"), 10)


@pytest.mark.parametrize("policy", [ON, POLICY])
def test_an_intended_status_is_created_before_another_one_is_intended(policy: Policy) -> None:
    state = evolved(INTENDED, started(), 11)
    assert set_commit_status(state, at(11), policy) == CreateCommitStatus(state.status)
    state = evolved(state, e.CommitStatusCreated(number=1), 12)
    assert wanted(state, 12, policy) == ("success", TAKEN)


def test_a_status_of_another_invocation_is_created_only_after_its_lease() -> None:
    action = CreateCommitStatus(INTENDED.status)
    until = at(10) + LEASE
    assert take_over(action, at(10)) == Wait(until)
    assert take_over(action, until) == action


def test_a_refused_status_shows_nothing_so_that_nothing_is_resolved() -> None:
    state = evolved(INTENDED, e.CommitStatusRefused(number=1, reason="GitHub: 403"), 11)
    assert (state.status.phase, state.status.shown) == (StatusPhase.REFUSED, None)
    assert wanted(evolved(state, started(), 12), 12) is None


def test_late_answers_and_repeated_intents_change_nothing() -> None:
    state = evolved(INTENDED, e.CommitStatusCreated(number=2), 11)
    assert state.status == INTENDED.status
    again = e.CommitStatusIntended(number=2, state="pending", description="y")
    assert evolved(INTENDED, again, 11).status == INTENDED.status
    created = evolved(INTENDED, e.CommitStatusCreated(number=1), 11)
    assert evolved(created, e.CommitStatusRefused(number=1, reason="late"), 12) == created
    assert created.status.shown is StatusState.FAILURE


def _due(state: State) -> datetime | None:
    return project({}, [state], 0)[RUNNER].deadline


def test_the_janitor_creates_a_status_that_nobody_has_created() -> None:
    assert due(REFUSED) is None, "whether it is wanted depends on the settings"
    assert due(INTENDED) == _due(INTENDED) == at(10) + OVERDUE
    assert due(shown(REFUSED)) is None


def test_the_janitor_resolves_a_status_that_nobody_has_resolved() -> None:
    state = evolved(shown(REFUSED), started(), 20)
    assert due(state) == at(20) + OVERDUE
    assert due(shown(state, 21)) is None
    refused = evolved(state, e.CommitStatusIntended(number=2, state="success", description="x"), 21)
    refused = evolved(refused, e.CommitStatusRefused(number=2, reason="GitHub: 403"), 22)
    assert due(refused) is None


def test_of_several_runners_the_last_row_has_the_due_time_of_the_status() -> None:
    second = e.LaunchPlanned(runner_id="fleet-7-2", number=2, reason="the first is gone")
    state = tell(queued(), intended(), launched(), stopped(), second, REJECTED)
    state = evolved(state, e.CommitStatusIntended(number=1, state="failure", description="x"), 10)
    deadlines = {name: row.deadline for name, row in project({}, [state], 0).items()}
    assert deadlines["fleet-7-2"] == at(10) + OVERDUE
    assert deadlines[RUNNER] != at(10) + OVERDUE
