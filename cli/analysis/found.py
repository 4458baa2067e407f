"""What was read for a selection, and which of it the selection is about. Pure."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from cli.analysis.builds import ImageBuild
from cli.analysis.cost import Task
from cli.analysis.jobs import Failure, JobRecord, RunnerRecord
from cli.analysis.usage import Period
from cli.selection import Selection
from shared.domain.projection import RunnerRow


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

    def taken(self) -> list[JobRecord]:
        """Return the selected jobs of the period for which no runner was launched.

        The log does not have their queueing: it was not reported, or the fleet does not serve them.
        A runner that was launched for another job took them.
        """
        rows = {one.row.runner_id: one.row for job in self.jobs for one in job.runners}
        return [
            job
            for job in self.jobs
            if not job.runners
            and self.period.has(job.started_at or job.completed_at)
            and job.ran_on in rows
            and self.selection.accepts(_as_run_by(rows[job.ran_on], job))
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


def _as_run_by(row: RunnerRow, job: JobRecord) -> RunnerRow:
    """Return the row of the runner with what is selected by of the job that it ran."""
    return replace(row, repository=job.repository, workflow=job.workflow, labels=job.labels)


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
