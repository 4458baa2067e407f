"""The jobs that GitHub offers to runners, and which of them an idle runner gets."""

from cli.whatif.observed import Demand, Launch
from shared.domain.labels import serves
from shared.domain.names import home_job
from shared.domain.runner.state import Runner


class Offers:
    """The jobs of a recording that have not ended, and those of them that wait for a runner."""

    def __init__(self) -> None:
        self._demands: dict[int, Demand] = {}
        self._queued: dict[int, Demand] = {}
        self._strangers: set[int] = set()

    def add(self, demand: Demand) -> bool:
        """Add a job. Returns whether GitHub offers it to any runner that can serve it.

        One that asked for other runners is offered only to the runner that it took.
        """
        self._demands[demand.job_id] = demand
        if not demand.arrivals:
            self._strangers.add(demand.job_id)
            return False
        self._queued[demand.job_id] = demand
        return True

    def forget(self, job_id: int) -> None:
        """Drop a job that has ended."""
        self._demands.pop(job_id, None)

    def is_queued(self, job_id: int) -> bool:
        """Return whether the job waits for a runner."""
        return job_id in self._queued

    def take(self, job_id: int) -> Demand | None:
        """Return the job if it waits, and offer it no longer."""
        if job_id in self._strangers:
            self._strangers.discard(job_id)
            return self._demands.get(job_id)
        return self._queued.pop(job_id, None)

    def observed(self, runner_id: str) -> Launch | None:
        """Return the launch of the recording with the same number for the same job."""
        demand = self._demands.get(home_job(runner_id) or 0)
        number = runner_id.rsplit("-", 1)[-1]
        return demand.launch(int(number)) if demand and number.isdecimal() else None

    def candidate(self, runner: Runner) -> int | None:
        """Return the job that GitHub assigns to an idle runner, or None if none waits for it."""
        observed = self.observed(runner.id)
        took = observed.took if observed else None
        if took in self._strangers:
            return took
        for job_id in (took, runner.serves):
            if job_id in self._queued:
                return job_id
        return self._oldest_for(runner)

    def _oldest_for(self, runner: Runner) -> int | None:
        """Return the job that has waited longest among those that the runner can serve."""
        plan = runner.plan
        if plan is None:
            return None
        for job_id, demand in self._queued.items():
            wanted = demand.details
            if wanted.repository == plan.repository and serves(plan.labels, wanted.labels):
                return job_id
        return None
