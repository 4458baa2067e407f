"""Compares what was with what would have been: per job, and in total.

Jobs are compared as they end, and only their numbers are kept: eight bytes each.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from heapq import heappush, heappushpop

from msgspec import Struct

from cli.analysis.cost import Basis
from cli.whatif.run import Result
from cli.whatif.side import Side

MOST = 20
"""Number of jobs that are named: those that differ most."""
SHOWN_SECONDS, SHOWN_COST = 1, 4
"""Number of decimals of waits in seconds and of costs in US dollars. What is equal up to them does
not differ."""


class Difference(Struct, frozen=True, kw_only=True):
    """One job in the recording and under the other policy.

    Attributes:
        recorded_wait_seconds: Seconds from its queueing to its start, as recorded; null if it did
            not start.
        wait_seconds: Seconds from its queueing to its start under the other policy; null if it does
            not start.
        recorded_runner_hours: Hours of the runners that were launched for it, as recorded.
        runner_hours: The same under the other policy.
        recorded_cost: The cost of these runners in US dollars, as recorded; null if one has no
            price.
        cost: The same under the other policy.
        state: The job's state at the end, under the other policy.
        reason: Why the other policy refuses it, or "".
    """

    job_id: int
    repository: str
    workflow: str
    job_name: str
    recorded_wait_seconds: float | None
    wait_seconds: float | None
    recorded_runner_hours: float
    runner_hours: float
    recorded_cost: float | None
    cost: float | None
    state: str
    reason: str


class Comparison:
    """Compares the results of a run with the recording.

    Attributes:
        recorded: The recording.
        changed: The run.

    Args:
        until: The end of tasks that have not ended.
        recorded_basis: What the recorded tasks are priced by.
        basis: What those of the run are priced by.
    """

    def __init__(self, until: datetime, recorded_basis: Basis, basis: Basis) -> None:
        self.recorded = Side(recorded_basis, until)
        self.changed = Side(basis, until)
        self._most: list[tuple[float, float, int, Difference]] = []

    def differences(self, results: Iterable[Result]) -> Iterator[Difference]:
        """Yield each job of a run. Jobs that asked for other runners are not among them."""
        for result in results:
            demand, outcome = result.demand, result.outcome
            if not demand.arrivals:
                continue
            before, after = self.recorded.add(demand.recorded), self.changed.add(outcome)
            found = Difference(
                job_id=demand.job_id,
                repository=demand.details.repository,
                workflow=demand.details.workflow,
                job_name=demand.details.name,
                recorded_wait_seconds=demand.recorded.waited,
                wait_seconds=outcome.waited,
                recorded_runner_hours=before.hours,
                runner_hours=after.hours,
                recorded_cost=before.cost,
                cost=after.cost,
                state=outcome.status,
                reason=outcome.reason,
            )
            self._keep(found)
            yield found

    @property
    def named(self) -> list[Difference]:
        """The jobs whose waits differ most, and among equal ones those whose costs do."""
        return [one for wait, cost, _, one in sorted(self._most, reverse=True) if wait or cost]

    def _keep(self, found: Difference) -> None:
        one_side = (found.wait_seconds is None) != (found.recorded_wait_seconds is None)
        wait = _difference(found.wait_seconds, found.recorded_wait_seconds, SHOWN_SECONDS)
        cost = _difference(found.cost, found.recorded_cost, SHOWN_COST)
        entry = (float("inf") if one_side else wait, cost, found.job_id, found)
        if len(self._most) < MOST:
            heappush(self._most, entry)
        else:
            heappushpop(self._most, entry)


def _difference(one: float | None, other: float | None, decimals: int) -> float:
    return abs(round(one or 0.0, decimals) - round(other or 0.0, decimals))
