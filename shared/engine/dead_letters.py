"""Records which jobs are stuck: those with a nudge in a dead-letter queue.

The messages stay in the dead-letter queue until an operator redrives them. The append sends no
nudge, since it would fail as the last ones did.
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
    """The job's history with `JobStuck`, and whether that event is `new`."""

    history: JobHistory
    new: bool


def mark(transactor: Transactor, consumer: str, letter: DeadLetter) -> Marked | None:
    """Append `JobStuck` to the stream of a consumer's dead letter, once per message.

    Returns None if the stream is not a job's, or is not in the log.

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
    # SQS does not report when a message was moved here, so the time of this read is recorded.
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
    """Return the id of the `NoticeSent` event of the dead letter."""
    return f"{_event_id(consumer, letter)}/told"


def _event_id(consumer: str, letter: DeadLetter) -> str:
    return f"stuck/{consumer}/{letter.message_id}"
