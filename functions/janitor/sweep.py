"""What all sweeps share: what they may touch, what they count, and that failures stay apart."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import TypeVar
from zlib import crc32

from msgspec import Struct

from shared.domain.projection import RunnerRow
from shared.domain.runner.status import Status
from shared.domain.unreadable import Unreadable
from shared.engine.dependencies import Dependencies
from shared.engine.drive import Driver
from shared.engine.transact import Decide, Transacted, to
from shared.ports import Conflict, Queues

T = TypeVar("T")

ACTOR = "janitor"
PERIOD = 60
"""Seconds between two runs, as in Terraform's schedule."""
BUDGET = 50.0
"""Seconds that a run takes at the most: it ends before the next one begins."""
LIVE = (Status.STARTING, Status.WAITING_FOR_JOB, Status.RUNNING)
"""The statuses of runners that have a task, or are about to."""


class Outcome(Enum):
    """What came of looking at one thing."""

    WELL = "nothing is wrong with it"
    LEFT = "something is wrong with it, and can't be put right yet"
    MENDED = "it was put right"


class Swept(Struct, frozen=True, kw_only=True):
    """What a sweep did: how much it found amiss, how much it put right, and what it failed at.

    `skipped` counts what it had no time for; that comes first in a later run.
    """

    found: int = 0
    mended: int = 0
    failed: tuple[str, ...] = ()
    skipped: int = 0

    def __add__(self, other: "Swept") -> "Swept":
        """Both together."""
        return Swept(
            found=self.found + other.found,
            mended=self.mended + other.mended,
            failed=self.failed + other.failed,
            skipped=self.skipped + other.skipped,
        )


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
        ends_at: When the sweep that this is given to has to end.
    """

    driver: Driver
    prefix: str
    grace: timedelta
    queues: Queues
    organization: str = ""
    runner_released: date | None = None
    on_failure: Callable[[str, Exception], None]
    ends_at: datetime | None = None

    @property
    def deps(self) -> Dependencies:
        """The ports."""
        return self.driver.deps

    def now(self) -> datetime:
        """The time."""
        return self.deps.clock.now()

    def runner_age(self) -> timedelta | None:
        """How old the version of GitHub's runner is, if that is known."""
        if self.runner_released is None:
            return None
        return self.now().date() - self.runner_released

    def each(
        self, things: Iterable[T], act: Callable[[T], Outcome], subject: Callable[[T], str]
    ) -> Swept:
        """Look at all things while there is time; one that fails does not stop the others.

        What can't be read is reported as that, and does not fail the run: an operator has to act.
        """
        outcomes: list[Outcome] = []
        failed: list[str] = []
        skipped = 0
        for thing in things:
            if self._is_late():
                skipped += 1
                continue
            try:
                outcomes.append(act(thing))
            except Unreadable as error:
                self.deps.on_unreadable(error)
                outcomes.append(Outcome.LEFT)
            except Conflict:  # others append to the stream; the next run sees what it is by then
                outcomes.append(Outcome.LEFT)
            except Exception as error:  # noqa: BLE001 - see above
                self.on_failure(subject(thing), error)
                failed.append(subject(thing))
        mended = outcomes.count(Outcome.MENDED)
        found = mended + outcomes.count(Outcome.LEFT) + len(failed)
        return Swept(found=found, mended=mended, failed=tuple(failed), skipped=skipped)

    def rotated(self, things: Iterable[T], most: int, name: Callable[[T], str]) -> list[T]:
        """At most `most` of the things, others in each run.

        Those are looked at whose name falls into the run's group; there are as many groups as it
        takes, and a power of two. So a thing is looked at once in as many runs as there ever were
        groups meanwhile, whatever else comes and goes: about 2 to 4 times len(things) / most runs.
        The start's minute identifies a run, for the Janitor runs once a minute.
        """
        numbered = [(crc32(name(one).encode()), one) for one in things]
        groups = 1
        while max(Counter(number % groups for number, _ in numbered).values(), default=0) > most:
            groups *= 2
        turn = int(self.now().timestamp() // PERIOD) % groups
        return [one for number, one in numbered if number % groups == turn]

    def _is_late(self) -> bool:
        return self.ends_at is not None and self.now() >= self.ends_at

    def record(self, stream: str, decide: Decide, route: str | None = None) -> Transacted:
        """Record what `decide` returns, given the stream as it is.

        Args:
            route: Which queues are nudged.

        Raises:
            See `Transactor.transact`.
        """
        return self.driver.record(stream, decide, to(route))

    def live_rows(self) -> list[RunnerRow]:
        """The rows of live runners that have a task; they are hints, not evidence."""
        table = self.deps.table
        rows = (row for status in LIVE for row in table.by_status(status))
        return [row for row in rows if row.task_arn is not None]


Sweep = Callable[[Janitor], Swept]


def is_hour_of(what: int, now: datetime) -> bool:
    """Whether a run does now what is done in every sixth hour, beginning with hour `what`.

    All runs of such an hour do it: the operator's schedule decides in which minutes there are runs.
    """
    return now.hour % 6 == what


def run(janitor: Janitor, sweeps: Mapping[str, Sweep], seconds: float = BUDGET) -> dict[str, Swept]:
    """Run all sweeps, by their names; one that breaks down does not keep the others from it.

    They share `seconds`: each may use its part of what is left. Another one begins in each run, so
    that what one leaves over does not always go to the same.
    """
    ends_at = janitor.now() + timedelta(seconds=seconds)
    order = list(sweeps.items())
    first = int(janitor.now().timestamp() // PERIOD) % len(order)
    swept: dict[str, Swept] = {}
    for number, (name, sweep) in enumerate([*order[first:], *order[:first]]):
        part = (ends_at - janitor.now()) / (len(order) - number)
        limited = replace(janitor, ends_at=janitor.now() + part)
        swept[name] = _run(limited, name, sweep)
    return swept


def _run(janitor: Janitor, name: str, sweep: Sweep) -> Swept:
    try:
        return sweep(janitor)
    except Unreadable as error:
        janitor.deps.on_unreadable(error)
        return Swept(found=1)
    except Exception as error:  # noqa: BLE001 - see `run`
        janitor.on_failure(name, error)
        return Swept(failed=(name,))
