"""Saying in the log which jobs are stuck: those whose nudges lie in a dead-letter queue.

The letters stay where they are, for an operator to put back. Nothing is nudged by this: the nudge
would fail as the last ones did.
"""

import time
from collections.abc import Callable

from msgspec import Struct

from shared.domain.events import Event, JobStuck
from shared.domain.names import stream_job
from shared.engine.journal import load_job, record_fact
from shared.ports import Clock, DeadLetter, EventLog, Queues

ACTOR = "janitor"
REMEDY = "`ecsrunner queues redrive` puts it back"


class Marked(Struct, frozen=True, kw_only=True):
    """How many dead letters were seen, how many of them were new, and the streams of the new."""

    seen: int
    marked: int
    streams: tuple[str, ...]


def mark(
    log: EventLog,
    queues: Queues,
    clock: Clock,
    consumer: str,
    limit: int,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> Marked:
    """Append `JobStuck` to the stream of each of the consumer's dead letters, once per message.

    A letter whose stream is no job's, or is not in the log, is only counted.

    Args:
        limit: At most so many letters are looked at, the oldest first.
        pause: Waits that many seconds before an append that lost a race is tried again.

    Raises:
        Refused, Unavailable: the queue can't be read.
        Conflict: every one of many tries to append lost.
    """
    letters = queues.dead(consumer, limit)
    new = [one for one in letters if _mark(log, clock, consumer, one, pause)]
    streams = tuple(dict.fromkeys(one.stream for one in new))
    return Marked(seen=len(letters), marked=len(new), streams=streams)


def _mark(
    log: EventLog,
    clock: Clock,
    consumer: str,
    letter: DeadLetter,
    pause: Callable[[float], None],
) -> bool:
    """Whether the stream did not say so yet."""
    job_id = stream_job(letter.stream)
    if job_id is None:
        return False
    event = _event(clock, consumer, letter)
    history = load_job(log, job_id)
    if not history.seq or event.id in history.ids:
        return False
    return record_fact(log, letter.stream, event, route=None, pause=pause)


def _event(clock: Clock, consumer: str, letter: DeadLetter) -> Event:
    now = clock.now()  # SQS does not tell when a message died, so it happened when it was seen
    return Event(
        id=f"stuck/{consumer}/{letter.message_id}",
        at=now,
        recorded_at=now,
        actor=ACTOR,
        cause=letter.event,
        fact=JobStuck(
            queue=consumer,
            receives=letter.receives,
            reason=f"its nudge to the {consumer} is a dead letter; {REMEDY}",
        ),
    )
