"""Runs a lost job again at GitHub: reads how its run stands, then makes one request.

A request that is made twice must not run the job twice. GitHub refuses one while the run has not
ended, and before each request a new attempt is looked for.
"""

from msgspec import Struct

from shared.domain import events as e
from shared.domain.actions import CheckRun, RerunJobs
from shared.domain.decision import Decided, Given
from shared.domain.names import own_runner
from shared.domain.rerun.rules import pause
from shared.domain.rerun.state import RerunPhase
from shared.domain.state import State
from shared.domain.stream import StreamId
from shared.engine.dependencies import Dependencies
from shared.ports import JobView, Refused, RunView

_COMPLETED, _CANCELLED = "completed", "cancelled"
_NOT_FAILED = ("", "success", "skipped", "neutral")
"""Conclusions of jobs that `rerun-failed-jobs` leaves as they are. It runs cancelled ones again.
Source: github.com/vllm-project/vllm-ascend, pull request 14752."""

_PENDING = (RerunPhase.LOST, RerunPhase.INTENDED)

_Fact = e.RerunPostponed | e.RerunIntended | e.RerunRequested | e.RerunAbandoned


class _Look(Struct, frozen=True):
    """The last attempt of the run of a lost job, and the jobs of that attempt.

    A new attempt also lists the jobs that it does not run, as they were in the attempt before.
    """

    run: RunView
    jobs: tuple[JobView, ...]

    def lost(self, action: CheckRun | RerunJobs) -> JobView | None:
        """Return the lost job, which may have another id in a new attempt."""
        return next((one for one in self.jobs if one.runner_name == action.runner.id), None)

    def runs_again(self, action: CheckRun | RerunJobs) -> bool:
        """Return whether a new attempt runs the lost job, or has run it."""
        if self.run.run_attempt <= action.rerun.job.run_attempt or self.lost(action) is not None:
            return False
        named = [one for one in self.jobs if one.name == action.rerun.job.name]
        return any(_ended_later(one, action) for one in named)


def check_run(deps: Dependencies, given: Given, action: CheckRun) -> Decided:
    """Intend to run the job again if its run has ended; otherwise postpone or abandon it."""
    try:
        look = _look(deps, action)
    except Refused as error:
        return _decided(given, action, _abandoned(action, error.reason))
    fact = _prevented(given, action, look) or _intended(given, action, look)
    return _decided(given, action, fact)


def rerun(deps: Dependencies, given: Given, action: RerunJobs) -> Decided:
    """Make the intended request, unless a new attempt runs the job already."""
    try:
        fact = _prevented(given, action, _look(deps, action)) or _requested(deps, given, action)
    except Refused as error:
        fact = _abandoned(action, error.reason)
    return _decided(given, action, fact)


def _requested(deps: Dependencies, given: Given, action: RerunJobs) -> _Fact:
    """Make the request. If GitHub refuses it, another one may have been faster."""
    try:
        _request(deps, action)
    except Refused:
        fact = _prevented(given, action, _look(deps, action))
        if fact is None:
            raise
        return fact
    return e.RerunRequested(
        job_id=action.rerun.job_id,
        runner_id=action.runner.id,
        run_attempt=action.rerun.run_attempt + 1,
    )


def _request(deps: Dependencies, action: RerunJobs) -> None:
    job, target = action.rerun.job, action.rerun.target
    if target is None:
        deps.jobs.rerun_failed_jobs(job.repository, job.run_id)
    else:
        deps.jobs.rerun_job(job.repository, target)


def _look(deps: Dependencies, action: CheckRun | RerunJobs) -> _Look:
    """Read the run, and its jobs if it has ended or has a new attempt."""
    job = action.rerun.job
    run = deps.jobs.run(job.repository, job.run_id)
    if run.status != _COMPLETED and run.run_attempt <= job.run_attempt:
        return _Look(run, ())
    return _Look(run, tuple(deps.jobs.of_run(job.repository, job.run_id)))


def _prevented(given: Given, action: CheckRun | RerunJobs, look: _Look) -> _Fact | None:
    """Return the fact because of which no request is made now, or None."""
    rerun, runner_id = action.rerun, action.runner.id
    if look.runs_again(action):
        return e.RerunRequested(
            job_id=rerun.job_id,
            runner_id=runner_id,
            run_attempt=look.run.run_attempt,
            found=True,
        )
    if look.run.status != _COMPLETED or _is_outdated(action, look):
        return e.RerunPostponed(
            job_id=rerun.job_id,
            runner_id=runner_id,
            checks=rerun.checks + 1,
            check_at=given.now + pause(rerun.checks),
        )
    if look.run.conclusion == _CANCELLED:
        return _abandoned(action, "its run was cancelled")
    return None


def _is_outdated(action: CheckRun | RerunJobs, look: _Look) -> bool:
    """Return whether the run has a new attempt since the request was intended.

    Other jobs may have failed in it, so what to request is decided again.
    """
    is_intended = isinstance(action, RerunJobs)
    return is_intended and look.run.run_attempt != action.rerun.run_attempt


def _intended(given: Given, action: CheckRun, look: _Look) -> e.RerunIntended:
    """Return the intent: all failed jobs if each of them was lost, otherwise this job alone.

    GitHub refuses to run a single job of a reusable workflow again. Source: see `_NOT_FAILED`.
    """
    lost = look.lost(action)
    failed = [one for one in look.jobs if one.conclusion not in _NOT_FAILED]
    all_lost = bool(failed) and all(_is_to_run_again(given, one) for one in failed)
    alone = lost.id if lost else action.rerun.job_id
    return e.RerunIntended(
        job_id=action.rerun.job_id,
        runner_id=action.runner.id,
        number=action.rerun.number + 1,
        run_attempt=look.run.run_attempt,
        target=None if all_lost else alone,
    )


def _is_to_run_again(given: Given, view: JobView) -> bool:
    """Return whether the job was lost with a runner of this fleet, and is to be run again."""
    state: State = given.history.state
    name = own_runner(state.fleet, view.runner_name)
    homes = given.readable([StreamId.of_runner(name)] if name else [])
    runners = (home.state.runner(name) for home in homes)
    reruns = (runner.rerun for runner in runners if runner is not None)
    return any(one is not None and one.phase in _PENDING for one in reruns)


def _ended_later(view: JobView, action: CheckRun | RerunJobs) -> bool:
    """Return whether the job has not ended, or ended after the lost one."""
    left_at = action.runner.left_at
    return view.completed_at is None or left_at is None or view.completed_at > left_at


def _abandoned(action: CheckRun | RerunJobs, reason: str) -> e.RerunAbandoned:
    return e.RerunAbandoned(job_id=action.rerun.job_id, runner_id=action.runner.id, reason=reason)


def _decided(given: Given, action: CheckRun | RerunJobs, fact: _Fact) -> Decided:
    """Return the fact for the streams of the runner and of its job."""
    rerun = action.rerun
    name = f"{action.runner.id}/{type(fact).__name__}/{rerun.number}.{rerun.checks}"
    streams = tuple(given.readable([StreamId.of_job(rerun.job_id)]))
    return Decided(id=name, fact=fact, streams=streams)
