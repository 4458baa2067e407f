"""Ingest as the search runs it: the product's own append records a notice from outside.

One delivery is one step. Ingest keeps nothing between its read and its conditional append, so a
delivery that loses a race, or crashes in between, is equal to one that came later.
"""

from collections.abc import Sequence
from functools import cache

from shared.domain import events as e
from shared.domain.events import Recorded
from shared.domain.projection import RunnerRow
from shared.domain.slot.counter import Change, Slots
from shared.engine.transact import to
from shared.ports import Append
from tests.simulation.explore.naming import runner_name
from tests.simulation.explore.outside import (
    ENDS,
    VERSIONS,
    Outside,
    changed,
    slots_of,
    task_arn,
)
from tests.simulation.explore.streams import Streams
from tests.simulation.explore.world import (
    FLEET,
    Conclusion,
    Counter,
    End,
    Kind,
    Notice,
    Nudge,
    Runner,
    Task,
    World,
    moment,
)
from tests.support.recording import record_event

ROUTES = {
    Kind.QUEUED: "scheduler",
    Kind.APPROVED: "scheduler",
    Kind.HELD: "reconciler",
    Kind.STARTED: "reconciler",
    Kind.COMPLETED: "reconciler",
    Kind.TASK_RUNNING: "reconciler",
    Kind.TASK_STOPPED: "reconciler",
}


class Ingest:
    """Delivers notices."""

    def __init__(
        self, streams: Streams, outside: Outside, labels: tuple[tuple[str, ...], ...]
    ) -> None:
        self._streams = streams
        self._outside = outside
        self._labels = labels
        self._delivered: dict[tuple[int, Counter, Notice], Door] = {}

    def deliver(self, world: World, notice: Notice) -> World:
        """The world after the delivery. The notice itself remains; the caller removes it."""
        version = world.versions[notice.job - 1]
        key = (version, world.counter, notice)
        found = self._delivered.get(key)
        if found is None:
            found = self._delivered[key] = self._record(version, world.counter, notice)
        versions = world.versions
        versions = (*versions[: notice.job - 1], found.version, *versions[notice.job :])
        world = world._replace(versions=versions, counter=found.counter)
        for nudge in found.nudges:
            world = world.nudge(nudge)
        return world

    def _record(self, version: int, before: Counter, notice: Notice) -> "Door":
        door = Door(version, before, self._streams, self._outside)
        record_event(
            door,
            f"job-{notice.job}",
            event_of(notice, self._labels[notice.job - 1]),
            route=to(ROUTES[notice.kind]),
            new_stream=notice.kind is Kind.QUEUED,
        )
        return door


class Door:
    """One stream of the log, as ingest sees it."""

    def __init__(self, version: int, before: Counter, streams: Streams, outside: Outside) -> None:
        self.version = version
        self.counter = before
        self.nudges: tuple[Nudge, ...] = ()
        self._streams = streams
        self._outside = outside

    def read(self, stream: str) -> list[Recorded]:
        return self._streams.events[self.version]

    def slots(self) -> Slots:
        return slots_of(self.counter)

    def append(
        self, appends: Sequence[Append], rows: Sequence[RunnerRow], change: Change | None = None
    ) -> None:
        counter = changed(self.counter, change)
        (self.version,), self.nudges = self._outside.appended(appends, rows, (self.version,))
        self.counter = counter

    def streams(self) -> None:
        raise NotImplementedError("ingest scans nothing")


@cache
def event_of(notice: Notice, labels: tuple[str, ...]) -> e.Event:
    at = moment(notice.at)
    fact = _fact(notice, e.JobDetails(repository="octo/repo", labels=labels))
    name = runner_name(notice.home, notice.number)
    about = name if notice.kind in (Kind.TASK_RUNNING, Kind.TASK_STOPPED) else f"job-{notice.job}"
    return e.Event(
        id=f"{about}@{notice.kind.name.lower()}", at=at, recorded_at=at, actor="ingest", fact=fact
    )


def _fact(notice: Notice, job: e.JobDetails) -> e.Fact:
    name = runner_name(notice.home, notice.number) if notice.home else None
    runner = Runner(notice.home, notice.number)
    match notice.kind:
        case Kind.HELD:
            return e.JobHeld(job=job, fleet=FLEET)
        case Kind.QUEUED | Kind.APPROVED:
            return e.JobQueued(fleet=FLEET, job=job)
        case Kind.STARTED:
            return e.JobStarted(job=job, runner_name=name or "", runner_id=name)
        case Kind.COMPLETED:
            return e.JobCompleted(
                job=job,
                conclusion=Conclusion(notice.detail).name.lower(),
                runner_name=name or "",
                runner_id=name,
                started_at=moment(notice.at) if name else None,
            )
        case Kind.TASK_RUNNING:
            return e.TaskStarted(
                runner_id=name or "",
                task_arn=task_arn(runner),
                version=VERSIONS[Task.RUNNING],
            )
        case Kind.TASK_STOPPED:
            code, reason, exit_code = ENDS[End(notice.detail)]
            return e.TaskStopped(
                runner_id=name or "",
                task_arn=task_arn(runner),
                version=VERSIONS[Task.STOPPED],
                stop_code=code,
                reason=reason,
                exit_code=exit_code,
            )
