"""A stream as it was read: its events folded, projected, and what may be appended to it.

`History` is what decisions are made on; `record` turns new events into the next history without a
second read.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from shared.domain.events import Event, Recorded
from shared.domain.evolve import evolve
from shared.domain.names import stream_job
from shared.domain.projection import RunnerRow, changed
from shared.domain.state import State


class NotAJobStream(ValueError):
    """The text is not the id of a job's stream."""


class History(Struct, frozen=True, kw_only=True):
    """One job's stream: `seq` events with these `ids`, their fold and their projection."""

    stream: str
    state: State
    seq: int = 0
    ids: frozenset[str] = frozenset()
    rows: dict[str, RunnerRow] = {}


def read(stream: str, recorded: Iterable[Recorded]) -> History:
    """The history of a stream that holds these events.

    Raises:
        NotAJobStream: the stream is not a job's.
    """
    job_id = stream_job(stream)
    if job_id is None:
        raise NotAJobStream(f"{stream!r} is not a job's stream; those are named job-<number>")
    history = History(stream=stream, state=State(job_id=job_id))
    return _extend(history, [one.event for one in recorded])


def decide(history: History, events: Iterable[Event]) -> tuple[Event, ...]:
    """Those of `events` that the stream does not hold yet. Deciding again yields nothing."""
    new: dict[str, Event] = {}
    for event in events:
        if event.id not in history.ids:
            new.setdefault(event.id, event)
    return tuple(new.values())


def record(history: History, events: Sequence[Event]) -> History:
    """The history after `events` were appended to it."""
    return _extend(history, events)


def changed_rows(before: History, after: History) -> list[RunnerRow]:
    """The rows that must be written along with the events between two histories of a stream."""
    return [row for runner_id, row in after.rows.items() if before.rows.get(runner_id) is not row]


def _extend(history: History, events: Sequence[Event]) -> History:
    state, seq, rows = history.state, history.seq, history.rows
    for event in events:
        state, seq = evolve(state, event), seq + 1
        rows = changed(rows, state, seq)
    ids = history.ids.union(event.id for event in events)
    return History(stream=history.stream, state=state, seq=seq, ids=ids, rows=rows)
