"""A stream that was read: the fold of its events, its event ids and its projected rows.

Decisions take a `History`. `record` returns the history after new events, without a second read.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

from msgspec import Struct

from shared.domain import fold
from shared.domain.events import Event, Recorded
from shared.domain.image import builds
from shared.domain.image import fold as image_fold
from shared.domain.image.builds import Builds
from shared.domain.image.state import Image
from shared.domain.projection import RunnerRow, project
from shared.domain.state import State
from shared.domain.stream import NoSuchStream, StreamId
from shared.domain.unreadable import Unreadable

S = TypeVar("S", State, Image, Builds)


class Projected(Struct, frozen=True):
    """The rows after a number of events, and the states from there on without the last one."""

    rows: Mapping[str, RunnerRow] = {}
    states: tuple[Any, ...] = ()


class History(Struct, Generic[S], frozen=True, kw_only=True, dict=True):
    """One stream: its number of events `seq`, their `ids` and their fold; a job's `rows`, too.

    Most readers need no rows, so these are computed on first use, from `projected`.
    """

    stream: StreamId
    state: S
    seq: int = 0
    ids: frozenset[str] = frozenset()
    projected: Projected = Projected()

    @cached_property
    def rows(self) -> Mapping[str, RunnerRow]:
        """The rows of a job's runners, by runner id.

        Raises:
            Unreadable: the state can't be projected.
        """
        if not isinstance(self.state, State):
            return {}
        states: tuple[State, ...] = (*self.projected.states, self.state)
        try:
            return project(self.projected.rows, states, self.seq)
        except Exception as error:
            raise _unreadable(self.stream, "state can't be projected", error) from error


JobHistory = History[State]
ImageHistory = History[Image]
BuildsHistory = History[Builds]


_EVOLVE: dict[type, Callable[[Any, Event], Any]] = {
    State: fold.evolve,
    Image: image_fold.evolve,
    Builds: builds.evolve,
}
"""The fold of each kind of stream."""


def read(stream: str, recorded: Iterable[Recorded]) -> JobHistory | ImageHistory | BuildsHistory:
    """Return the history of a stream that holds these events.

    Raises:
        NoSuchStream: the text is not a stream id.
        Unreadable: an event is missing, or the events can't be folded.
    """
    name = StreamId(stream)
    if name.job_id is not None:
        return read_job(name, recorded)
    if name.tag is not None:
        return _read(ImageHistory(stream=name, state=Image(tag=name.tag)), recorded)
    if name.day is not None:
        return _read(BuildsHistory(stream=name, state=Builds(day=name.day)), recorded)
    raise NoSuchStream(f"{stream!r} has no history")


def read_job(stream: StreamId, recorded: Iterable[Recorded]) -> JobHistory:
    """Return the history of a job's stream that holds these events.

    Raises:
        NoSuchStream: the id is not that of a job's stream.
        Unreadable: an event is missing, or the events can't be folded.
    """
    if stream.job_id is None:
        raise NoSuchStream(f"{stream!r} is not a job's stream")
    return _read(JobHistory(stream=stream, state=State(job_id=stream.job_id)), recorded)


def new_events(history: History[Any], events: Iterable[Event]) -> tuple[Event, ...]:
    """Return those of `events` whose ids the stream does not hold yet."""
    new: dict[str, Event] = {}
    for event in events:
        if event.id not in history.ids:
            new.setdefault(event.id, event)
    return tuple(new.values())


def record(history: History[S], events: Sequence[Event]) -> History[S]:
    """Return the history after `events` were appended to it."""
    if not events:
        return history
    state: Any = history.state
    passed: list[Any] = []
    evolve = _EVOLVE[type(state)]
    for event in events:
        passed.append(state)
        state = evolve(state, event)
    return History(
        stream=history.stream,
        state=state,
        seq=history.seq + len(events),
        ids=history.ids.union(event.id for event in events),
        projected=_projected(history, passed),
    )


def _projected(history: History[Any], passed: Sequence[Any]) -> Projected:
    """Return what the rows are computed from after further states.

    Rows that were computed already are the base, so that older states are not kept.
    """
    if "rows" in vars(history):
        return Projected(history.rows, tuple(passed))
    before = history.projected
    return Projected(before.rows, (*before.states, *passed))


def changed_rows(before: History[Any], after: History[Any]) -> list[RunnerRow]:
    """Return the rows to write with the events between two histories of a stream."""
    return [row for runner_id, row in after.rows.items() if before.rows.get(runner_id) != row]


def _read(empty: History[S], recorded: Iterable[Recorded]) -> History[S]:
    """Return the history after stored events, which other software may have written."""
    stored = tuple(recorded)
    missing = next((n for n, one in enumerate(stored, start=1) if one.seq != n), None)
    if missing is not None:
        raise Unreadable(f"{empty.stream} event {missing}", "it is not there", empty.stream)
    try:
        return record(empty, [one.event for one in stored])
    except Exception as error:
        raise _unreadable(empty.stream, "events can't be folded", error) from error


def _unreadable(stream: StreamId, problem: str, error: Exception) -> Unreadable:
    return Unreadable(stream, f"its {problem}: {type(error).__name__}: {error}", stream)
