"""Marks on a time line, and the phases between them, which have no gaps. Pure.

Sources have their own clocks, and their events may arrive late. So a phase that comes later in the
life cycle ends all earlier ones.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

_SECOND = timedelta(seconds=1)


class Phase(Struct, frozen=True, kw_only=True):
    """One phase of a job or a runner.

    Attributes:
        of: The job, such as `job 7`, or the runner's id.
        name: What it waited for or did.
        start: Its begin.
        end: Its end; null if it is the present one.
        seconds: Its duration in seconds; so far, without an end.
    """

    of: str
    name: str
    why: str = ""
    start: datetime
    end: datetime | None
    seconds: float


class Mark(Struct, frozen=True, kw_only=True):
    """The begin of a phase. A mark without a name is the end of all phases.

    `rank` is the position in the life cycle. It is 0 for all phases until the task runs or the job
    starts, which may alternate. From then on each phase has its own rank.
    """

    at: datetime
    rank: int = 0
    name: str = ""
    why: str = ""


def total(phases: Sequence[Phase]) -> float:
    """Return the seconds from the begin of the first phase to the end of the last one."""
    return sum(phase.seconds for phase in phases)


def reached(
    before: object | None,
    after: object,
    fields: Sequence[str],
    names: Sequence[str],
) -> Iterator[Mark]:
    """Yield a mark for each time that is set by an event.

    `fields` are the names of these times in the order of the life cycle. `names` are the phases
    that begin then: one less, since the last time is the end.
    """
    for rank, (field, name) in enumerate(zip(fields, (*names, ""), strict=True), start=1):
        at = getattr(after, field)
        if at is not None and (before is None or getattr(before, field) is None):
            yield Mark(at=at, rank=rank, name=name)


def in_order(waits: Iterable[Mark]) -> Iterator[Mark]:
    """Yield the waits with ascending times: clocks differ, but the order of recording is right."""
    at: datetime | None = None
    for mark in waits:
        at = mark.at if at is None else max(at, mark.at)
        yield replace(mark, at=at)


def between(of: str, marks: Iterable[Mark], now: datetime) -> list[Phase]:
    """Return the phases of `of` from each mark to the next one or until now, without empty ones."""
    kept = list(_merged(_alive(sorted(_shifted(marks), key=lambda mark: mark.at))))
    ends = [*(mark.at for mark in kept[1:]), None][: len(kept)]
    now = max([now, *(mark.at for mark in kept)])
    phases = [
        Phase(
            of=of,
            name=mark.name,
            why=mark.why,
            start=mark.at,
            end=end,
            seconds=((end or now) - mark.at).total_seconds(),
        )
        for mark, end in zip(kept, ends, strict=True)
        if mark.name
    ]
    return [phase for phase in phases if phase.seconds or phase.end is None]


def _shifted(marks: Iterable[Mark]) -> list[Mark]:
    """Move times in whole seconds, as from GitHub, behind their causes in the same second."""
    done: list[Mark] = []
    for mark in sorted(marks, key=lambda mark: mark.rank):
        within = (
            []
            if mark.at.microsecond or not mark.rank
            else [other.at for other in done if mark.at < other.at < mark.at + _SECOND]
        )
        done.append(replace(mark, at=max([mark.at, *within])))
    return done


def _alive(marks: Iterable[Mark]) -> Iterator[Mark]:
    """Drop marks of a part of the life cycle that had ended by then."""
    rank = 0
    for mark in marks:
        if mark.rank > rank or mark.rank == rank == 0:
            rank = mark.rank
            yield mark


def _merged(marks: Iterable[Mark]) -> Iterator[Mark]:
    """Merge consecutive marks of the same phase, with the last known reason."""
    last: Mark | None = None
    for mark in marks:
        if last is not None and last.name == mark.name:
            last = replace(last, why=mark.why or last.why)
            continue
        if last is not None:
            yield last
        last = mark
    if last is not None:
        yield last
