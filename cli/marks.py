"""Marks on a time line, and the phases between them, which add up without a gap. Pure.

Sources have clocks of their own, and may be heard late: a phase that comes later in a life ends
those before it.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

_SECOND = timedelta(seconds=1)


class Phase(Struct, frozen=True, kw_only=True):
    """How long something lasted, in seconds, and why; so far, if it has not ended."""

    of: str
    name: str
    why: str = ""
    start: datetime
    end: datetime | None
    seconds: float


class Mark(Struct, frozen=True, kw_only=True):
    """A phase begins; the end is a mark without a name.

    `rank` is where in a life it is: 0 until the task runs or the job starts, where phases
    alternate, then one phase each.
    """

    at: datetime
    rank: int = 0
    name: str = ""
    why: str = ""


def total(phases: Sequence[Phase]) -> float:
    """The seconds from the first one's beginning to the last one's end."""
    return sum(phase.seconds for phase in phases)


def reached(
    before: object | None,
    after: object,
    fields: Sequence[str],
    names: Sequence[str],
) -> Iterator[Mark]:
    """Marks at the times that are known after an event and were not before.

    `fields` are these times in the order of a life, `names` the phases that begin then: one less,
    for the last time is the end.
    """
    for rank, (field, name) in enumerate(zip(fields, (*names, ""), strict=True), start=1):
        at = getattr(after, field)
        if at is not None and (before is None or getattr(before, field) is None):
            yield Mark(at=at, rank=rank, name=name)


def in_order(waits: Iterable[Mark]) -> Iterator[Mark]:
    """Whoever recorded a wait had read those before it, whatever the clocks showed."""
    at: datetime | None = None
    for mark in waits:
        at = mark.at if at is None else max(at, mark.at)
        yield replace(mark, at=at)


def between(of: str, marks: Iterable[Mark], now: datetime) -> list[Phase]:
    """The phases of `of` from each mark to the next one, or until now; none lasts no time."""
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
    """What is known in whole seconds, as from GitHub, comes after what led to it in that second."""
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
    """Without what belongs to a part of life that was over by then."""
    rank = 0
    for mark in marks:
        if mark.rank > rank or mark.rank == rank == 0:
            rank = mark.rank
            yield mark


def _merged(marks: Iterable[Mark]) -> Iterator[Mark]:
    """Each phase once, with the last reason that was known of it."""
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
