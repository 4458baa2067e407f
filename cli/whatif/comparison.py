"""Compares what was with what would have been: per job, and in total.

Jobs are compared as they end, and only their numbers are kept: eight bytes each.
"""

from array import array
from collections.abc import Iterable, Iterator
from datetime import datetime
from heapq import heappush, heappushpop

from msgspec import Struct

from cli.analysis.percentiles import percentiles
from cli.whatif.observed import seconds
from cli.whatif.run import Result
from shared.domain.projection import RunnerRow

MOST = 20
"""Number of jobs that are named: those whose waits differ most."""
_HOUR = 3600.0


class Totals(Struct, frozen=True, kw_only=True):
    """The sum over all jobs. Waits in seconds, from the queueing to the start.

    Attributes:
        started: Jobs that a runner took.
        tasks: Runners whose task was started.
        runner_hours: Hours from the launch of a task to its end.
        vcpu_hours, gib_hours: The same, times the size of the task.
    """

    jobs: int
    started: int
    wait_sum: float
    wait_p50: float | None
    wait_p95: float | None
    wait_max: float | None
    tasks: int
    runner_hours: float
    vcpu_hours: float
    gib_hours: float


class Difference(Struct, frozen=True, kw_only=True):
    """One job in both. Waits in seconds; None if it did not start. Hours are of its runners."""

    job_id: int
    repository: str
    workflow: str
    name: str
    recorded_wait: float | None
    wait: float | None
    recorded_runner_hours: float
    runner_hours: float
    status: str
    reason: str


class Side:
    """Adds up one side of the comparison."""

    def __init__(self) -> None:
        self._jobs = 0
        self._waits = array("d")
        self._tasks = 0
        self._hours = self._vcpu = self._gib = 0.0

    def add(self, wait: float | None, rows: Iterable[RunnerRow], until: datetime) -> float:
        """Add a job, and return the hours of its runners.

        Args:
            until: The end of runners that have not ended.
        """
        self._jobs += 1
        if wait is not None:
            self._waits.append(wait)
        hours = 0.0
        for row in rows:
            if row.task_arn is None:
                continue
            one = (seconds(row.launched_at, row.stopped_at or until) or 0.0) / _HOUR
            hours += one
            self._tasks += 1
            self._vcpu += one * (row.cpu or 0) / 1024
            self._gib += one * (row.memory or 0) / 1024
        self._hours += hours
        return hours

    def totals(self) -> Totals:
        """Return the sums."""
        waits = percentiles(self._waits)
        return Totals(
            jobs=self._jobs,
            started=len(self._waits),
            wait_sum=sum(self._waits),
            wait_p50=waits.p50 if waits else None,
            wait_p95=waits.p95 if waits else None,
            wait_max=waits.max if waits else None,
            tasks=self._tasks,
            runner_hours=self._hours,
            vcpu_hours=self._vcpu,
            gib_hours=self._gib,
        )


class Comparison:
    """Compares the results of a run with the recording.

    Attributes:
        recorded: The recording.
        changed: The run.
        named: The jobs whose waits differ most, the largest difference first.
    """

    def __init__(self, until: datetime) -> None:
        self.recorded = Side()
        self.changed = Side()
        self._until = until
        self._most: list[tuple[float, int, Difference]] = []

    def differences(self, results: Iterable[Result]) -> Iterator[Difference]:
        """Yield each job of a run. Jobs that asked for other runners are not among them."""
        for result in results:
            demand = result.demand
            if not demand.arrivals:
                continue
            recorded_wait = seconds(demand.queued_at, demand.started_at)
            found = Difference(
                job_id=demand.job_id,
                repository=demand.details.repository,
                workflow=demand.details.workflow,
                name=demand.details.name,
                recorded_wait=recorded_wait,
                wait=result.waited,
                recorded_runner_hours=self.recorded.add(recorded_wait, demand.rows, self._until),
                runner_hours=self.changed.add(result.waited, result.rows, self._until),
                status=result.status,
                reason=result.reason,
            )
            self._keep(found)
            yield found

    @property
    def named(self) -> list[Difference]:
        """The jobs whose waits differ most."""
        return [one for by, _, one in sorted(self._most, reverse=True) if by]

    def _keep(self, found: Difference) -> None:
        one_side = (found.wait is None) != (found.recorded_wait is None)
        by = abs((found.wait or 0.0) - (found.recorded_wait or 0.0))
        entry = (float("inf") if one_side else by, found.job_id, found)
        if len(self._most) < MOST:
            heappush(self._most, entry)
        else:
            heappushpop(self._most, entry)
