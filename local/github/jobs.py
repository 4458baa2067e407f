"""Jobs and their statuses; each change is announced. No runner is chosen here.

Not for several threads: `actions.py` holds its lock around each call.
"""

from collections.abc import Callable
from datetime import datetime
from itertools import count

from local.github.model import Job, Runner, StatusError, UnknownError

Announce = Callable[[Job, str], None]

_FIRST_JOB = 48_000_000_001
"""Job ids have been beyond 32 bits for long."""


class Jobs:
    """All jobs; `queued` are those that a runner may be given, by their ids, the oldest first."""

    def __init__(self, announce: Announce, now: Callable[[], datetime]) -> None:
        self.queued: dict[int, Job] = {}
        self._announce = announce
        self._now = now
        self._jobs: dict[int, Job] = {}
        self._ids = count(_FIRST_JOB)

    def add(
        self, repository: str, labels: tuple[str, ...], *, run: str, name: str, workflow: str
    ) -> Job:
        """A new job, in a run of its own."""
        number = next(self._ids)
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
        self._jobs[number] = job
        return job

    def all(self) -> list[Job]:
        """All jobs, the oldest first."""
        return list(self._jobs.values())

    def get(self, number: int) -> Job:
        """One job.

        Raises:
            UnknownError: there is none of that id.
        """
        if number not in self._jobs:
            raise UnknownError(f"job {number}")
        return self._jobs[number]

    def of_run(self, repository: str, run_id: int) -> list[Job]:
        """The jobs of a run.

        Raises:
            UnknownError: there is no such run.
        """
        ran = (repository, run_id)
        found = [one for one in self._jobs.values() if (one.repository, one.run_id) == ran]
        if not found:
            raise UnknownError(f"run {run_id}")
        return found

    def enqueue(self, job: Job) -> None:
        """It may be given to a runner."""
        job.status = "queued"
        self.queued[job.id] = job
        self._announce(job, "queued")

    def enqueue_again(self, job: Job, status: str) -> None:
        """The same for one that has that status.

        Raises:
            StatusError: it has another one.
        """
        if job.status != status:
            raise StatusError(f"job {job.id} is {job.status}, not {status}")
        self.enqueue(job)

    def hold(self, job: Job) -> None:
        """A queued job waits for an approval."""
        del self.queued[job.id]
        job.status = "waiting"
        self._announce(job, "waiting")

    def start(self, job: Job, runner: Runner) -> None:
        """A runner takes it."""
        job.status, job.started_at = "in_progress", self._now()
        job.runner_id, job.runner_name = runner.id, runner.name
        job.runner_group_id = runner.group_id
        self._announce(job, "in_progress")

    def complete(self, job: Job, conclusion: str) -> None:
        """It is over."""
        self.queued.pop(job.id, None)
        job.status, job.completed_at, job.conclusion = "completed", self._now(), conclusion
        self._announce(job, "completed")
