"""The documents of the commands that sum up a period."""

from typing import Any

from msgspec.structs import asdict

from cli.analysis.report import Costs, Day, Hour, Report
from cli.analysis.statistics import Statistics


class CostDocument(Costs, frozen=True, kw_only=True):
    """An estimate of what the tasks of a period cost.

    Attributes:
        is_estimate: Always true: prices are list prices, and times are those of the log.
        currency: Of all amounts: `USD`.
    """

    is_estimate: bool = True
    currency: str = "USD"


class StatisticsDocument(Statistics, frozen=True, kw_only=True):
    """What the jobs and runners of a period add up to.

    Attributes:
        task_seconds: What the runners' tasks took in all, in seconds.
        complete: Whether every stream could be read.
        cost: Null without --cost.
    """

    task_seconds: float
    complete: bool
    cost: CostDocument | None


class ReportDocument(StatisticsDocument, frozen=True, kw_only=True):
    """The statistics of a period with their cost, by hour of the day and by day.

    Attributes:
        hours: The 24 hours of the day.
        days: The days of the period.
    """

    hours: tuple[Hour, ...]
    days: tuple[Day, ...]


def of_statistics(found: Statistics, costs: Costs | None) -> StatisticsDocument:
    """Return the document of `ecsrunner stats`."""
    return StatisticsDocument(**_fields(found, costs))


def of_report(found: Report) -> ReportDocument:
    """Return the document of `ecsrunner report`."""
    fields = _fields(found.statistics, found.costs)
    return ReportDocument(**fields, hours=found.hours, days=found.days)


def _fields(found: Statistics, costs: Costs | None) -> dict[str, Any]:
    return {
        **asdict(found),
        "task_seconds": found.seconds.total,
        "complete": not found.unreadable,
        "cost": CostDocument(**asdict(costs)) if costs else None,
    }
