"""Sums up the jobs and runners of a period. Pure; durations in seconds.

Two periods that follow each other share nothing: a job counts when GitHub queued it, a runner when
it ended, a failure when it happened, and the time of a task when it was spent.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from cli.analysis.builds import ImageBuild
from cli.analysis.causes import FailureCause, causes
from cli.analysis.found import Found
from cli.analysis.jobs import HELD_BACK, Failure, JobRecord
from cli.analysis.percentiles import Distribution, distributions
from cli.analysis.usage import Period, Span, Usage, cut, spans, usage
from shared.domain.projection import RunnerRow
from shared.domain.runner.status import LIVE, Status

SERVED, UNUSED, FAILED = "served", "unused", "failed"
NOT_LAUNCHED = "not launched"
WAITING, RUNNING, REFUSED, HELD = "waiting", "running", "refused", "held by GitHub"
_UNFINISHED = {"queued": WAITING, "started": RUNNING, "refused": REFUSED, "held": HELD}
ACTIONS = ("queued", "in_progress", "completed")
"""The actions of GitHub's webhook `workflow_job`."""


class Statistics(Struct, frozen=True, kw_only=True):
    """What the jobs and runners of a period add up to.

    Attributes:
        job_count: The number of jobs that were queued.
        job_outcomes: Their number by outcome.
        queue_seconds: Seconds from GitHub's queue to the start of the job, by class.
        launch_seconds: Seconds from the recorded webhook to the first RUNNING task of the job, by
            class.
        runner_outcomes: The number of runners that ended, by outcome: `served`, `unused`, `failed`
            and `not launched`, without a task.
        live_runner_count: The number of runners that have not ended.
        failure_count: The number of failures, without launches that waited for their turn at
            GitHub.
        causes: All of them, such launches too, by cause.
        seconds: What the runners' tasks did, in seconds.
        utilisation: The part of the tasks' time that was spent on jobs, from 0 to 1; null without a
            task.
        webhooks_recovered: Jobs that the Janitor found at GitHub before any webhook arrived.
        webhooks_lost: Webhooks that did not arrive, by action. That of a queueing is not counted if
            a runner of another job had taken the job already: it may be a job that is not served.
        builds: The builds of runner images.
        unreadable: The streams that are left out.
    """

    since: datetime
    until: datetime
    job_count: int
    job_outcomes: dict[str, int]
    queue_seconds: tuple[Distribution, ...]
    launch_seconds: tuple[Distribution, ...]
    runner_outcomes: dict[str, int]
    live_runner_count: int
    failure_count: int
    causes: tuple[FailureCause, ...]
    seconds: Usage
    utilisation: float | None
    webhooks_recovered: int
    webhooks_lost: dict[str, int]
    builds: tuple[ImageBuild, ...]
    unreadable: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in the period."""
        return not (
            self.job_count
            or self.runner_outcomes
            or self.live_runner_count
            or self.causes
            or self.builds
        )


def statistics(found: Found) -> Statistics:
    """Return the statistics of what was read."""
    jobs, rows = found.queued(), [runner.row for runner in found.runners()]
    ended = [row for row in rows if found.period.has(row.stopped_at)]
    seconds = usage(used(rows, found.period, found.now))
    reported = [*jobs, *found.taken()]
    lost = Counter(action for job in reported for action in job.lost_webhooks)
    return Statistics(
        since=found.selection.since,
        until=found.selection.until,
        job_count=len(jobs),
        job_outcomes=_counted(map(outcome, jobs)),
        queue_seconds=distributions(queue_seconds(jobs)),
        launch_seconds=distributions(launch_seconds(jobs)),
        runner_outcomes=_counted(map(ending, ended)),
        live_runner_count=sum(_is_live(row, found.period) for row in rows),
        failure_count=failure_count(found.failures()),
        causes=causes(found.failures()),
        seconds=seconds,
        utilisation=seconds.utilisation,
        webhooks_recovered=sum(job.found for job in reported),
        webhooks_lost={action: lost[action] for action in ACTIONS if lost[action]},
        builds=found.builds,
        unreadable=found.unreadable,
    )


def used(rows: Iterable[RunnerRow], period: Period, now: datetime) -> list[Span]:
    """Return what the tasks of these runners did in a period."""
    return [span for row in rows for span in cut(spans(row, now), period)]


def queue_seconds(jobs: Iterable[JobRecord]) -> list[tuple[str, float]]:
    """Return class and queue time of the jobs that have started."""
    times = ((job.class_name, job.queue_seconds) for job in jobs)
    return [(name, seconds) for name, seconds in times if seconds is not None]


def failure_count(failures: Iterable[Failure]) -> int:
    """Return the number of failures. A launch that waits for its turn at GitHub is none."""
    return sum(failure.kind != HELD_BACK for failure in failures)


def outcome(job: JobRecord) -> str:
    """Return the outcome of a job: GitHub's conclusion, or its present state without one."""
    return _UNFINISHED.get(job.status) or job.outcome or job.status


def ending(row: RunnerRow) -> str:
    """Return the outcome of a runner that has ended."""
    if row.task_arn is None:
        return NOT_LAUNCHED
    if row.status == Status.FAILED:
        return FAILED
    return SERVED if row.ran_job_id is not None else UNUSED


def _is_live(row: RunnerRow, period: Period) -> bool:
    begun = row.launched_at or row.arrived_at or period.begin
    return row.status in LIVE and begun < period.end


def launch_seconds(jobs: Iterable[JobRecord]) -> list[tuple[str, float]]:
    """Return class and launch time of the jobs that a task was started for.

    A job may be queued again, so tasks from before its last webhook do not count.
    """
    found = []
    for job in jobs:
        running = [one.row.waiting_at for one in job.runners if one.row.waiting_at]
        after = [at for at in running if job.arrived_at and at >= job.arrived_at]
        if after and job.arrived_at:
            found.append((job.class_name, (min(after) - job.arrived_at).total_seconds()))
    return found


def _counted(names: Iterable[str]) -> dict[str, int]:
    """Return the number of each name, the most frequent one first."""
    counts = Counter(names)
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))
