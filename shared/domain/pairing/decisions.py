"""Decisions on pairings: the swap of runners, the end of a pairing, the end of a job.

Each change is appended to all streams that it concerns in one transaction.
"""

from datetime import datetime

from shared.domain import events as e
from shared.domain.actions import AssignJob, EndPairing, RecordFinish
from shared.domain.decision import Decided, Given
from shared.domain.history import JobHistory
from shared.domain.job.state import Job, JobPhase
from shared.domain.labels import asks_for_the_same, serves
from shared.domain.names import home_job
from shared.domain.policy import Policy
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.runner.transitions import ended_without_webhook
from shared.domain.slot.rate_limit import Turn
from shared.domain.stream import StreamId

_CAN_SERVE = (RunnerPhase.INTENDED, RunnerPhase.LAUNCHED, RunnerPhase.IDLE)
_NEEDS_NONE = (JobPhase.HELD, JobPhase.REFUSED)
"""Phases of a job that needs no runner. One that has started passes its spare runner on to the job
that it displaced in turn."""


def assign(given: Given, action: AssignJob) -> Decided:
    """Assign the runner to the job that started on it.

    The job that waited for it gets the first job's own runner, which is now spare.
    """
    history, policy = given.history, given.policy
    taken = _home(given, action.runner_id)
    runner = _same_runner(taken, history.state.job, policy)
    displaced_id = runner.serves if runner else None
    displaced = (
        given.load(StreamId.of_job(displaced_id))
        if displaced_id is not None and displaced_id != action.job_id
        else None
    )
    left_over = _home(given, action.spare_runner_id)
    spare = left_over.state.runner(action.spare_runner_id) if left_over else None
    fact = e.JobAssigned(
        job_id=action.job_id,
        runner_id=action.runner_id,
        displaced_job_id=displaced_id if displaced else None,
        spare_runner_id=action.spare_runner_id,
        spare_given=displaced is not None
        and spare is not None
        and _suits(spare, displaced, policy),
        turn=_left_turn(history.state.job, spare, given.now) if displaced else None,
    )
    return Decided(
        id=f"{history.stream}/assigned",
        fact=fact,
        at=action.started_at,
        streams=_distinct(taken if runner else None, displaced, left_over),
    )


def end_pairing(given: Given, action: EndPairing) -> Decided:
    """End the pairing of the job and the runner."""
    history = given.history
    fact = e.PairingEnded(
        job_id=action.job_id,
        runner_id=action.runner_id,
        reason=action.reason,
        check_at=action.check_at,
    )
    job = given.load(StreamId.of_job(action.job_id))
    return Decided(
        id=f"{history.stream}/pairing-ended/{history.seq + 1}",
        fact=fact,
        streams=_distinct(job, _home(given, action.runner_id)),
    )


def record_finish(given: Given, action: RecordFinish) -> Decided:
    """Record the job's end in the stream of its runner, too."""
    fact = e.RunnerFinished(
        job_id=action.job_id, runner_id=action.runner_id, conclusion=action.conclusion
    )
    home = _home(given, action.runner_id)
    runner = home.state.runner(action.runner_id) if home else None
    known = runner is not None and runner.took == action.job_id
    return Decided(
        id=f"{given.history.stream}/finished",
        fact=fact,
        at=action.completed_at,
        streams=_distinct(home if known else None),
    )


def _home(given: Given, runner_id: str | None) -> JobHistory | None:
    """Return the stream of the job that the runner was launched for."""
    job_id = home_job(runner_id) if runner_id else None
    return None if job_id is None else given.load(StreamId.of_job(job_id))


def _same_runner(home: JobHistory | None, job: Job, policy: Policy) -> Runner | None:
    """Return the runner that took the job, if its name, its scope and GitHub's id of it match.

    In another repository a runner of another fleet may have that name.
    """
    runner = home.state.runner(job.runner_id) if home else None
    if runner is None or job.details is None:
        return runner
    ids = {job.github_runner_id, runner.github_runner_id} - {None}
    registered_for = runner.intent.repository if runner.intent else job.details.repository
    same_place = policy.runner_scopes.reaches(registered_for, job.details.repository)
    return runner if same_place and len(ids) <= 1 else None


def _left_turn(job: Job, spare: Runner | None, now: datetime) -> Turn | None:
    """Return the turn at GitHub of the job's own launch, which it no longer needs.

    None if the launch has begun, or its turn has come.
    """
    is_planned = spare is not None and spare.phase is RunnerPhase.PLANNED
    turn = spare.turn if spare is not None and is_planned else job.turn
    return turn if turn is not None and turn.at > now else None


def _suits(spare: Runner, displaced: JobHistory, policy: Policy) -> bool:
    job = displaced.state.job
    if job.phase in _NEEDS_NONE:
        return False
    live = spare.phase in _CAN_SERVE and spare.stop is None and not spare.removed
    if not (live or ended_without_webhook(spare)) or spare.intent is None or job.details is None:
        return False
    same_place = policy.runner_scopes.reaches(spare.intent.repository, job.details.repository)
    asked = asks_for_the_same(spare.intent.labels, job.details.labels)
    return same_place and asked and serves(spare.intent.labels, job.details.labels)


def _distinct(*histories: JobHistory | None) -> tuple[JobHistory, ...]:
    return tuple({one.stream: one for one in histories if one is not None}.values())
