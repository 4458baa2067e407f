"""The only way to change the log: read a stream, decide, append, and retry on conflict.

The model is Equinox's `Decider.transact`. An append includes the rows that it changes, and is
refused as a whole if a stream has grown since it was read. Ingest, the drive loop, the Janitor's
sweeps and the command line all use it.
"""

import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from shared.domain.decision import Decided
from shared.domain.events import Event, check_ids
from shared.domain.history import (
    History,
    changed_rows,
    new_events,
    read,
    record,
)
from shared.domain.notices import Notice, notices
from shared.domain.projection import RunnerRow
from shared.domain.slot.counter import Guard, changed
from shared.domain.state import State
from shared.ports import Append, Clock, Conflict, EventLog

TRIES = 20
"""Maximum number of attempts to append one decision before `Conflict` is raised."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5
"""Maximum pause in seconds before the second attempt and before any, with full jitter. A
transaction holds its items for about 8 ms."""

AnyHistory = History[Any]
Route = Callable[[AnyHistory], str | None]
"""Returns which queues an append nudges, given the stream's history after it."""


class Snapshot:
    """The streams that one decision reads. Each is read once."""

    def __init__(self, log: EventLog, history: AnyHistory) -> None:
        self.history = history
        self._log = log
        self._known: dict[str, AnyHistory] = {history.stream: history}

    def load(self, stream: str) -> AnyHistory:
        """Return the history of another stream. See `load`."""
        if stream not in self._known:
            self._known[stream] = load(self._log, stream)
        return self._known[stream]


class Transacted(Struct, frozen=True, kw_only=True):
    """The stream's history after the transaction. `event` is None if nothing was appended."""

    history: AnyHistory
    event: Event | None = None


Decide = Callable[[Snapshot], Decided | None]


def to(route: str | None) -> Route:
    """Return a route that is constant: these queues, or none."""
    return lambda _: route


NOBODY = to(None)


@dataclass(frozen=True, kw_only=True)
class Transactor:
    """Appends decisions to the log as `actor`.

    Attributes:
        pause: Waits that many seconds before the retry after a conflict.
        on_event: Called for each event that was appended to the decision's stream.
    """

    log: EventLog
    clock: Clock
    actor: str
    pause: Callable[[float], None] = time.sleep
    on_event: Callable[[str, Event], None] = field(default=lambda _stream, _event: None)

    def transact(
        self,
        stream: str,
        decide: Decide,
        *,
        route: Route = NOBODY,
        cause: str | None = None,
        history: AnyHistory | None = None,
    ) -> Transacted:
        """Append what `decide` returns, unless the stream already holds an event with that id.

        Args:
            decide: Called again on the new state of the streams after a conflict.
            cause: The id of the event that caused this one.
            history: The stream, if it was read before; it may be out of date.

        Raises:
            Conflict: another writer appended first, `TRIES` times in a row.
            NoSuchStream: the text is not a stream id.
            Unavailable: the log can't be read or appended to.
            Unreadable: the stream can't be read.
        """
        conflicts = 0
        while True:
            history = history or load(self.log, stream)
            decided = decide(Snapshot(self.log, history))
            if decided is None:
                return Transacted(history=history)
            try:
                return self._append(history, decided, route, cause)
            except Conflict:
                conflicts += 1
                if conflicts == TRIES:
                    raise
            longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (conflicts - 1))
            self.pause(random.uniform(0, longest))  # noqa: S311 - only spreads load
            history = None

    def _append(
        self, history: AnyHistory, decided: Decided, route: Route, cause: str | None
    ) -> Transacted:
        now = self.clock.now()
        event = Event(
            id=decided.id,
            at=decided.at or now,
            recorded_at=now,
            actor=self.actor,
            cause=cause,
            fact=decided.fact,
        )
        others = (one for one in decided.streams if one.stream != history.stream)
        entries = [Entry(history=one, events=(event,), route=route) for one in (history, *others)]
        after, *_ = append(self.log, entries, decided.guard)
        if after.seq == history.seq:
            return Transacted(history=history)
        self.on_event(history.stream, event)
        return Transacted(history=after, event=event)


class Entry(Struct, frozen=True, kw_only=True):
    """Events for one stream, and which queues the last of them nudges."""

    history: AnyHistory
    events: tuple[Event, ...]
    route: Route = NOBODY


def load(log: EventLog, stream: str) -> AnyHistory:
    """Read the stream and return its history.

    Raises:
        NoSuchStream: the text is not a stream id.
        Unreadable: an event is missing, or the events can't be folded.
    """
    return read(stream, log.read(stream))


def append(log: EventLog, entries: Sequence[Entry], guard: Guard | None = None) -> list[AnyHistory]:
    """Append to all streams or to none. Return their histories, in the order of `entries`.

    Events that a stream already holds are left out. Without new events nothing is written. The
    append's change of the slot counter is written in the same transaction.

    Args:
        guard: The decision's condition on the counter.

    Raises:
        Conflict: a stream has grown since its history was read, or the guard does not hold.
        InvalidEventId: an event's id is not a valid SQS deduplication id.
    """
    appends: list[Append] = []
    rows: list[RunnerRow] = []
    after: list[AnyHistory] = []
    for entry in entries:
        new = new_events(entry.history, entry.events)
        check_ids(new)
        history = record(entry.history, new)
        after.append(history)
        if not new:
            continue
        routes = (*(None,) * (len(new) - 1), entry.route(history))
        appends.append(
            Append(
                stream=history.stream,
                after=entry.history.seq,
                events=new,
                routes=routes,
                notices=_notices(entry.history, history),
            )
        )
        rows += changed_rows(entry.history, history)
    if appends:
        before = _states(entry.history for entry in entries)
        log.append(appends, rows, changed(before, _states(after), guard))
    return after


def _notices(before: AnyHistory, after: AnyHistory) -> tuple[Notice, ...]:
    if not isinstance(after.state, State):
        return ()
    return notices(before.state, after.state)


def _states(histories: Iterable[AnyHistory]) -> list[State]:
    return [one.state for one in histories if isinstance(one.state, State)]
