"""Reading a stream and appending to it: the one way in which the control plane's record changes.

An append carries the rows that it changes, and is refused as a whole when somebody else was faster.
What to do then is the caller's: read again, decide again.
"""

import random
from collections.abc import Callable, Sequence

from msgspec import Struct

from shared.domain.events import Event
from shared.domain.history import History, changed_rows, decide, read, record
from shared.ports import Append, Conflict, EventLog

CONFLICTS = 60
"""How often an append is tried before it is an error: a burst may hit one stream that often."""


class Entry(Struct, frozen=True, kw_only=True):
    """Events for one stream, and whom the last of them nudges."""

    history: History
    events: tuple[Event, ...]
    route: Callable[[History], str | None] = lambda _: None


def load(log: EventLog, stream: str) -> History:
    """The stream's history as it is now.

    Raises:
        NotAJobStream: the stream is not a job's.
    """
    return read(stream, log.read(stream))


def append(log: EventLog, entries: Sequence[Entry]) -> list[History]:
    """Append to all streams or to none; the histories after it, in the order of `entries`.

    Events that a stream already holds are left out; with nothing new nothing is written.

    Raises:
        Conflict: a stream has grown since its history was read.
    """
    appends, rows, after = [], [], []
    for entry in entries:
        new = decide(entry.history, entry.events)
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
        log.append(appends, rows)
    return after


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
    for attempt in range(CONFLICTS):
        try:
            (after,) = append(log, [Entry(history=history, events=(event,), route=lambda _: route)])
        except Conflict:
            if attempt:
                pause(random.uniform(0, 0.02 * min(attempt, 10)))  # noqa: S311 - only spreads load
            history = load(log, stream)
        else:
            return after.seq > history.seq
    raise Conflict(f"{stream}: lost {CONFLICTS} races to append {event.id}")
