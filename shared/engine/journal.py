"""Reading a stream and appending to it: the one way in which the control plane's record changes.

An append carries the rows that it changes, and is refused as a whole when somebody else was faster.
What to do then is the caller's: read again, decide again.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from msgspec import Struct

from shared.domain.actions import Role
from shared.domain.events import Event, check_ids
from shared.domain.history import (
    History,
    ImageHistory,
    JobHistory,
    changed_rows,
    new_events,
    read,
    read_job,
    record,
)
from shared.domain.names import image_stream, job_stream
from shared.domain.projection import RunnerRow
from shared.domain.slot.counter import Guard, changed
from shared.domain.state import State
from shared.ports import Append, Conflict, EventLog

CONFLICTS = 60
"""How often an append is tried before it is an error: a burst may hit one stream that often."""


AnyHistory = History[Any]


class Entry(Struct, frozen=True, kw_only=True):
    """Events for one stream, and whom the last of them nudges."""

    history: AnyHistory
    events: tuple[Event, ...]
    route: Callable[[AnyHistory], str | None] = lambda _: None


def load(log: EventLog, stream: str) -> AnyHistory:
    """The stream's history as it is now.

    Raises:
        NoSuchStream: the text is not the id of a stream.
    """
    return read(stream, log.read(stream))


def load_job(log: EventLog, job_id: int) -> JobHistory:
    """The history of a job's stream as it is now."""
    return read_job(job_id, log.read(job_stream(job_id)))


def load_image(log: EventLog, tag: str) -> ImageHistory:
    """The history of an image's stream as it is now."""
    return load(log, image_stream(tag))


def append(log: EventLog, entries: Sequence[Entry], guard: Guard | None = None) -> list[AnyHistory]:
    """Append to all streams or to none; the histories after it, in the order of `entries`.

    Events that a stream already holds are left out; with nothing new nothing is written. What the
    append changes in the fleet's counter is written with it.

    Args:
        guard: What the decision demands of the counter.

    Raises:
        Conflict: a stream has grown since its history was read, or the guard does not hold.
        InvalidEventId: an event's id could not be an SQS deduplication id.
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
            Append(stream=history.stream, after=entry.history.seq, events=new, routes=routes)
        )
        rows += changed_rows(entry.history, history)
    if appends:
        before = _states(entry.history for entry in entries)
        log.append(appends, rows, changed(before, _states(after), guard))
    return after


def _checked_first(route: str | None, after: AnyHistory) -> str | None:
    """Whom a fact nudges: the reconciler, if GitHub has to be asked before anything is done."""
    waits_for_github = isinstance(after.state, State) and after.state.job.check_at is not None
    return Role.RECONCILER if waits_for_github else route


def _states(histories: Iterable[AnyHistory]) -> list[State]:
    return [one.state for one in histories if isinstance(one.state, State)]


def record_fact(
    log: EventLog,
    stream: str,
    event: Event,
    *,
    route: str | None,
    new_stream: bool = False,
    pause: Callable[[float], None],
) -> bool:
    """Append a fact from outside; whether the stream did not hold it yet.

    Args:
        new_stream: The stream probably has no events: save the read and find out by the append.
        pause: Waits that many seconds before an append that lost a race is tried again.

    Raises:
        Conflict: every one of many tries lost.
    """
    history = read(stream, ()) if new_stream else load(log, stream)
    entry = partial(Entry, events=(event,), route=partial(_checked_first, route))
    for attempt in range(CONFLICTS):
        try:
            (after,) = append(log, [entry(history=history)])
        except Conflict:
            if attempt:
                pause(random.uniform(0, 0.02 * min(attempt, 10)))  # noqa: S311 - only spreads load
            history = load(log, stream)
        else:
            return after.seq > history.seq
    raise Conflict(f"{stream}: lost {CONFLICTS} races to append {event.id}")
