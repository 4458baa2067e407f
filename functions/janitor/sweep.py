"""What all sweeps share: their dependencies, their results, and the isolation of failures."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import TypeVar
from zlib import crc32

from msgspec import Struct

from functions.janitor.memory import Memory, SharedRows
from shared.domain.projection import RunnerRow
from shared.domain.runner.status import LIVE, Status
from shared.domain.runner_scope import AT_REPOSITORIES, RunnerScopes
from shared.domain.scope import Offer
from shared.domain.unreadable import Unreadable
from shared.engine.dependencies import Dependencies
from shared.engine.drive import Driver
from shared.engine.transact import Decide, Transacted, to
from shared.ports import (
    Checkpoints,
    Conflict,
    Deliveries,
    LiveRows,
    Queues,
    RateLimited,
)

T = TypeVar("T")

ACTOR = "janitor"
PERIOD = 60
"""Seconds between two runs, as in Terraform's schedule."""
BUDGET = 50.0
"""Maximum duration of a run in seconds, so that it ends before the next one begins."""
MOST_ENDED = 300
"""Maximum number of rows that sweeps share of OFFLINE and of FAILED runners, the newest."""


class Outcome(Enum):
    """The result of checking one item."""

    OK = "nothing is wrong with it"
    DEFERRED = "something is wrong with it, and can't be repaired yet"
    REPAIRED = "it was repaired"


class Swept(Struct, frozen=True, kw_only=True):
    """The result of a sweep.

    Attributes:
        found: The number of items with a problem.
        repaired: The number of these that were repaired.
        failed: The names of the items whose check or repair failed.
        skipped: The number of items for which there was no time, or no request left of GitHub's
            rate limit. A later run checks them.
    """

    found: int = 0
    repaired: int = 0
    failed: tuple[str, ...] = ()
    skipped: int = 0

    def __add__(self, other: "Swept") -> "Swept":
        """Return the sum of both results."""
        return Swept(
            found=self.found + other.found,
            repaired=self.repaired + other.repaired,
            failed=self.failed + other.failed,
            skipped=self.skipped + other.skipped,
        )


