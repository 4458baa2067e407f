"""The rules of lost jobs: which job was lost with its task, and when it is run again.

A job that was not lost must never be run again: it may have deployed something before it failed.
So a loss needs evidence from both sides, and in doubt a job was not lost (ADR 23).
"""

from datetime import datetime, timedelta

from shared.domain import events as e
from shared.domain.actions import Action, CheckRun, Record, RecordLoss, RerunJobs, Wait
from shared.domain.policy import Policy
from shared.domain.rerun.state import Rerun, RerunPhase
from shared.domain.runner.state import Runner, RunnerPhase
from shared.domain.state import State

FAILURE = "failure"
"""The conclusion of a job whose runner was told to stop, or lost communication. One that a person
cancels has the conclusion `cancelled`. Source: actions/runner, pull request 1792."""
LEASE = timedelta(seconds=20)
"""From the intent until another invocation may make the request. A call of GitHub takes less."""
OVERDUE = timedelta(minutes=1)
"""From when something is pending until the Janitor does it."""
LAST_RERUN = timedelta(days=30)
"""How long after a run's creation GitHub runs its jobs again. Source: GitHub Docs, "Re-running
workflows and jobs"."""
_FIRST_PAUSE, _LAST_PAUSE = timedelta(minutes=1), timedelta(hours=1)


def record_loss(state: State, _: datetime, __: Policy) -> Action | None:
    """Record that a job was lost with the task of its runner."""
    for runner in state.runners:
        if runner.took is not None and lost_its_job(runner) and runner.rerun is None:
            return RecordLoss(runner, runner.took)
    return None


def rerun(state: State, now: datetime, policy: Policy) -> Action | None:
    """Run a lost job again once its run has ended. No message is kept in a queue until then."""
    for runner in state.runners:
        action = _rerun(runner, runner.rerun, now, policy) if runner.rerun else None
        if action is not None:
            return action
    return None


def lost_its_job(runner: Runner) -> bool:
    """Return whether its job failed because its task was taken away or killed.

    A job that had failed by itself before that has ended earlier, by GitHub's clock.
    """
    is_stopped = runner.phase is RunnerPhase.CLOSED and runner.took is not None
    by_fleet = runner.stop is not None
    failed_after = (
        runner.conclusion == FAILURE
        and runner.left_at is not None
        and runner.interrupted_at is not None
        and runner.left_at > runner.interrupted_at
    )
    return is_stopped and failed_after and not by_fleet


def take_over(action: RerunJobs, now: datetime) -> Action:
    """Return the action if the invocation that intended the request has ended; else a wait."""
    until = (action.rerun.intended_at or now) + LEASE
    return action if until <= now else Wait(until)


def due(runner: Runner) -> datetime | None:
    """Return when the Janitor looks at the runner's lost job, or None. It needs the log alone."""
    rerun = runner.rerun
    if rerun is None:
        return runner.closed_at and runner.closed_at + OVERDUE if lost_its_job(runner) else None
    if rerun.phase is RerunPhase.LOST:
        return rerun.check_at
    if rerun.phase is RerunPhase.INTENDED:
        return rerun.intended_at and rerun.intended_at + OVERDUE
    return None


def pause(checks: int) -> timedelta:
    """Return the time until GitHub is asked again whether the run has ended."""
    doubled: timedelta = _FIRST_PAUSE * 2 ** min(checks, 10)
    return min(doubled, _LAST_PAUSE)


def _rerun(runner: Runner, rerun: Rerun, now: datetime, policy: Policy) -> Action | None:
    if rerun.phase is RerunPhase.INTENDED:
        return RerunJobs(runner, rerun)
    if rerun.phase is not RerunPhase.LOST or rerun.check_at > now:
        return None
    reason = why_not(rerun.job.run_attempt, policy) or _is_late(rerun, now)
    if reason:
        fact = e.RerunAbandoned(job_id=rerun.job_id, runner_id=runner.id, reason=reason)
        return Record(f"{runner.id}/rerun-abandoned", fact)
    return CheckRun(runner, rerun)


def why_not(run_attempt: int, policy: Policy) -> str:
    """Return why a job that was lost in that attempt of its run is not run again, or ""."""
    most = policy.lost_job_reruns
    if most == 0:
        return "lost jobs are not run again (lost_job_reruns is 0)"
    if run_attempt > most:
        return f"it was lost in attempt {run_attempt} of its run (lost_job_reruns is {most})"
    return ""


def _is_late(rerun: Rerun, now: datetime) -> str:
    if now < rerun.lost_at + LAST_RERUN:
        return ""
    days = LAST_RERUN // timedelta(days=1)
    return f"its run has not ended within {days} days, and GitHub runs no older job again"
