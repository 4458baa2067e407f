"""Jobs that no longer interact with any other: their remaining moves come first.

Jobs belong together when a stream, a notice or GitHub names one beside the other. Once all jobs of
such a cluster have ended and all of its tasks have stopped, only late notices and the consumers'
answers to them are left, and these touch no other cluster's streams, nor do the others touch
theirs: no runner is left that could take another cluster's job. So the moves of the cluster and
those of the others lead to the same worlds in any order, and the order in which the cluster's come
first stands for all. (Faults spend one budget, but the order does not change how much is spent.)
This does not hold where time may pass, where jobs wait for each other's slots, or while one more
runner may be planned within the bound.
"""

from collections.abc import Iterator

from shared.domain.names import home_job
from shared.domain.runner.state import RunnerPhase
from tests.simulation.explore.consumers import Consumers
from tests.simulation.explore.naming import runner_of
from tests.simulation.explore.streams import Streams
from tests.simulation.explore.world import Phase, Task, World


class Clusters:
    """Finds the clusters of a world that are over."""

    def __init__(self, streams: Streams, consumers: Consumers) -> None:
        self._streams = streams
        self._consumers = consumers
        self._named: dict[int, frozenset[int]] = {}

    def over(self, world: World) -> Iterator[frozenset[int]]:
        """The clusters of which only notices and consumers are left."""
        if all(job.phase is not Phase.ENDED for job in world.jobs):
            return
        for cluster in self._clusters(world):
            if all(self._over(world, job) for job in cluster):
                yield cluster

    def _over(self, world: World, job: int) -> bool:
        if world.jobs[job - 1].phase is not Phase.ENDED:
            return False
        state = self._streams.histories[world.versions[job - 1]].state
        return all(
            runner.phase is RunnerPhase.CLOSED
            or world.runner(*runner_of(runner.id)).task is Task.STOPPED
            for runner in state.runners
        )

    def _clusters(self, world: World) -> list[frozenset[int]]:
        found = [frozenset((job,)) for job in range(1, len(world.jobs) + 1)]
        for link in self._links(world):
            met = [one for one in found if one & link]
            if len(met) > 1:
                found = [one for one in found if one not in met] + [frozenset().union(*met)]
        return found

    def _links(self, world: World) -> Iterator[frozenset[int]]:
        for job, version in enumerate(world.versions, 1):
            yield self._names(version) | {job}
        for job, at_github in enumerate(world.jobs, 1):
            yield frozenset((job, at_github.home or job))
        for notice in (*world.notices, *world.lost):
            yield frozenset((notice.job, notice.home or notice.job))
        for number in world.drives:
            drive = self._consumers.drives[number]
            for answer in drive.answers[1:]:
                if answer.version >= 0:
                    yield self._names(answer.version) | {drive.job}

    def _names(self, version: int) -> frozenset[int]:
        """The jobs that a stream names, by themselves or by their runners; its own among them."""
        found = self._named.get(version)
        if found is None:
            state = self._streams.histories[version].state
            runners = (state.job.paired, state.job.assigned, state.job.runner_id)
            jobs = [home_job(name) for name in runners if name]
            jobs += [job for one in state.runners for job in (one.serves, one.took)]
            found = frozenset(job for job in (state.job_id, *jobs) if job)
            self._named[version] = found
        return found
