"""The jobs that GitHub offers to runners, and which of them an idle runner gets."""

from collections import OrderedDict
from collections.abc import Iterator
from functools import lru_cache

from cli.whatif.observed import Demand, Launch
from shared.domain.labels import serves
from shared.domain.names import home_job
from shared.domain.runner.state import Runner
from shared.domain.stream import StreamId

_REMEMBERED = 10_000
"""Number of parsed ids that are kept: parsing takes longer than most of what follows."""


@lru_cache(_REMEMBERED)
def stream_of(runner_id: str) -> StreamId:
    """Return the stream of the job that the runner was launched for."""
    return StreamId.of_runner(runner_id)


@lru_cache(_REMEMBERED)
def _parsed(runner_id: str) -> tuple[int, int]:
    """Return the job that the runner was launched for, and the number of the launch."""
    return home_job(runner_id) or 0, int(runner_id.rsplit("-", 1)[-1])


class Offers:
    """The jobs of a recording that have not ended, and those of them that wait for a runner.

    Those that wait are in a queue for each repository and labels, with the number of their offer.
    An `OrderedDict` finds its first key at once, where a `dict` passes all that were deleted.
    """

    def __init__(self) -> None:
        self._demands: dict[int, Demand] = {}
        self._queued: dict[int, Demand] = {}
        self._queues: dict[str, dict[tuple[str, ...], OrderedDict[int, int]]] = {}
        self._offered = 0
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
        self._offered += 1
        queues = self._queues.setdefault(demand.details.repository, {})
        queues.setdefault(demand.details.labels, OrderedDict())[demand.job_id] = self._offered
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
        demand = self._queued.pop(job_id, None)
        if demand is not None:
            self._leave_queue(demand)
        return demand

    def observed(self, runner_id: str) -> Launch | None:
        """Return the launch of the recording with the same number for the same job."""
        job_id, number = _parsed(runner_id)
        demand = self._demands.get(job_id)
        return demand.launch(number) if demand else None

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
        intent = runner.intent
        if intent is None:
            return None
        return min(self._heads(intent.repository, intent.labels), default=(0, None))[1]

    def _heads(self, repository: str, labels: tuple[str, ...]) -> Iterator[tuple[int, int | None]]:
        """Yield the oldest job of each queue that a runner serves, behind its number."""
        for wanted, queue in self._queues.get(repository, {}).items():
            if serves(labels, wanted):
                job_id, number = next(iter(queue.items()))
                yield number, job_id

    def _leave_queue(self, demand: Demand) -> None:
        wanted = demand.details
        queues = self._queues[wanted.repository]
        del queues[wanted.labels][demand.job_id]
        if not queues[wanted.labels]:
            del queues[wanted.labels]
        if not queues:
            del self._queues[wanted.repository]
