"""Saying in the log which jobs are stuck: those whose nudges lie in a dead-letter queue.

The letters stay where they are, for an operator to put back. Nothing is nudged by this: the nudge
would fail as the last ones did.
"""

import time
from collections.abc import Callable

from msgspec import Struct

from shared.domain.events import Event, JobStuck
from shared.domain.history import JobHistory
from shared.domain.names import stream_job
from shared.engine.journal import load_job, record_fact
from shared.ports import Clock, DeadLetter, EventLog

ACTOR = "janitor"
REMEDY = "`ecsrunner queues redrive` puts it back"


class Marked(Struct, frozen=True, kw_only=True):
    """The job's history with `JobStuck` in it, and whether that is `new`."""

    history: JobHistory
    new: bool


def mark(
    log: EventLog,
    clock: Clock,
    consumer: str,
    letter: DeadLetter,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> Marked | None:
    """Append `JobStuck` to the stream of a consumer's dead letter, once per message.

    It returns None if the stream is no job's, or is not in the log.

    Args:
        pause: Waits that many seconds before an append that lost a race is tried again.

    Raises:
        Unavailable: the log can't be read or appended to.
        Conflict: every one of many tries to append lost.
    """
    job_id = stream_job(letter.stream)
    history = None if job_id is None else load_job(log, job_id)
    if history is None or not history.seq:
        return None
    event = _event(clock, consumer, letter)
    if event.id in history.ids:
        return Marked(history=history, new=False)
    new = record_fact(log, letter.stream, event, route=None, pause=pause)
    return Marked(history=load_job(log, history.state.job_id), new=new)


def notice_event_id(consumer: str, letter: DeadLetter) -> str:
    """The id of the event that subscribers were notified of the dead letter."""
    return f"{_event_id(consumer, letter)}/told"


def _event_id(consumer: str, letter: DeadLetter) -> str:
    return f"stuck/{consumer}/{letter.message_id}"


def _event(clock: Clock, consumer: str, letter: DeadLetter) -> Event:
    now = clock.now()  # SQS does not tell when a message died, so it happened when it was seen
    return Event(
        id=_event_id(consumer, letter),
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
