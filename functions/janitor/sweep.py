"""What all sweeps share: what they may touch, what they count, and that failures stay apart."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import TypeVar

from msgspec import Struct

from shared.domain.events import Event, Fact
from shared.domain.history import JobHistory
from shared.domain.projection import RunnerRow
from shared.domain.status import Status
from shared.engine.drive import Driver
from shared.engine.journal import Entry, append
from shared.engine.world import World
from shared.ports import Queues

T = TypeVar("T")

ACTOR = "janitor"
LIVE = (Status.STARTING, Status.WAITING_FOR_JOB, Status.RUNNING)
"""The statuses of runners that have a task, or are about to."""


class Outcome(Enum):
    """What came of looking at one thing."""

    WELL = "nothing is wrong with it"
    LEFT = "something is wrong with it, and can't be put right yet"
    MENDED = "it was put right"


class Swept(Struct, frozen=True, kw_only=True):
    """What a sweep did: how much it found amiss, how much it put right, and what it failed at."""

    found: int = 0
    mended: int = 0
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Janitor:
    """What sweeps are given.

    Attributes:
        driver: Drives streams, in all roles.
        prefix: The fleet's: what does not begin with it is not ours.
        grace: How long something may look like an orphan before it is taken for one: as long as
            events are under way, and ECS's answers lag behind.
        queues: The consumers' queues and their dead letters.
        organization: Where all runners are registered, or "" if each is at its job's repository.
        runner_released: The day on which GitHub released the version of its runner that the
            fleet's images have.
        on_failure: Told what could not be looked at or put right, and why.
    """

    driver: Driver
    prefix: str
    grace: timedelta
    queues: Queues
    organization: str = ""
    runner_released: date | None = None
    on_failure: Callable[[str, Exception], None]

    @property
    def world(self) -> World:
        """The ports."""
        return self.driver.world

    def now(self) -> datetime:
        """The time."""
        return self.world.clock.now()

    def runner_age(self) -> timedelta | None:
        """How old the version of GitHub's runner is, if that is known."""
        if self.runner_released is None:
            return None
        return self.now().date() - self.runner_released

    def each(
        self, things: Iterable[T], act: Callable[[T], Outcome], subject: Callable[[T], str]
    ) -> Swept:
        """Look at all things; one that fails does not keep the others from their turn."""
        outcomes: list[Outcome] = []
        failed: list[str] = []
        for thing in things:
            try:
                outcomes.append(act(thing))
            except Exception as error:  # noqa: BLE001 - see above
                self.on_failure(subject(thing), error)
                failed.append(subject(thing))
        mended = outcomes.count(Outcome.MENDED)
        found = mended + outcomes.count(Outcome.LEFT) + len(failed)
        return Swept(found=found, mended=mended, failed=tuple(failed))

    def record(
        self,
        history: JobHistory,
        event_id: str,
        fact: Fact,
        *,
        at: datetime | None = None,
        route: str | None = None,
    ) -> None:
        """Append the fact to the stream as it was read, unless it is there already.

        Raises:
            Conflict: the stream has grown meanwhile.
        """
        now = self.now()
        event = Event(id=event_id, at=at or now, recorded_at=now, actor=ACTOR, fact=fact)
        entry = Entry(history=history, events=(event,), route=lambda _: route)
        (after,) = append(self.world.log, [entry])
        if after.seq > history.seq:
            self.driver.on_event(history.stream, event)

    def live_rows(self, limit: int, *, oldest_first: bool = False) -> list[RunnerRow]:
        """At most `limit` rows of live runners that have a task; they only say where to look."""
        table = self.world.table
        rows = [
            row
            for status in LIVE
            for row in table.by_status(status, limit, oldest_first=oldest_first)
            if row.task_arn is not None
        ]
        rows.sort(key=lambda row: row.status_at, reverse=not oldest_first)
        return rows[:limit]


Sweep = Callable[[Janitor], Swept]


def run(janitor: Janitor, sweeps: Mapping[str, Sweep]) -> dict[str, Swept]:
    """Run all sweeps, by their names; one that breaks down does not keep the others from it."""
    return {name: _run(janitor, name, sweep) for name, sweep in sweeps.items()}


def _run(janitor: Janitor, name: str, sweep: Sweep) -> Swept:
    try:
        return sweep(janitor)
    except Exception as error:  # noqa: BLE001 - see `run`
        janitor.on_failure(name, error)
        return Swept(failed=(name,))
