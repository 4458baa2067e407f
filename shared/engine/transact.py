"""The only way to change the log: read a stream, decide, append, and retry on conflict.

The model is Equinox's `Decider.transact`. An append includes the rows that it changes, and is
refused as a whole if a stream has grown since it was read. Decisions that follow from the first one
are appended with it. Ingest, the drive loop, the Janitor's sweeps and the command line all use it.
"""

import random
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
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
ALONE_AFTER = 3
"""Number of conflicts after which a decision is appended without those that follow from it, which
concern further streams."""
MOST_DECISIONS = 5
"""Maximum number of decisions in one append, each of which concerns up to four streams. A
transaction has at most 100 items, of which a stream takes one for each event and each row."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5
"""Maximum pause in seconds before the second attempt and before any, with full jitter. A
transaction holds its items for about 8 ms."""

AnyHistory = History[Any]
Route = Callable[[AnyHistory], str | None]
"""Returns which queues an append nudges, given the stream's history after it."""

OnEvent = Callable[[AnyHistory, AnyHistory, Event], None]
"""Called for each event that was appended to the decision's stream, with the stream's history
before the append and after it."""


class Snapshot:
    """The streams that one decision reads. Each is read once."""

    def __init__(self, log: EventLog, history: AnyHistory) -> None:
        self.stream = history.stream
        self._log = log
        self._known: dict[str, AnyHistory] = {history.stream: history}

    @property
    def history(self) -> AnyHistory:
        """The decision's own stream."""
        return self._known[self.stream]

    def load(self, stream: str) -> AnyHistory:
        """Return the history of another stream. See `load`."""
        if stream not in self._known:
            self._known[stream] = load(self._log, stream)
        return self._known[stream]

    def keep(self, history: AnyHistory) -> None:
        """Keep the history of a stream after a decision, for those that follow."""
        self._known[history.stream] = history


class Transacted(Struct, frozen=True, kw_only=True):
    """The stream's history after the transaction, and the events that were appended, if any."""

    history: AnyHistory
    events: tuple[Event, ...] = ()

    @property
    def event(self) -> Event | None:
        """The event of the decision itself."""
        return self.events[0] if self.events else None


Decide = Callable[[Snapshot], Decided | None]


class Follow(Struct, frozen=True):
    """Returns the next decision that follows from those before it, and who makes it."""

    decide: Decide
    actor: str


def to(route: str | None) -> Route:
    """Return a route that is constant: these queues, or none."""
    return lambda _: route


NOBODY = to(None)


@dataclass(frozen=True, kw_only=True)
class Transactor:
    """Appends decisions to the log as `actor`.

    Attributes:
        pause: Waits that many seconds before the retry after a conflict.
        on_event: See `OnEvent`.
    """

    log: EventLog
    clock: Clock
    actor: str
    pause: Callable[[float], None] = time.sleep
    on_event: OnEvent = field(default=lambda _before, _after, _event: None)

    def transact(
        self,
        stream: str,
        decide: Decide,
        *,
        follow: Follow | None = None,
        route: Route = NOBODY,
        cause: str | None = None,
        history: AnyHistory | None = None,
    ) -> Transacted:
        """Append what `decide` returns, unless the stream already holds an event with that id.

        Args:
            decide: Called again on the new state of the streams after a conflict.
            follow: Further decisions for the same append, unless they can't be made now, or after
                `ALONE_AFTER` conflicts: the decision itself does not wait for them.
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
            snapshot = Snapshot(self.log, history or load(self.log, stream))
            decided = decide(snapshot)
            if decided is None:
                return Transacted(history=snapshot.history)
            event = self._event(decided, self.actor, cause)
            if not new_events(snapshot.history, (event,)):
                return Transacted(history=snapshot.history)
            batch = _Batch(snapshot)
            batch.add(decided, event)
            if follow is not None and conflicts < ALONE_AFTER:
                self._follow(batch, follow, cause or decided.id)
            try:
                return self._append(batch, route)
            except Conflict:
                conflicts += 1
                if conflicts == TRIES:
                    raise
            longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (conflicts - 1))
            self.pause(random.uniform(0, longest))  # noqa: S311 - only spreads load
            history = None

    def _event(self, decided: Decided, actor: str, cause: str | None) -> Event:
        now = self.clock.now()
        return Event(
            id=decided.id,
            at=decided.at or now,
            recorded_at=now,
            actor=actor,
            cause=cause,
            fact=decided.fact,
        )

    def _follow(self, batch: "_Batch", follow: Follow, cause: str) -> None:
        """Add the decisions that follow. None is made on a counter that the batch changes.

        One that fails, for whatever reason, is left to who is nudged. It fails there, if at all.
        """
        with suppress(Exception):
            while len(batch.own_events) < MOST_DECISIONS and not batch.changes_counter():
                decided = follow.decide(batch.snapshot)
                if decided is None:
                    return
                batch.add(decided, self._event(decided, follow.actor, cause))

    def _append(self, batch: "_Batch", route: Route) -> Transacted:
        own, *others = batch.entries(route)
        after, *_ = append(self.log, (own, *others), batch.guard)
        for event in own.events:
            self.on_event(own.history, after, event)
        return Transacted(history=after, events=batch.own_events)


class _Batch:
    """The decisions of one append: by stream, its history as read and the new events."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.guard: Guard | None = None
        self._read: dict[str, AnyHistory] = {}
        self._new: dict[str, tuple[Event, ...]] = {}

    @property
    def own_events(self) -> tuple[Event, ...]:
        """The events of the decisions' own stream, which has all of them."""
        return self._new[self.snapshot.stream]

    def add(self, decided: Decided, event: Event) -> None:
        """Record the event in all streams of the decision, or in none if it can't be folded."""
        own = self.snapshot.history
        others = (one for one in decided.streams if one.stream != own.stream)
        after = [(one, record(one, new_events(one, (event,)))) for one in (own, *others)]
        for history, recorded in after:
            self._read.setdefault(history.stream, history)
            self._new[history.stream] = (*self._new.get(history.stream, ()), event)
            self.snapshot.keep(recorded)
        self.guard = decided.guard or self.guard

    def changes_counter(self) -> bool:
        """Return whether the append changes the slot counter, or depends on it."""
        after = _states(map(self.snapshot.load, self._read))
        return changed(_states(self._read.values()), after, self.guard) is not None

    def entries(self, route: Route) -> "list[Entry]":
        """Return the events of each stream, of the own one first."""
        return [
            Entry(history=history, events=self._new[stream], route=route)
            for stream, history in self._read.items()
        ]


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
