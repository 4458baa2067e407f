"""What `ecsrunner status --at` shows, and how streams are summed up as of then. Pure.

A stream's state at a time is the fold of the events that were recorded by then. Events that
happened before and were recorded later do not count, as in `ecsrunner jobs history --at`.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import Struct

from cli.history.stored_events import recorded_until
from cli.status.overview import Failure, Live, failure, waits_for
from cli.streams.stored import StoredStream
from shared.domain import events as e
from shared.domain.history import read
from shared.domain.image.state import Image, ImagePhase
from shared.domain.projection import RunnerRow
from shared.domain.runner.status import LIVE, Status
from shared.domain.slot.counter import BROKEN, SERVED, counted
from shared.domain.unreadable import Unreadable

FAILURES = 5
"""The number of failures that are shown, the newest."""
_BUILT = (ImagePhase.WANTED, ImagePhase.INTENDED, ImagePhase.BUILDING, ImagePhase.PUSHED)
"""The phases of an image that is being built, or is to be."""


class SlotsAt(Struct, frozen=True, kw_only=True):
    """The slots, as the log adds up.

    Attributes:
        held: Runners that held one.
        awaited: Runners that waited for one.
    """

    held: int
    awaited: int


class CircuitAt(Struct, frozen=True, kw_only=True):
    """The circuit breaker.

    Attributes:
        broken: The number of launches in a row that had broken.
        opened_at: When one of them opened it; null if it was closed.
    """

    broken: int
    opened_at: datetime | None


class BuildAt(Struct, frozen=True, kw_only=True):
    """An image that was being built, or was to be.

    Attributes:
        image_tag: The tag of the image in the registry.
        base: The base that a job asked for.
        phase: `wanted`, `intended`, `building`, or `pushed` until the registry has it.
        build_number: The number of the last build of the image; 0 before the first one.
        since: When its build was intended; null while it is only wanted.
        waiting: The number of jobs that waited for it.
    """

    image_tag: str
    base: str
    phase: str
    build_number: int
    since: datetime | None
    waiting: int


class Past(Struct, frozen=True, kw_only=True):
    """The state of a fleet at a time, as the log recorded it by then.

    Attributes:
        at: The time that is asked about.
        asked_at: The time of the answer.
        fleet: The prefix; null if the name of the events table does not show it.
        live: The runners that had not ended.
        runners: Their rows: the running ones, the idle, the launching and the waiting ones; of each
            the longest first.
        slots: The slots of `max_runners`.
        circuit: The circuit breaker of launches.
        builds: Image builds that were under way or wanted, the longest first.
        failures: The runners that had failed last, the newest first.
        notes: What is left out, and why.
    """

    at: datetime
    asked_at: datetime
    fleet: str | None
    live: Live
    runners: tuple[RunnerRow, ...]
    slots: SlotsAt
    circuit: CircuitAt
    builds: tuple[BuildAt, ...]
    failures: tuple[Failure, ...]
    notes: tuple[str, ...]
    unreadable: tuple[str, ...]


class StreamAt(NamedTuple):
    """A stream at a time: its state, its events that were recorded by then, and a job's rows."""

    state: Any
    events: tuple[e.Event, ...]
    rows: tuple[RunnerRow, ...]


def streams_at(
    streams: Iterable[StoredStream], at: datetime, unreadable: list[Unreadable]
) -> Iterator[StreamAt]:
    """Yield those streams that had begun. What can't be read is added to `unreadable`."""
    for stream in streams:
        try:
            if stream.problem is not None:
                raise stream.problem
            known = recorded_until(stream.recorded, at)
            if known:
                history = read(stream.stream, known)
                events = tuple(one.event for one in known)
                yield StreamAt(history.state, events, tuple(history.rows.values()))
        except Unreadable as error:
            unreadable.append(error)


def rows_of(jobs: Iterable[StreamAt]) -> list[RunnerRow]:
    """Return the rows of all runners of some jobs."""
    return [row for job in jobs for row in job.rows]


def live_rows(rows: Iterable[RunnerRow]) -> tuple[RunnerRow, ...]:
    """Return the rows of runners that had not ended, in the order of `Past.runners`."""
    return tuple(sorted((row for row in rows if row.status in LIVE), key=_place))


def failures(rows: Iterable[RunnerRow], at: datetime) -> tuple[Failure, ...]:
    """Return the failures of runners that had ended by then, the newest first."""
    failed = {one.runner_id: one for one in rows if one.status == Status.FAILED}
    found = [failure(row) for row in failed.values() if row.status_at <= at]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True)[:FAILURES])


def slots(jobs: Iterable[StreamAt]) -> SlotsAt:
    """Return the sums of the slots of the runners of some jobs."""
    shards = counted(job.state for job in jobs)
    held, awaited = (sum(getattr(one, name) for one in shards) for name in ("held", "awaited"))
    return SlotsAt(held=held, awaited=awaited)


def circuit(jobs: Iterable[StreamAt]) -> CircuitAt:
    """Return the circuit breaker, by how runners ended: a job that starts on one closes it.

    `SlotFreed` may be in two streams. Of events that were recorded at the same time a broken launch
    comes first.
    """
    found = {event.id: event for job in jobs for event in job.events if _outcome(event)}
    broken, opened_at = 0, None
    for event in sorted(found.values(), key=lambda one: (one.recorded_at, _outcome(one) != BROKEN)):
        if _outcome(event) == SERVED:
            broken, opened_at = 0, None
            continue
        broken += 1
        if isinstance(event.fact, e.SlotFreed) and event.fact.circuit_opened:
            opened_at = event.recorded_at
    return CircuitAt(broken=broken, opened_at=opened_at)


def builds(images: Iterable[StreamAt]) -> tuple[BuildAt, ...]:
    """Return the images among some streams that were being built, or were to be."""
    states: Iterator[Image] = (one.state for one in images)
    found = [
        BuildAt(
            image_tag=image.tag,
            base=image.base,
            phase=image.phase.value,
            build_number=image.number,
            since=None if image.phase is ImagePhase.WANTED else image.intended_at,
            waiting=len(image.waiters),
        )
        for image in states
        if image.phase in _BUILT
    ]
    return tuple(sorted(found, key=lambda one: (one.since is None, one.since, one.image_tag)))


def _place(row: RunnerRow) -> tuple[int, datetime, str]:
    if row.status == Status.RUNNING:
        group = 0
    elif row.status == Status.WAITING_FOR_JOB:
        group = 1
    else:
        group = 2 if waits_for(row) is None else 3
    return group, row.status_at, row.runner_id


def _outcome(event: e.Event) -> str:
    """Return what the event means to the circuit breaker: BROKEN, SERVED, or "" for nothing."""
    match event.fact:
        case e.SlotFreed(outcome=outcome):
            return outcome if outcome in (BROKEN, SERVED) else ""
        case e.CircuitClosed():
            return SERVED
    return ""
