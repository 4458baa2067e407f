"""GitHub Actions: registrations, jobs, and which runner gets which job. No HTTP here.

A job goes to any idle runner that may run it, at random, whoever it was started for: what a fleet
must cope with. That includes jobs that a fleet does not serve, for only labels and scope count.
Every runner is ephemeral: its registration ends with its one job.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from threading import Condition

from local.github.jobs import Announce, Jobs
from local.github.model import BusyError, Job, Runner, UnknownError
from local.github.registrations import Registrations

PATIENCE_SECONDS = 5.0
"""Without a word from it for so long, a runner counts as lost; GitHub waits for minutes."""

IDLE_SECONDS = (120.0, 360.0)
"""After so long GitHub removes an idle just-in-time runner, at least and at most, where it does.
Source: actions/runner, issue 4726, open since September 2026; no documentation states it."""


class Actions:
    """The service. Any thread may call it.

    Args:
        announce: Told of each change of a job and its webhook's action, in order, with the lock
            held: it must return soon.
        rng: Chooses among idle runners.
        now: The time.
        monotonic: Seconds, for how long a runner has been silent.

    Attributes:
        idle_limit: After how many seconds the runner that has just connected is removed if it is
            idle still; None: never.
        loses: Whether a job is lost on its way to a runner: its registration is gone, though its
            program goes on listening (source: actions/runner, issue 4617), and the job is given to
            nobody until `requeue`.
        withholds: Whether a queued job is given to nobody now; it is asked again by `assign`.
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
        self._rng = rng or Random()  # noqa: S311 - who gets a job is no secret
        self._monotonic = monotonic
        self._changed = Condition()
        self._runners = Registrations()
        self._jobs = Jobs(announce, now)
        self._closed = False

    # --- registrations --------------------------------------------------------------------------

    def register(self, scope: str, name: str, labels: tuple[str, ...], group_id: int = 1) -> Runner:
        """Register an ephemeral runner.

        Raises:
            NameTakenError: the scope has one of that name.
        """
        with self._changed:
            return self._runners.add(scope, name, labels, group_id)

    def runners(self, scope: str, name: str | None = None) -> list[Runner]:
        """The runners registered there, or those of one name."""
        with self._changed:
            return self._runners.of(scope, name)

    def registered(self) -> list[Runner]:
        """Every runner of every scope."""
        with self._changed:
            return self._runners.all()

    def runner(self, scope: str, number: int) -> Runner:
        """One runner.

        Raises:
            UnknownError: there is none of that id.
        """
        with self._changed:
            return self._runners.get(scope, number)

    def remove(self, scope: str, number: int) -> None:
        """Delete a registration; its runner, if it runs, takes no more jobs.

        Raises:
            UnknownError: there is none of that id.
            BusyError: it works on a job.
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
    ) -> Job:
        """Queue a job, in a run of its own. One that needs an approval waits for `approve`."""
        with self._changed:
            job = self._jobs.add(repository, labels, run=run, name=name, workflow=workflow)
            self._jobs.enqueue(job)
            if needs_approval:
                self._jobs.hold(job)
            self._assign()
            return job

    def approve(self, job: Job) -> None:
        """Approve the deployment that a job waits for: it is queued again.

        Source: GitHub Docs, "Reviewing deployments"; the webhooks are as runs-on's issue 539 shows.

        Raises:
            StatusError: it is not waiting.
        """
        self._queue_again(job, "waiting")

    def requeue(self, job: Job) -> None:
        """Tell of a queued job once more, as after its runner was lost before it began.

        Raises:
            StatusError: it is not queued.
        """
        self._queue_again(job, "queued")

    def jobs(self) -> list[Job]:
        """All jobs, the oldest first."""
        with self._changed:
            return self._jobs.all()

    def job(self, number: int) -> Job:
        """One job.

        Raises:
            UnknownError: there is none of that id.
        """
        with self._changed:
            return self._jobs.get(number)

    def cancel(self, repository: str, run_id: int) -> bool:
        """Cancel a run's jobs, a running one through its runner; whether there was one to cancel.

        Raises:
            UnknownError: there is no such run.
        """
        with self._changed:
            jobs = self._jobs.of_run(repository, run_id)
            open_ones = [one for one in jobs if one.status != "completed"]
            for job in open_ones:
                job.cancelling = True
                if job.status in ("queued", "waiting"):
                    self._complete(job, "cancelled")
            return bool(open_ones)

    # --- what the runner program says -----------------------------------------------------------

    def connect(self, token: str, version: str) -> Runner:
        """A runner comes online.

        Raises:
            UnknownError: it is not registered.
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
        """Wait that many seconds for the runner's job.

        Raises:
            UnknownError: the runner is not registered, or was removed meanwhile.
        """
        with self._changed:
            runner = self._heard(token)
            self._changed.wait_for(
                lambda: self._closed or runner.job_id or runner not in self._runners, timeout
            )
            self._heard(token)
            return self._jobs.get(runner.job_id) if runner.job_id else None

    def beat(self, token: str) -> bool:
        """The runner is alive; whether its job is to be cancelled.

        Raises:
            UnknownError: the runner is not registered.
        """
        with self._changed:
            runner = self._heard(token)
            return runner.job_id is not None and self._jobs.get(runner.job_id).cancelling

    def finish(self, token: str, conclusion: str) -> None:
        """The runner's job is over, and so is its registration.

        Raises:
            UnknownError: the runner is not registered, or has no job.
        """
        with self._changed:
            runner = self._heard(token)
            if runner.job_id is None:
                raise UnknownError(f"{runner.name} has no job")
            self._runners.forget(runner)
            self._complete(self._jobs.get(runner.job_id), conclusion)

    def disconnect(self, token: str) -> None:
        """The runner goes offline. Its registration stays, unless it was just given a job.

        Raises:
            UnknownError: the runner is not registered.
        """
        with self._changed:
            self._lose(self._heard(token))

    # --- time and end ---------------------------------------------------------------------------

    def give_up_the_silent(self) -> None:
        """Runners that were not heard for too long are offline; the job of one has failed."""
        with self._changed:
            since = self._monotonic() - PATIENCE_SECONDS
            for runner in [one for one in self._runners.all() if one.online]:
                if runner.seen < since:
                    self._lose(runner)

    def remove_the_idle(self) -> None:
        """Delete the registrations of runners that have been idle for too long (`idle_limit`)."""
        with self._changed:
            for runner in list(self._runners.idle.values()):
                if runner.removed_at is not None and runner.removed_at <= self._monotonic():
                    self._runners.forget(runner)
            self._changed.notify_all()

    def assign(self) -> None:
        """Give queued jobs to idle runners."""
        with self._changed:
            self._assign()

    def close(self) -> None:
        """Let nobody wait any longer."""
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
