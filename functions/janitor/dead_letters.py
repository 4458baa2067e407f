"""The sweep of dead letters: records which jobs are stuck, as a nudge to them is a dead letter.

The messages stay in the dead-letter queue until an operator redrives them. The append sends no
nudge, since it would fail as the last ones did.
"""

from functions.janitor.sweep import Janitor, Outcome, Swept
from shared.domain.actions import Role
from shared.domain.decision import Decided
from shared.domain.events import JobStuck
from shared.domain.stream import StreamId
from shared.engine.transact import Transactor
from shared.ports import DeadLetter

MOST_LETTERS = 100
"""Maximum number of messages read in one run from each dead-letter queue, the oldest first."""
_REMEDY = "`ecsrunner queues redrive` puts it back"


def dead_letters(janitor: Janitor) -> Swept:
    """Append `JobStuck` to the streams of dead letters. Each run reads one queue, in turn."""
    letters: list[tuple[Role, DeadLetter]] = []

    def look(role: Role) -> Outcome:
        letters.extend((role, one) for one in janitor.queues.dead(role.value, MOST_LETTERS))
        return Outcome.OK

    roles = tuple(Role)
    looked = janitor.each([roles[janitor.number % len(roles)]], look, str)
    marked = janitor.each(
        letters,
        lambda found: _mark(janitor, *found),
        lambda found: f"{found[1].stream} in the dead-letter queue of the {found[0].value}",
    )
    return looked + marked


def mark(transactor: Transactor, consumer: str, letter: DeadLetter) -> bool:
    """Append `JobStuck` to the stream of a consumer's dead letter, once per message.

    Returns whether it was appended now: not if the stream is not a job's, or is not in the log.

    Raises:
        See `Transactor.transact`.
    """
    stream = StreamId.parse(letter.stream)
    if stream is None or stream.job_id is None:
        return False
    fact = JobStuck(
        queue=consumer,
        receives=letter.receives,
        reason=f"its nudge to the {consumer} is a dead letter; {_REMEDY}",
    )
    # SQS does not report when a message was moved here, so the time of this read is recorded.
    stuck = Decided(id=f"stuck/{consumer}/{letter.message_id}", fact=fact)
    done = transactor.transact(
        stream,
        lambda snapshot: stuck if snapshot.history.seq else None,
        cause=letter.event,
    )
    return done.event is not None


def _mark(janitor: Janitor, role: Role, letter: DeadLetter) -> Outcome:
    new = mark(janitor.driver.transactor(), role.value, letter)
    return Outcome.REPAIRED if new else Outcome.DEFERRED
