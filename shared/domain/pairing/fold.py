"""Folds the events of pairing."""

from datetime import datetime

from msgspec.structs import replace

from shared.domain import events as e
from shared.domain.job.state import Job, JobPhase
from shared.domain.job.transitions import assign_job
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.runner.transitions import (
    IDLE_ENOUGH,
    WEBHOOK_GRACE,
    change_runner,
    left,
    take_job,
)
from shared.domain.state import Handlers, State


def _assigned(state: State, fact: e.JobAssigned, at: datetime) -> State:
    if state.job_id == fact.job_id:
        state = assign_job(state, fact.runner_id)
    if state.job_id == fact.displaced_job_id and state.job.paired == fact.runner_id:
        spare = fact.spare_runner_id if fact.spare_given else None
        check_at = state.job.check_at if spare or not _may_run(state.job, fact, at) else at
        job = replace(state.job, paired=spare, check_at=check_at, turn=fact.turn)
        state = replace(state, job=job)

    def take(runner: Runner) -> Runner:
        return replace(take_job(runner, fact.job_id, at), serves=None)

    def hand_over(runner: Runner) -> Runner:
        serves = fact.displaced_job_id if fact.spare_given else None
        runner = replace(runner, serves=serves)
        if serves is None or runner.phase is not RunnerPhase.IDLE or runner.running_at is None:
            return runner
        soon = max(at, runner.running_at + IDLE_ENOUGH)
        return replace(runner, confirm_at=min(soon, runner.confirm_at or soon))

    state = change_runner(state, fact.runner_id, take)
    return change_runner(state, fact.spare_runner_id, hand_over)


def _may_run(job: Job, fact: e.JobAssigned, at: datetime) -> bool:
    """Return whether the displaced job may run on another runner, and its webhook be late.

    Then it is checked before a new launch. One that has to wait for its turn leaves time for the
    webhook.
    """
    waits = fact.turn is not None and fact.turn.at >= at + WEBHOOK_GRACE
    return job.phase is JobPhase.QUEUED and not waits


def _pairing_ended(state: State, fact: e.PairingEnded, _: datetime) -> State:
    if state.job_id == fact.job_id and state.job.paired == fact.runner_id:
        check_at = fact.check_at if state.job.phase is JobPhase.QUEUED else None
        job = replace(state.job, paired=None, check_at=check_at or state.job.check_at)
        state = replace(state, job=job)

    def change(runner: Runner) -> Runner:
        return replace(runner, serves=None) if runner.serves == fact.job_id else runner

    return change_runner(state, fact.runner_id, change)


def _finished(state: State, fact: e.RunnerFinished, at: datetime) -> State:
    if state.job_id == fact.job_id:
        state = replace(state, job=replace(state.job, finish_recorded=True))
    return change_runner(state, fact.runner_id, lambda runner: left(runner, fact.conclusion, at))


HANDLERS: Handlers = {
    e.JobAssigned: _assigned,
    e.PairingEnded: _pairing_ended,
    e.RunnerFinished: _finished,
}