@dataclass(frozen=True, kw_only=True)
class Janitor:
    """The input of sweeps.

    Attributes:
        driver: Drives streams, in all roles.
        prefix: The fleet's prefix. Tasks and registrations without it are ignored.
        grace: The minimum age of an orphan, which covers events in transit and ECS's eventual
            consistency.
        queues: The consumers' queues and their dead letters.
        scopes: Where runners are registered.
        runner_released: The release date of GitHub's runner in the fleet's images.
        runner_version: Its version, or "" if it is unknown.
        measure: Called with the name and the value of a metric.
        offer: Which jobs the fleet serves.
        max_runners: The maximum number of runners that hold a slot.
        deliveries: The deliveries of the fleet's webhooks; None if their URL is unknown.
        checkpoints: What sweeps keep between runs.
        on_failure: Called with the name of each item that failed, and the exception.
        memory: What sweeps remember between runs.
        read: The rows that this run has read. None: nothing is shared.
        ends_at: When the sweep has to end.
    """

    driver: Driver
    prefix: str
    grace: timedelta
    queues: Queues
    scopes: RunnerScopes = AT_REPOSITORIES
    runner_released: date | None = None
    runner_version: str = ""
    measure: Callable[[str, int], None] = lambda _name, _value: None
    offer: Offer
    max_runners: int
    deliveries: Deliveries | None = None
    checkpoints: Checkpoints
    memory: Memory = field(default_factory=Memory)
    on_failure: Callable[[str, Exception], None]
    read: SharedRows | None = None
    ends_at: datetime | None = None

    @property
    def deps(self) -> Dependencies:
        """The ports."""
        return self.driver.deps

    def now(self) -> datetime:
        """Return the present time."""
        return self.deps.clock.now()

    @property
    def number(self) -> int:
        """Return the number of the run: the minutes since 1970, as there is one run a minute."""
        return int(self.now().timestamp() // PERIOD)

    def runner_age(self) -> timedelta | None:
        """Return the age of the version of GitHub's runner, or None if it is unknown."""
        if self.runner_released is None:
            return None
        return self.now().date() - self.runner_released

    def each(
        self, things: Iterable[T], act: Callable[[T], Outcome], subject: Callable[[T], str]
    ) -> Swept:
        """Check all items until the time is over. A failure does not stop the others.

        An item that can't be read is reported and does not fail the run, since a retry can't help.
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
                outcomes.append(Outcome.DEFERRED)
            except Conflict:  # others append to the stream; the next run checks it again
                outcomes.append(Outcome.DEFERRED)
            except RateLimited:  # it can't succeed before the limit is reset
                skipped += 1
            except Exception as error:  # noqa: BLE001 - see above
                self.on_failure(subject(thing), error)
                failed.append(subject(thing))
        repaired = outcomes.count(Outcome.REPAIRED)
        found = repaired + outcomes.count(Outcome.DEFERRED) + len(failed)
        return Swept(found=found, repaired=repaired, failed=tuple(failed), skipped=skipped)

    def rotated(self, things: Iterable[T], most: int, name: Callable[[T], str]) -> list[T]:
        """Return at most `most` of the items, others in each run.

        A hash of its name assigns each item to a group, and each run takes one group. The number of
        groups is the smallest power of two for which no group exceeds `most`. While items come and
        go, each item is returned once in as many runs as the highest number of groups: about 2 to 4
        times len(things) / most runs.
        """
        numbered = [(crc32(name(one).encode()), one) for one in things]
        groups = 1
        while max(Counter(number % groups for number, _ in numbered).values(), default=0) > most:
            groups *= 2
        turn = self.number % groups
        return [one for number, one in numbered if number % groups == turn]

    def _is_late(self) -> bool:
        return self.ends_at is not None and self.now() >= self.ends_at

    def record(self, stream: str, decide: Decide, route: str | None = None) -> Transacted:
        """Append what `decide` returns for the stream.

        Args:
            route: Which queues are nudged.

        Raises:
            See `Transactor.transact`.
        """
        return self.driver.record(stream, decide, to(route))

    def live(self) -> LiveRows:
        """Return the rows of runners that have not ended, as the first sweep of a run read them.

        They are hints, not evidence: before a sweep changes anything, the stream decides.

        Raises:
            Unavailable.
        """
        read = self.read or SharedRows()
        if read.live is None:
            read.live = self.deps.table.live(self.now())
        return read.live

    def rows(self, status: Status) -> tuple[RunnerRow, ...]:
        """Return the status's rows, newest change first. See `live`.

        Of runners that have ended, there are at most `MOST_ENDED`, and none that ended within the
        grace period: others may still be about to record what is missing.

        Raises:
            Unavailable.
        """
        read = (self.read or SharedRows()).by_status
        if status not in read:
            read[status] = tuple(self._rows(status))
        return read[status]

    def _rows(self, status: Status) -> Iterable[RunnerRow]:
        if status not in LIVE:
            until = self.now() - self.grace
            return self.deps.table.by_status(status, MOST_ENDED, until=until)
        rows = [row for row in self.live().rows if row.status == status]
        return sorted(rows, key=lambda row: row.status_at, reverse=True)

    def rows_with_task(self) -> list[RunnerRow]:
        """Return the rows of runners that have a task and have not ended. See `rows`."""
        return [row for status in LIVE for row in self.rows(status) if row.task_arn is not None]


Sweep = Callable[[Janitor], Swept]


def is_hour_of(what: int, now: datetime) -> bool:
    """Return whether `now` is in every sixth hour, counted from hour `what`.

    All runs in such an hour do the work, because the schedule determines the minutes of runs.
    """
    return now.hour % 6 == what


def run(janitor: Janitor, sweeps: Mapping[str, Sweep], seconds: float = BUDGET) -> dict[str, Swept]:
    """Run all sweeps, and return their results by name. A failure does not stop the others.

    They share `seconds`: each sweep may use an equal part of the remaining time. Each run starts
    with another sweep, so that the time that one leaves unused benefits different sweeps.
    """
    janitor = replace(janitor, read=janitor.read or SharedRows())
    janitor.memory.expire(janitor.now())
    ends_at = janitor.now() + timedelta(seconds=seconds)
    order = list(sweeps.items())
    first = janitor.number % len(order)
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
