"""Recording which jobs are stuck: those whose nudges are in a dead-letter queue.

The letters stay where they are, for an operator to put back. Nothing is nudged by this: the nudge
would fail as the last ones did.
"""

from msgspec import Struct

from shared.domain.decision import Decided
from shared.domain.events import JobStuck
from shared.domain.history import JobHistory
from shared.domain.stream import StreamId
from shared.engine.transact import Transactor
from shared.ports import DeadLetter

REMEDY = "`ecsrunner queues redrive` puts it back"


class Marked(Struct, frozen=True, kw_only=True):
    """The job's history with `JobStuck` in it, and whether that is `new`."""

    history: JobHistory
    new: bool


def mark(transactor: Transactor, consumer: str, letter: DeadLetter) -> Marked | None:
    """Append `JobStuck` to the stream of a consumer's dead letter, once per message.

    It returns None if the stream is no job's, or is not in the log.

    Raises:
        See `Transactor.transact`.
    """
    stream = StreamId.parse(letter.stream)
    if stream is None or stream.job_id is None:
        return None
    fact = JobStuck(
        queue=consumer,
        receives=letter.receives,
        reason=f"its nudge to the {consumer} is a dead letter; {REMEDY}",
    )
    # SQS does not report when a message died, so it happened when it was seen.
    stuck = Decided(id=_event_id(consumer, letter), fact=fact)
    done = transactor.transact(
        stream,
        lambda snapshot: stuck if snapshot.history.seq else None,
        cause=letter.event,
    )
    if not done.history.seq:
        return None
    return Marked(history=done.history, new=done.event is not None)


def notice_event_id(consumer: str, letter: DeadLetter) -> str:
    """The id of the event that subscribers were notified of the dead letter."""
    return f"{_event_id(consumer, letter)}/told"


def _event_id(consumer: str, letter: DeadLetter) -> str:
    return f"stuck/{consumer}/{letter.message_id}"
