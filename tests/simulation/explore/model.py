"""The parts that a search works with, and the questions about a world that need several."""

from shared.domain.labels import serves
from shared.domain.slot.counter import share
from tests.simulation.explore.consumers import Consumers, Ended
from tests.simulation.explore.ingest import Ingest
from tests.simulation.explore.outside import Outside
from tests.simulation.explore.scenario import Bug, Scenario
from tests.simulation.explore.streams import Streams
from tests.simulation.explore.world import (
    Counter,
    Job,
    Kind,
    Notice,
    Nudge,
    Phase,
    Role,
    World,
)


class Model:
    """One scenario's parts: the log, the consumers, ingest, and all that is outside."""

    def __init__(self, scenario: Scenario, bug: Bug) -> None:
        """Put the parts together.

        Raises:
            ValueError: one shard of the counter does not stand for all of them in this scenario.
        """
        most = scenario.policy.max_runners
        if most != 1 and share(most, 0) <= scenario.runners:
            text = f"max_runners {most}: the first shard fills up before the others"
            raise ValueError(text)
        self.scenario = scenario
        self.streams = Streams(by_relevance=scenario.reductions.relevance)
        self.outside = Outside(self.streams)
        self.consumers = Consumers(self.streams, scenario.leased, bug.ports)
        self.ingest = Ingest(self.streams, self.outside, scenario.labels)
        # Without deaths and without time, the log sees a slow task only as a late notice.
        delays_are_seen = bool(scenario.left.deaths or scenario.left.waits)
        self.patient = delays_are_seen or not scenario.reductions.prompt_tasks
        # Where slots are scarce, the jobs that wait for one have an order: none are exchangeable.
        self.scarce = scenario.policy.max_runners <= scenario.runners
        self.serves = {
            (home, job): serves(has, wants)
            for home, has in enumerate(scenario.labels, 1)
            for job, wants in enumerate(scenario.labels, 1)
        }

    @property
    def own(self) -> range:
        """The jobs that the fleet launches runners for."""
        return range(1, len(self.scenario.labels) + 1 - self.scenario.thieves)

    def start(self) -> World:
        """GitHub has just queued all jobs, and its webhooks are on their way."""
        jobs = range(1, len(self.scenario.labels) + 1)
        return World(
            clock=0,
            left=self.scenario.left,
            versions=tuple(self.streams.empty(job) for job in jobs),
            counter=Counter(),
            nudges=(),
            drives=(),
            jobs=tuple(Job(Phase.QUEUED) for _ in jobs),
            runners=(),
            notices=tuple(Notice(Kind.QUEUED, job, 0, 0, 0) for job in self.own),
        )

    def ready(self, world: World, nudge: Nudge) -> bool:
        """Whether the message is visible and its group is not blocked by one before it."""
        return nudge.after <= world.clock and not self.driving(world, nudge.job, nudge.role)

    def driving(self, world: World, job: int, role: Role) -> bool:
        """Whether a drive of that role is under way on the job's stream."""
        drives = (self.consumers.drives[number] for number in world.drives)
        return any(drive.job == job and drive.role is role for drive in drives)

    def has_work(self, world: World, job: int, role: Role) -> bool:
        """Whether a drive that begins now would do anything."""
        found = self.consumers.next(
            self.consumers.fresh(role, world.versions[job - 1], world.clock)
        )
        return not isinstance(found, Ended)
