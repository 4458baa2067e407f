"""Emulates GitHub Actions, without HTTP: registrations, jobs, and which runner gets which job.

A job is assigned to a random idle runner whose labels and scope match, not only to the runner that
was launched for it. This includes jobs that the fleet does not serve. Every runner is ephemeral:
its registration ends with its job.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from threading import Condition

from local.github import reruns
from local.github.jobs import Announce, Jobs
from local.github.model import BusyError, Job, Runner, UnknownError
from local.github.registrations import Registrations
from local.github.scopes import Scopes

PATIENCE_SECONDS = 5.0
"""Seconds without a request after which a runner counts as lost; at GitHub it is minutes."""

IDLE_SECONDS = (120.0, 360.0)
"""Minimum and maximum time after which GitHub removes an idle just-in-time runner, where it does.
Source: actions/runner, issue 4726, open since September 2026; it is not documented."""


class Actions:
    """The Actions service. It is thread-safe.

    Args:
        announce: Called with each changed job and the action of its webhook, in order. The lock is
            held, so it must return soon.
        rng: Chooses among idle runners.
        now: Returns the current time.
        monotonic: Returns seconds, to measure how long a runner has been silent.

    Attributes:
        scopes: The enterprises and runner groups.
        idle_limit: Returns the seconds after which a runner that has just connected is removed if
            it is still idle; None: never.
        loses: Returns whether a job is lost on the way to a runner. The registration is then
            deleted although its program still listens (source: actions/runner, issue 4617), and
            the job is not assigned until `requeue`.
        renumbers: Whether a new attempt of a run gives the jobs that it does not run new ids. It is
            not documented.
        attempts: The new attempts of runs: the run's id, and the attempt.
        withholds: Returns whether a queued job must not be assigned now; `assign` calls it again.
    """

    def __init__(
        self,
        announce: Announce,
        *,
        rng: Random | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.idle_limit: Callable[[Runner], float | None] = lambda _runner: None
        self.loses: Callable[[Job, Runner], bool] = lambda _job, _runner: False
        self.withholds: Callable[[Job], bool] = lambda _job: False
        self.renumbers = False
        self.attempts: list[tuple[int, int]] = []
        self.now = now
        self._rng = rng or Random()  # noqa: S311 - not a secret
        self._monotonic = monotonic
        self._changed = Condition()
        self._runners = Registrations()
        self.scopes = Scopes()
        self._jobs = Jobs(announce, now)
        self._closed = False

    # --- registrations --------------------------------------------------------------------------

    def register(self, scope: str, name: str, labels: tuple[str, ...], group_id: int = 1) -> Runner:
        """Register an ephemeral runner.

        Raises:
            NameTakenError: The scope has a runner of that name.
            UnknownError: The enterprise or the runner group does not exist.
        """
        with self._changed:
            group, reach = self.scopes.group(scope, group_id), self.scopes.reach(scope)
            return self._runners.add(scope, name, labels, group, reach)

    def runners(self, scope: str, name: str | None = None) -> list[Runner]:
        """Return the runners of a scope, or those of one name."""
        with self._changed:
            return self._runners.of(scope, name)

    def registered(self) -> list[Runner]:
        """Return the runners of all scopes."""
        with self._changed:
            return self._runners.all()

    def runner(self, scope: str, number: int) -> Runner:
        """Return one runner.

        Raises:
            UnknownError: The id does not exist.
        """
        with self._changed:
            return self._runners.get(scope, number)

    def remove(self, scope: str, number: int) -> None:
        """Delete a registration. Its runner gets no more jobs.

        Raises:
            UnknownError: The id does not exist.
            BusyError: The runner runs a job.
        """
        with self._changed:
            runner = self.runner(scope, number)
            if runner.job_id is not None:
                raise BusyError(runner.name)
            self._runners.forget(runner)
            self._changed.notify_all()

    # --- jobs -----------------------------------------------------------------------------------

    def queue(
        self,
        repository: str,
        labels: tuple[str, ...],
        *,
        run: str = "true",
        name: str = "build",
        workflow: str = "CI",
        needs_approval: bool = False,
        beside: Job | None = None,
    ) -> Job:
        """Queue a job in a new run, or in the run of `beside`.

        A job that needs an approval waits for `approve`.
        """
        with self._changed:
            job = self._jobs.add(
                repository, labels, run=run, name=name, workflow=workflow, beside=beside
            )
            self._jobs.enqueue(job)
            if needs_approval:
                self._jobs.hold(job)
            self._assign()
            return job

    def runs(self, repository: str) -> list[list[Job]]:
        """Return the jobs of the last attempt of each run of a repository, newest run first."""
        with self._changed:
            return self._jobs.runs(repository)

    def of_run(self, repository: str, run_id: int) -> list[Job]:
        """Return the jobs of the last attempt of a run.

        Raises:
            UnknownError: The run does not exist.
        """
        with self._changed:
            return self._jobs.of_run(repository, run_id)

    def rerun_job(self, job: Job) -> None:
        """Run a job again in a new attempt of its run.

        Raises:
            RerunError: The run or the job can't be run again.
        """
        with self._changed:
            reruns.check_single(job)
            self._rerun(self._jobs.of_run(job.repository, job.run_id), [job])

    def rerun_failed_jobs(self, repository: str, run_id: int) -> None:
        """Run all failed and cancelled jobs of a run again in a new attempt.

        Raises:
            RerunError: The run can't be run again.
            UnknownError: The run does not exist.
        """
        with self._changed:
            jobs = self._jobs.of_run(repository, run_id)
            self._rerun(jobs, reruns.failed(jobs))

    def _rerun(self, jobs: list[Job], again: list[Job]) -> None:
        attempt = reruns.next_attempt(jobs, again, self.now())
        self.attempts.append((jobs[0].run_id, attempt))
        for job in jobs:
            if job in again:
                self._jobs.enqueue(self._jobs.add_again(job, attempt))
            elif self.renumbers:
                self._jobs.renumber(job)
        self._assign()

    def approve(self, job: Job) -> None:
        """Approve the deployment of a waiting job, which is then queued again.

        Source: GitHub Docs, "Reviewing deployments"; for the webhooks, runs-on's issue 539.

        Raises:
            StatusError: The job is not waiting.
        """
        self._queue_again(job, "waiting")

    def requeue(self, job: Job) -> None:
        """Announce a queued job again, as GitHub does if its runner was lost before the start.

        Raises:
            StatusError: The job is not queued.
        """
        self._queue_again(job, "queued")

    def jobs(self) -> list[Job]:
        """Return all jobs, oldest first."""
        with self._changed:
            return self._jobs.all()

    def job(self, number: int) -> Job:
        """Return one job.

        Raises:
            UnknownError: The id does not exist.
        """
        with self._changed:
            return self._jobs.get(number)

    def cancel(self, repository: str, run_id: int) -> bool:
        """Cancel the jobs of a run, a running one through its runner; return whether there was any.

        Raises:
            UnknownError: The run does not exist.
        """
        with self._changed:
            jobs = self._jobs.of_run(repository, run_id)
            open_ones = [one for one in jobs if one.status != "completed"]
            for job in open_ones:
                job.cancelling = True
                if job.status in ("queued", "waiting"):
                    self._complete(job, "cancelled")
            return bool(open_ones)

    # --- calls of the runner program ------------------------------------------------------------

    def connect(self, token: str, version: str) -> Runner:
        """Set a runner online.

        Raises:
            UnknownError: The runner is not registered.
        """
        with self._changed:
            runner = self._heard(token)
            runner.online, runner.version = True, version
            if runner.is_idle:
                self._runners.idle[runner.id] = runner
                self._limit(runner)
            self._assign()
            return runner

    def take(self, token: str, timeout: float) -> Job | None:
        """Wait up to `timeout` seconds for a job of the runner and return it.

        Raises:
            UnknownError: The runner is not registered, or was removed while it waited.
        """
        with self._changed:
            runner = self._heard(token)
            self._changed.wait_for(
                lambda: self._closed or runner.job_id or runner not in self._runners, timeout
            )
            self._heard(token)
            return self._jobs.get(runner.job_id) if runner.job_id else None

    def beat(self, token: str) -> bool:
        """Record that the runner is alive; return whether its job must be cancelled.

        Raises:
            UnknownError: The runner is not registered.
        """
        with self._changed:
            runner = self._heard(token)
            return runner.job_id is not None and self._jobs.get(runner.job_id).cancelling

    def finish(self, token: str, conclusion: str) -> None:
        """Complete the runner's job and delete its registration.

        Raises:
            UnknownError: The runner is not registered, or has no job.
        """
        with self._changed:
            runner = self._heard(token)
            if runner.job_id is None:
                raise UnknownError(f"{runner.name} has no job")
            self._runners.forget(runner)
            self._complete(self._jobs.get(runner.job_id), conclusion)

    def disconnect(self, token: str) -> None:
        """Set the runner offline. Its registration stays, unless it was just assigned a job.

        Raises:
            UnknownError: The runner is not registered.
        """
        with self._changed:
            self._lose(self._heard(token))

    # --- timeouts and end -----------------------------------------------------------------------

    def give_up_the_silent(self) -> None:
        """Set silent runners offline and fail their jobs."""
        with self._changed:
            since = self._monotonic() - PATIENCE_SECONDS
            for runner in [one for one in self._runners.all() if one.online]:
                if runner.seen < since:
                    self._lose(runner)

    def remove_the_idle(self) -> None:
        """Delete the registrations of runners that have been idle longer than `idle_limit`."""
        with self._changed:
            for runner in list(self._runners.idle.values()):
                if runner.removed_at is not None and runner.removed_at <= self._monotonic():
                    self._runners.forget(runner)
            self._changed.notify_all()

    def assign(self) -> None:
        """Assign queued jobs to idle runners."""
        with self._changed:
            self._assign()

    def close(self) -> None:
        """End all calls that wait."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _heard(self, token: str) -> Runner:
        runner = self._runners.proven(token)
        runner.seen = self._monotonic()
        return runner

    def _limit(self, runner: Runner) -> None:
        seconds = self.idle_limit(runner)
        runner.removed_at = None if seconds is None else self._monotonic() + seconds

    def _lose(self, runner: Runner) -> None:
        runner.online = False
        self._runners.idle.pop(runner.id, None)
        if runner.job_id is not None:
            self._runners.forget(runner)
            self._complete(self._jobs.get(runner.job_id), "failure")

    def _queue_again(self, job: Job, status: str) -> None:
        with self._changed:
            self._jobs.enqueue_again(job, status)
            self._assign()

    def _assign(self) -> None:
        idle = self._runners.idle
        for job in list(self._jobs.queued.values()) if idle else ():
            if self.withholds(job):
                continue
            able = [one for one in idle.values() if one.serves(job)]
            if able:
                self._give(job, self._rng.choice(able))

    def _give(self, job: Job, runner: Runner) -> None:
        del self._jobs.queued[job.id]
        if self.loses(job, runner):
            self._runners.forget(runner)
        else:
            self._start(job, runner)

    def _start(self, job: Job, runner: Runner) -> None:
        del self._runners.idle[runner.id]
        runner.job_id = job.id
        self._jobs.start(job, runner)
        self._changed.notify_all()

    def _complete(self, job: Job, conclusion: str) -> None:
        self._jobs.complete(job, conclusion)
        self._changed.notify_all()
