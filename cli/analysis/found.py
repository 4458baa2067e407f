"""What was read for a selection, and which of it the selection is about. Pure."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from cli.analysis.builds import ImageBuild
from cli.analysis.cost import Task
from cli.analysis.jobs import Failure, JobRecord, RunnerRecord
from cli.analysis.usage import Period
from cli.selection import Selection


class Found(Struct, frozen=True, kw_only=True):
    """What was read for a selection.

    Attributes:
        unreadable: The names of the streams that can't be read, and are left out.
    """

    selection: Selection
    now: datetime
    jobs: tuple[JobRecord, ...]
    builds: tuple[ImageBuild, ...]
    unreadable: tuple[str, ...] = ()

    @property
    def period(self) -> Period:
        """The period of the selection, as far as it has passed."""
        return Period(self.selection.since, min(self.selection.until, self.now))

    def queued(self) -> list[JobRecord]:
        """Return the selected jobs that were queued in the period."""
        return [
            job
            for job in self.jobs
            if self.period.has(job.queued_at or job.started_at or job.completed_at)
            and any(self.selection.accepts(runner.row) for runner in job.runners)
        ]

    def runners(self) -> list[RunnerRecord]:
        """Return the selected runners."""
        return [
            runner
            for job in self.jobs
            for runner in job.runners
            if self.selection.accepts(runner.row)
        ]

    def failures(self) -> list[Failure]:
        """Return what failed in the period, of the selected runners and of their jobs."""
        selected = {runner.row.runner_id for runner in self.runners()}
        return [
            failure
            for job in self.jobs
            for failure in job.failures
            if self.period.has(failure.at)
            and not selected.isdisjoint(
                [failure.runner_id] if failure.runner_id else _ids(job.runners)
            )
        ]

    def tasks(self) -> list[Task]:
        """Return the tasks of the selected runners, each with the job that it ran."""
        jobs = {job.job_id: job for job in self.jobs}
        return [_task(runner, jobs) for runner in self.runners() if runner.row.task_arn]


def _task(runner: RunnerRecord, jobs: dict[int, JobRecord]) -> Task:
    row = runner.row
    ran = jobs.get(row.ran_job_id) if row.ran_job_id else None
    return Task(
        row=row,
        repository=ran.repository if ran else row.repository,
        workflow=ran.workflow if ran else row.workflow,
        public_ip=runner.public_ip,
    )


def _ids(runners: Iterable[RunnerRecord]) -> list[str]:
    return [runner.row.runner_id for runner in runners]
