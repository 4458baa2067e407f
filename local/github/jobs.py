"""Stores jobs and changes their statuses; each change is announced. It does not choose runners.

It is not thread-safe: `actions.py` holds its lock during each call.
"""

from collections.abc import Callable
from datetime import datetime
from itertools import count

from msgspec import structs

from local.github.model import Job, Runner, StatusError, UnknownError

Announce = Callable[[Job, str], None]

_OF_EXECUTION = (
    "started_at",
    "completed_at",
    "conclusion",
    "runner_id",
    "runner_name",
    "runner_group_id",
)
"""Fields of a job that a new attempt begins without."""
_FIRST_JOB = 48_000_000_001
"""The first job id; GitHub's ids exceed 32 bits."""


class Jobs:
    """All jobs. `queued` has those that can be assigned, by id, oldest first."""

    def __init__(self, announce: Announce, now: Callable[[], datetime]) -> None:
        self.queued: dict[int, Job] = {}
        self._announce = announce
        self._now = now
        self._jobs: dict[int, Job] = {}
        self._ids = count(_FIRST_JOB)

    def add(
        self,
        repository: str,
        labels: tuple[str, ...],
        *,
        run: str,
        name: str,
        workflow: str,
        beside: Job | None = None,
    ) -> Job:
        """Add a job in a new run, or in the run of the job `beside`."""
        number = next(self._ids)
        job = Job(
            id=number,
            run_id=beside.run_id if beside else number - _FIRST_JOB + 1,
            repository=repository,
            labels=labels,
            name=name,
            workflow=workflow,
            run=run,
            created_at=self._now(),
            run_created_at=beside.run_created_at if beside else self._now(),
        )
        self._jobs[number] = job
        return job

    def add_again(self, job: Job, attempt: int) -> Job:
        """Add the job of a new attempt, which supersedes the one before."""
        job.is_superseded = True
        again = structs.replace(
            job,
            id=next(self._ids),
            created_at=self._now(),
            status="queued",
            **dict.fromkeys(_OF_EXECUTION),
            cancelling=False,
            run_attempt=attempt,
            is_superseded=False,
        )
        self._jobs[again.id] = again
        return again

    def renumber(self, job: Job) -> None:
        """Give the job a new id. Its old one no longer exists."""
        del self._jobs[job.id]
        job.id = next(self._ids)
        self._jobs[job.id] = job

    def all(self) -> list[Job]:
        """Return all jobs, oldest first."""
        return list(self._jobs.values())

    def get(self, number: int) -> Job:
        """Return one job.

        Raises:
            UnknownError: The id does not exist.
        """
        if number not in self._jobs:
            raise UnknownError(f"job {number}")
        return self._jobs[number]

    def of_run(self, repository: str, run_id: int) -> list[Job]:
        """Return the jobs of the last attempt of a run.

        Raises:
            UnknownError: The run does not exist.
        """
        found = [one for run in self.runs(repository) for one in run if one.run_id == run_id]
        if not found:
            raise UnknownError(f"run {run_id}")
        return found

    def runs(self, repository: str) -> list[list[Job]]:
        """Return the jobs of the last attempt of each run of a repository, newest run first."""
        runs: dict[int, list[Job]] = {}
        for job in self._jobs.values():
            if job.repository.lower() == repository.lower() and not job.is_superseded:
                runs.setdefault(job.run_id, []).append(job)
        return [runs[number] for number in sorted(runs, reverse=True)]

    def enqueue(self, job: Job) -> None:
        """Allow the assignment of the job to a runner."""
        job.status = "queued"
        self.queued[job.id] = job
        self._announce(job, "queued")

    def enqueue_again(self, job: Job, status: str) -> None:
        """Allow the assignment of a job that must have that status.

        Raises:
            StatusError: The job has another status.
        """
        if job.status != status:
            raise StatusError(f"job {job.id} is {job.status}, not {status}")
        self.enqueue(job)

    def hold(self, job: Job) -> None:
        """Set a queued job to waiting for an approval."""
        del self.queued[job.id]
        job.status = "waiting"
        self._announce(job, "waiting")

    def start(self, job: Job, runner: Runner) -> None:
        """Start the job on a runner."""
        job.status, job.started_at = "in_progress", self._now()
        job.runner_id, job.runner_name = runner.id, runner.name
        job.runner_group_id = runner.group.id
        self._announce(job, "in_progress")

    def complete(self, job: Job, conclusion: str) -> None:
        """Complete the job."""
        self.queued.pop(job.id, None)
        job.status, job.completed_at, job.conclusion = "completed", self._now(), conclusion
        self._announce(job, "completed")
