"""A report on a period: its statistics, the same by hour and by day, and what it cost. Pure."""

from collections.abc import Iterable, Iterator
from datetime import UTC

from msgspec import Struct

from cli.analysis.cost import Basis, Bill, Charge, CostGroup, Estimate, bill
from cli.analysis.found import Found
from cli.analysis.jobs import JobRecord
from cli.analysis.percentiles import Percentiles, grouped, percentiles
from cli.analysis.prices import SPOT
from cli.analysis.statistics import Statistics, failure_count, queue_seconds, statistics, used
from cli.analysis.usage import by_day, day_of, usage

_HOURS = range(24)


class Hour(Struct, frozen=True, kw_only=True):
    """The jobs that were queued in one hour of the day (UTC), on any day.

    Attributes:
        hour: 0 to 23.
        job_count: The jobs that were queued in it.
        queue_seconds: Seconds from GitHub's queue to the start; null without a started job.
    """

    hour: int
    job_count: int
    queue_seconds: Percentiles | None


class Day(Struct, frozen=True, kw_only=True):
    """One day (UTC, `2026-11-29`) of the period, which may contain only a part of it.

    Attributes:
        day: The date in UTC.
        job_count: The jobs that were queued on it.
        queue_seconds: Seconds from GitHub's queue to the start; null without a started job.
        failure_count: The failures, without launches that waited for their turn at GitHub.
        task_seconds: What the runners' tasks took in all, in seconds.
        utilisation: The part of it that was spent on jobs, from 0 to 1; null without a task.
        cost: In US dollars.
    """

    day: str
    job_count: int
    queue_seconds: Percentiles | None
    failure_count: int
    task_seconds: float
    utilisation: float | None
    cost: float


class Costs(Estimate, frozen=True, kw_only=True):
    """An estimate of what the tasks of the period cost, in US dollars.

    Attributes:
        by_repository: The costs by the repository of the job that ran.
        by_workflow: The same by repository and workflow.
        by_capacity: The same by capacity provider.
    """

    by_repository: tuple[CostGroup, ...]
    by_workflow: tuple[CostGroup, ...]
    by_capacity: tuple[CostGroup, ...]


class Report(Struct, frozen=True, kw_only=True):
    """The report."""

    statistics: Statistics
    hours: tuple[Hour, ...]
    days: tuple[Day, ...]
    costs: Costs


def report(found: Found, basis: Basis) -> Report:
    """Return the report on what was read."""
    charged = bill(found.tasks(), basis, found.period, found.now)
    return Report(
        statistics=statistics(found),
        hours=_hours(found.queued()),
        days=tuple(_days(found, charged)),
        costs=_costs(charged),
    )


def costs(found: Found, basis: Basis) -> Costs:
    """Return the costs of what was read."""
    return _costs(bill(found.tasks(), basis, found.period, found.now))


def _hours(jobs: Iterable[JobRecord]) -> tuple[Hour, ...]:
    by_hour: dict[int, list[JobRecord]] = {hour: [] for hour in _HOURS}
    for job in jobs:
        if job.queued_at is not None:
            by_hour[job.queued_at.astimezone(UTC).hour].append(job)
    return tuple(
        Hour(hour=hour, job_count=len(group), queue_seconds=_queue(group))
        for hour, group in by_hour.items()
    )


def _days(found: Found, charged: Bill) -> Iterator[Day]:
    jobs = grouped(found.queued(), _day_queued)
    failures = grouped(found.failures(), lambda failure: day_of(failure.at))
    rows = (one.row for one in found.runners())
    spans = by_day(used(rows, found.period, found.now))
    costs_by_day = {group.name: group.total for group in charged.by(lambda one: one.day)}
    for begin, _ in found.period.days():
        day = day_of(begin)
        seconds = usage(spans.get(day, ()))
        yield Day(
            day=day,
            job_count=len(jobs.get(day, ())),
            queue_seconds=_queue(jobs.get(day, ())),
            failure_count=failure_count(failures.get(day, ())),
            task_seconds=seconds.total,
            utilisation=seconds.utilisation,
            cost=costs_by_day.get(day, 0.0),
        )


def _day_queued(job: JobRecord) -> str:
    return day_of(job.queued_at) if job.queued_at else ""


def _queue(jobs: Iterable[JobRecord]) -> Percentiles | None:
    return percentiles(seconds for _, seconds in queue_seconds(jobs))


def _costs(charged: Bill) -> Costs:
    basis, parts = charged.basis, charged.total()
    on_spot = any(one.task.row.capacity == SPOT for one in charged.charges)
    return Costs(
        prices_read=basis.prices.read,
        architecture=basis.architecture,
        storage_gb=basis.storage_gb,
        github_minute=basis.github_minute,
        spot_ratio=basis.prices.spot_ratio if on_spot else None,
        total=parts.total,
        parts=parts,
        by_repository=charged.by(lambda one: one.task.repository),
        by_workflow=charged.by(_workflow),
        by_class=charged.by(lambda one: one.task.row.class_name),
        by_capacity=charged.by(lambda one: one.task.row.capacity or ""),
        unpriced=charged.unpriced,
        storage_unpriced=charged.storage_unpriced,
        priced_regions=tuple(basis.prices.priced(basis.architecture)),
    )


def _workflow(one: Charge) -> str:
    """Return repository and workflow, since workflows of two repositories may share a name."""
    return f"{one.task.repository}: {one.task.workflow or '(no name)'}"
