"""One side of the comparison: the sums over all jobs of the recording, or of a run. Pure."""

from array import array
from bisect import bisect_left
from collections import Counter
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from cli.analysis.causes import cause
from cli.analysis.cost import Basis, Estimate
from cli.analysis.percentiles import percentiles
from cli.whatif.outcome import OF_CLASS, Outcome, seconds
from cli.whatif.spending import Spending

WAITS = (10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400)
"""The limits of the groups of waits in seconds, inclusive. The last group has no limit."""
_HOUR = 3600.0


class FailureCount(Struct, frozen=True, kw_only=True):
    """The number of failures of one kind with the same cause.

    Attributes:
        kind: `launch failed`, `no capacity`, `held back`, `task failed`, `refused` or `given up`.
        cause: The reason with placeholders; "" if none is recorded.
    """

    kind: str
    cause: str
    count: int


class Totals(Struct, frozen=True, kw_only=True):
    """The sum over all jobs.

    Attributes:
        job_count: The jobs.
        started_count: Jobs that a runner took.
        wait_seconds_sum: The sum of the waits, from the queueing to the start, in seconds.
        wait_seconds_p50: Their median in seconds; null without a started job.
        wait_seconds_p95: Their 95th percentile in seconds; null without a started job.
        wait_seconds_max: The longest one in seconds; null without a started job.
        wait_counts: The number of waits in each group that `wait_limits_seconds` limits.
        task_count: Runners whose task was started.
        runner_hours: Hours from the launch of a task to its end.
        vcpu_hours: The same, times the vCPUs of the task.
        gib_hours: The same, times its memory in GiB.
        failures: The failures by cause, the most frequent first.
        cost: What the tasks cost.
    """

    job_count: int
    started_count: int
    wait_seconds_sum: float
    wait_seconds_p50: float | None
    wait_seconds_p95: float | None
    wait_seconds_max: float | None
    wait_counts: tuple[int, ...]
    task_count: int
    runner_hours: float
    vcpu_hours: float
    gib_hours: float
    failures: tuple[FailureCount, ...]
    cost: Estimate


class Added(NamedTuple):
    """What a job added: the hours of its tasks, and their cost; None if one has no price."""

    hours: float
    cost: float | None


class Side:
    """Adds up jobs.

    Args:
        until: The end of tasks that have not ended.
    """

    def __init__(self, basis: Basis, until: datetime) -> None:
        self._until = until
        self._jobs = 0
        self._waits = array("d")
        self._wait_counts = [0] * (len(WAITS) + 1)
        self._tasks = 0
        self._hours = self._vcpu = self._gib = 0.0
        self._failures: Counter[tuple[str, str]] = Counter()
        self._spending = Spending(basis)

    def add(self, outcome: Outcome) -> Added:
        """Add a job."""
        self._jobs += 1
        if outcome.waited is not None:
            self._waits.append(outcome.waited)
            self._wait_counts[bisect_left(WAITS, outcome.waited)] += 1
        for failure in outcome.failures:
            self._failures[failure.kind, _cause(failure.reason)] += 1
        return self._add_tasks(outcome)

    def totals(self) -> Totals:
        """Return the sums."""
        waits = percentiles(self._waits)
        return Totals(
            job_count=self._jobs,
            started_count=len(self._waits),
            wait_seconds_sum=sum(self._waits),
            wait_seconds_p50=waits.p50 if waits else None,
            wait_seconds_p95=waits.p95 if waits else None,
            wait_seconds_max=waits.max if waits else None,
            wait_counts=tuple(self._wait_counts),
            task_count=self._tasks,
            runner_hours=self._hours,
            vcpu_hours=self._vcpu,
            gib_hours=self._gib,
            failures=tuple(
                FailureCount(kind=kind, cause=text, count=count)
                for (kind, text), count in sorted(
                    self._failures.items(), key=lambda one: (-one[1], one[0])
                )
            ),
            cost=self._spending.estimate(),
        )

    def _add_tasks(self, outcome: Outcome) -> Added:
        hours, cost = 0.0, 0.0
        unpriced = False
        for task in outcome.tasks:
            row = task.row
            one = (seconds(row.launched_at, row.stopped_at or self._until) or 0.0) / _HOUR
            hours += one
            self._tasks += 1
            self._vcpu += one * (row.cpu or 0) / 1024
            self._gib += one * (row.memory or 0) / 1024
            dollars = self._spending.add(task, self._until)
            unpriced |= dollars is None
            cost += dollars or 0.0
        self._hours += hours
        return Added(hours, None if unpriced else cost)


def _cause(reason: str) -> str:
    """Return the cause of a failure, without the classes that the policy has: they may differ."""
    return cause(reason.partition(";")[0] if reason.startswith(OF_CLASS) else reason)
