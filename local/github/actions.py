"""GitHub Actions: registrations, jobs, and which runner gets which job. No HTTP here.

A job goes to any idle runner that may run it, at random, whoever it was started for: what a fleet
must cope with. Every runner is ephemeral: its registration ends with its one job.
"""

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from random import Random
from threading import Condition

from local.github.model import BusyError, Job, NameTakenError, Runner, UnknownError

Announce = Callable[[Job, str], None]

PATIENCE_SECONDS = 5.0
"""Without a word from it for so long, a runner counts as lost; GitHub waits for minutes."""

_FIRST_JOB = 48_000_000_001
"""Job ids have been beyond 32 bits for long."""


class Actions:
    """The service. Any thread may call it.

    Args:
        announce: Told of each change of a job and its webhook's action, in order, with the lock
            held: it must return soon.
        rng: Chooses among idle runners.
        now: The time.
        monotonic: Seconds, for how long a runner has been silent.
    """

    def __init__(
        self,
        announce: Announce,
        *,
        rng: Random | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._announce = announce
        self._rng = rng or Random()  # noqa: S311 - who gets a job is no secret
        self._now = now
        self._monotonic = monotonic
        self._changed = Condition()
        self._runners: dict[int, Runner] = {}
        self._names: dict[tuple[str, str], Runner] = {}
        self._tokens: dict[str, Runner] = {}
        self._idle: dict[int, Runner] = {}
        self._jobs: dict[int, Job] = {}
        self._queued: dict[int, Job] = {}
        self._runner_ids = count(1)
        self._job_ids = count(_FIRST_JOB)
        self._closed = False

    # --- registrations --------------------------------------------------------------------------

    def register(self, scope: str, name: str, labels: tuple[str, ...], group_id: int = 1) -> Runner:
        """Register an ephemeral runner.

        Raises:
            NameTakenError: the scope has one of that name.
        """
        with self._changed:
            if (scope.lower(), name) in self._names:
                raise NameTakenError(name)
            runner = Runner(
                id=next(self._runner_ids),
                name=name,
                scope=scope,
                labels=labels,
                group_id=group_id,
                token=secrets.token_urlsafe(24),
            )
            self._runners[runner.id] = runner
            self._names[scope.lower(), name] = runner
            self._tokens[runner.token] = runner
            return runner

    def runners(self, scope: str, name: str | None = None) -> list[Runner]:
        """The runners registered there, or those of one name."""
        with self._changed:
            if name is not None:
                found = self._names.get((scope.lower(), name))
                return [] if found is None else [found]
            return [one for one in self._runners.values() if one.scope.lower() == scope.lower()]

    def registered(self) -> list[Runner]:
        """Every runner of every scope."""
        with self._changed:
            return list(self._runners.values())

    def runner(self, scope: str, number: int) -> Runner:
        """One runner.

        Raises:
            UnknownError: there is none of that id.
        """
        with self._changed:
            found = self._runners.get(number)
        if found is None or found.scope.lower() != scope.lower():
            raise UnknownError(f"runner {number}")
        return found

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
            self._forget(runner)
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
    ) -> Job:
        """Queue a job, in a run of its own."""
        with self._changed:
            number = next(self._job_ids)
            job = Job(
                id=number,
                run_id=number - _FIRST_JOB + 1,
                repository=repository,
                labels=labels,
                name=name,
                workflow=workflow,
                run=run,
                created_at=self._now(),
            )
            self._jobs[number] = self._queued[number] = job
            self._announce(job, "queued")
            self._assign()
            return job

    def jobs(self) -> list[Job]:
        """All jobs, the oldest first."""
        with self._changed:
            return list(self._jobs.values())

    def job(self, number: int) -> Job:
        """One job.

        Raises:
            UnknownError: there is none of that id.
        """
        with self._changed:
            if number not in self._jobs:
                raise UnknownError(f"job {number}")
            return self._jobs[number]

    def cancel(self, repository: str, run_id: int) -> bool:
        """Cancel a run's jobs, a running one through its runner; whether there was one to cancel.

        Raises:
            UnknownError: there is no such run.
        """
        with self._changed:
            jobs = [
                one
                for one in self._jobs.values()
                if (one.repository, one.run_id) == (repository, run_id)
            ]
            if not jobs:
                raise UnknownError(f"run {run_id}")
            open_ones = [one for one in jobs if one.status != "completed"]
            for job in open_ones:
                job.cancelling = True
                if job.status == "queued":
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
                self._idle[runner.id] = runner
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
                lambda: self._closed or runner.job_id or runner.id not in self._runners, timeout
            )
            self._heard(token)
            return self._jobs[runner.job_id] if runner.job_id else None

    def beat(self, token: str) -> bool:
        """The runner is alive; whether its job is to be cancelled.

        Raises:
            UnknownError: the runner is not registered.
        """
        with self._changed:
            runner = self._heard(token)
            return runner.job_id is not None and self._jobs[runner.job_id].cancelling

    def finish(self, token: str, conclusion: str) -> None:
        """The runner's job is over, and so is its registration.

        Raises:
            UnknownError: the runner is not registered, or has no job.
        """
        with self._changed:
            runner = self._heard(token)
            if runner.job_id is None:
                raise UnknownError(f"{runner.name} has no job")
            self._forget(runner)
            self._complete(self._jobs[runner.job_id], conclusion)

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
            for runner in [one for one in self._runners.values() if one.online]:
                if runner.seen < since:
                    self._lose(runner)

    def close(self) -> None:
        """Let nobody wait any longer."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _heard(self, token: str) -> Runner:
        runner = self._tokens.get(token)
        if runner is None:
            raise UnknownError("no runner is registered with this token")
        runner.seen = self._monotonic()
        return runner

    def _forget(self, runner: Runner) -> None:
        del self._runners[runner.id]
        del self._names[runner.scope.lower(), runner.name]
        del self._tokens[runner.token]
        self._idle.pop(runner.id, None)

    def _lose(self, runner: Runner) -> None:
        runner.online = False
        self._idle.pop(runner.id, None)
        if runner.job_id is not None:
            self._forget(runner)
            self._complete(self._jobs[runner.job_id], "failure")

    def _assign(self) -> None:
        for job in list(self._queued.values()) if self._idle else ():
            able = [one for one in self._idle.values() if one.serves(job)]
            if able:
                self._start(job, self._rng.choice(able))

    def _start(self, job: Job, runner: Runner) -> None:
        del self._queued[job.id], self._idle[runner.id]
        runner.job_id = job.id
        job.status, job.started_at = "in_progress", self._now()
        job.runner_id, job.runner_name = runner.id, runner.name
        job.runner_group_id = runner.group_id
        self._announce(job, "in_progress")
        self._changed.notify_all()

    def _complete(self, job: Job, conclusion: str) -> None:
        self._queued.pop(job.id, None)
        job.status, job.completed_at, job.conclusion = "completed", self._now(), conclusion
        self._announce(job, "completed")
        self._changed.notify_all()
